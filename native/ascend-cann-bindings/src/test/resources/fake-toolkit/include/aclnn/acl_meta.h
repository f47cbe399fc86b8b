#ifndef FAKE_ACL_META_H
#define FAKE_ACL_META_H
#include <cstdint>
using aclnnStatus = int32_t;
typedef struct aclTensor aclTensor;
typedef struct aclScalar aclScalar;
typedef struct aclOpExecutor aclOpExecutor;
constexpr aclnnStatus ACLNN_SUCCESS = 0;
static constexpr int32_t ACLNN_ERR_PARAM_INVALID = 161002;
#ifdef __cplusplus
extern "C" {
#endif
ACL_FUNC_VISIBILITY aclTensor *aclCreateTensor(const int64_t *viewDims, uint64_t viewDimsNum,
    aclDataType dataType, const int64_t *stride, int64_t offset, aclFormat format,
    const int64_t *storageDims, uint64_t storageDimsNum, void *tensorData);
#ifdef __cplusplus
}
#endif
#endif
