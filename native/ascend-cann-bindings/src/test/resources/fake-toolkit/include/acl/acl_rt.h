#pragma once
#include "acl_base.h"
#ifdef __cplusplus
extern "C" {
#endif
#define ACL_EVENT_TIME_LINE 0x00000008U
#define ACL_STREAM_FAST_SYNC 0x00000002U

typedef enum aclrtMemcpyKind {
    ACL_MEMCPY_HOST_TO_HOST,
    ACL_MEMCPY_HOST_TO_DEVICE,
    ACL_MEMCPY_DEVICE_TO_HOST,
} aclrtMemcpyKind;

typedef struct Packed { int64_t size; int32_t kind; } Packed;
ACL_FUNC_VISIBILITY aclError aclrtTakesAStructure(Packed byValue, void *data);

ACL_FUNC_VISIBILITY aclError aclrtMemcpyAsync(void *dst,
                                              size_t destMax,
                                              const void *src,
                                              size_t count,
                                              aclrtMemcpyKind kind,
                                              aclrtStream stream);
ACL_FUNC_VISIBILITY aclError aclrtStreamWaitEvent(aclrtStream stream, aclrtEvent event);
ACL_FUNC_VISIBILITY const char *aclrtGetSocName();
#ifdef __cplusplus
}
#endif
