#ifndef FAKE_RT_ERROR_CODES_H
#define FAKE_RT_ERROR_CODES_H
#define ACL_ERROR_RT_CONTEXT_NULL       107002 // no context
static const int32_t ACL_ERROR_RT_AICORE_EXCEPTION = 507015;
#endif
