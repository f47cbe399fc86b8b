#ifndef FAKE_ADDMM_H
#define FAKE_ADDMM_H
#include "aclnn/acl_meta.h"
#ifdef __cplusplus
extern "C" {
#endif
__attribute__((visibility("default"))) aclnnStatus aclnnAddmmGetWorkspaceSize(const aclTensor *self,
    const aclTensor *mat1, const aclTensor *mat2, const aclScalar *beta, const aclScalar *alpha, aclTensor *out,
    int8_t cubeMathType, uint64_t *workspaceSize, aclOpExecutor **executor);
__attribute__((visibility("default"))) aclnnStatus aclnnAddmm(void *workspace, uint64_t workspaceSize,
    aclOpExecutor *executor, const aclrtStream stream);
#ifdef __cplusplus
}
#endif
#endif
