// A toolkit that nobody ships: a few declarations in another style than ours, for ToolkitComparisonTest.
#ifndef FAKE_ACL_BASE_H
#define FAKE_ACL_BASE_H
#include <cstdint>
#include <cstddef>
#ifdef __cplusplus
extern "C" {
#endif
#define ACL_FUNC_VISIBILITY __attribute__((visibility("default")))

typedef void *aclrtStream;
typedef void *aclrtEvent;
typedef int aclError;
typedef uint16_t aclHalf;

static const int ACL_SUCCESS = 0;
static const int ACL_ERROR_UNINITIALIZE = 100001;
static const int ACL_ERROR_COMPILING_STUB_MODE = 100039;

typedef enum {
    ACL_FLOAT = 0, // no number is left out below
    ACL_FLOAT16,
    ACL_BF16 = 0x1b,
} aclDataType;

typedef enum { ACL_FORMAT_UNDEFINED = -1, ACL_FORMAT_ND = 2 } aclFormat;

typedef enum {
    ACL_OPT_DETERMINISTIC = 0,
    ACL_OPT_OLDER ACL_DEPRECATED_MESSAGE("there is a newer one") = 2
} aclSysParamOpt;

/** Something with a type that no function of ours has. */
ACL_FUNC_VISIBILITY aclHalf aclHalfOf(float value);

#ifdef __cplusplus
}
#endif
#endif
