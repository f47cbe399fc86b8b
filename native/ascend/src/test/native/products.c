/* Products: sums in float32, rounded once to the operands' type. */
#include "fake_cann.h"

#include <stdlib.h>
#include <string.h>

/* Tensors: out, left, right, and perhaps a bias, which the sums begin without. */
static void run_product(struct fake_call *call) {
  const struct fake_tensor *left = &call->tensor[1];
  int64_t rows = fake_size(left, 1), depth = fake_size(left, 0), columns = fake_size(&call->tensor[2], 0);
  int64_t count = fake_elements(&call->tensor[0]);
  float *out = call->values[0];
  memset(out, 0, sizeof *out * (size_t)count);
  for (int64_t row = 0; row < count / columns; row++) {
    const float *right = call->values[2] + row / rows * depth * columns;
    for (int64_t k = 0; k < depth; k++) {
      float x = call->values[1][row * depth + k];
      for (int64_t i = 0; i < columns; i++) out[row * columns + i] += x * right[k * columns + i];
    }
  }
  if (call->tensors == 4) {
    float *bias = fake_spread(&call->tensor[3], call->values[3], &call->tensor[0]);
    for (int64_t i = 0; i < count; i++) out[i] += bias[i];
    free(bias);
  }
}

static void require_operands(struct fake_call *call, int rank, int8_t cubeMathType) {
  const struct fake_tensor *t = call->tensor;
  FAKE_REQUIRE(call, cubeMathType == CUBE_MATH_KEEP_TYPE);
  FAKE_REQUIRE(call, fake_is_float(&t[0]));
  for (int i = 0; call->status == 0 && i < call->tensors; i++) FAKE_REQUIRE(call, t[i].type == t[0].type);
  FAKE_REQUIRE(call, t[0].rank == rank && t[1].rank == rank && t[2].rank == rank);
  FAKE_REQUIRE(call, rank == 2 || (t[0].shape[0] == t[1].shape[0] && t[0].shape[0] == t[2].shape[0]));
  FAKE_REQUIRE(call, fake_size(&t[0], 1) == fake_size(&t[1], 1) && fake_size(&t[0], 0) == fake_size(&t[2], 0));
  FAKE_REQUIRE(call, fake_size(&t[1], 0) == fake_size(&t[2], 1));
  FAKE_REQUIRE(call, fake_elements(&t[1]) > 0 && fake_elements(&t[2]) > 0);
}

static aclnnStatus multiply(
    const char *operator, int rank, const aclTensor *left, const aclTensor *right, aclTensor *out, int8_t cubeMathType,
    uint64_t *workspaceBytes, aclOpExecutor **executor) {
  struct fake_call *call = fake_begin(operator, 1, run_product);
  fake_take(call, 3, (const aclTensor *[]){out, left, right});
  require_operands(call, rank, cubeMathType);
  return fake_prepared(call, workspaceBytes, executor);
}

aclnnStatus aclnnMmGetWorkspaceSize(
    const aclTensor *left, const aclTensor *right, aclTensor *out, int8_t cubeMathType, uint64_t
    *workspaceBytes, aclOpExecutor **executor) {
  return multiply("aclnnMm", 2, left, right, out, cubeMathType, workspaceBytes, executor);
}
FAKE_SECOND_PHASE(aclnnMm)

aclnnStatus aclnnBatchMatMulGetWorkspaceSize(
    const aclTensor *left, const aclTensor *right, aclTensor *out, int8_t cubeMathType, uint64_t
    *workspaceBytes, aclOpExecutor **executor) {
  return multiply("aclnnBatchMatMul", 3, left, right, out, cubeMathType, workspaceBytes, executor);
}
FAKE_SECOND_PHASE(aclnnBatchMatMul)

static _Bool is_one(const aclScalar *scalar) {
  const float *value = fake_get(FAKE_SCALAR, scalar);
  return value != NULL && *value == 1;
}

aclnnStatus aclnnAddmmGetWorkspaceSize(
    const aclTensor *bias, const aclTensor *left, const aclTensor *right, const aclScalar *biasFactor, const
    aclScalar *productFactor, aclTensor *out, int8_t cubeMathType, uint64_t *workspaceBytes, aclOpExecutor
    **executor) {
  struct fake_call *call = fake_begin("aclnnAddmm", 1, run_product);
  fake_take(call, 4, (const aclTensor *[]){out, left, right, bias});
  require_operands(call, 2, cubeMathType);
  FAKE_REQUIRE(call, is_one(biasFactor) && is_one(productFactor));
  FAKE_REQUIRE(call, fake_can_spread(&call->tensor[3], &call->tensor[0]));
  return fake_prepared(call, workspaceBytes, executor);
}
FAKE_SECOND_PHASE(aclnnAddmm)
