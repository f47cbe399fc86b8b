/* Operators on single elements. Two operands are broadcast to the shape of what is written, which may be the first of them. */
#include "fake_cann.h"

#include <math.h>
#include <stdlib.h>

/* Spreads the operands behind the output, whose old values are of no use. */
static void spread(struct fake_call *call) {
  for (int i = 1; i < call->tensors; i++) {
    float *values = fake_spread(&call->tensor[i], call->values[i], &call->tensor[0]);
    free(call->values[i]);
    call->values[i] = values;
  }
}

static void run_copy(struct fake_call *call) {
  spread(call);
  for (int64_t i = 0; i < fake_elements(&call->tensor[0]); i++) call->values[0][i] = call->values[1][i];
}

static void run_add(struct fake_call *call) {
  spread(call);
  float factor = (float)call->number;
  for (int64_t i = 0; i < fake_elements(&call->tensor[0]); i++) {
    call->values[0][i] = call->values[1][i] + factor * call->values[2][i];
  }
}

static void run_multiply(struct fake_call *call) {
  spread(call);
  for (int64_t i = 0; i < fake_elements(&call->tensor[0]); i++) call->values[0][i] = call->values[1][i] * call->values[2][i];
}

static void run_scale(struct fake_call *call) {
  float factor = (float)call->number;
  for (int64_t i = 0; i < fake_elements(&call->tensor[0]); i++) call->values[0][i] = call->values[1][i] * factor;
}

static double gelu_erf(double x) {
  return 0.5 * x * (1 + erf(x * sqrt(0.5)));
}

static double gelu_tanh(double x) {
  return 0.5 * x * (1 + tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)));
}

static void run_gelu(struct fake_call *call) {
  for (int64_t i = 0; i < fake_elements(&call->tensor[0]); i++) {
    double x = call->values[1][i];
    call->values[0][i] = (float)(call->mode == GELU_TANH ? gelu_tanh(x) : gelu_erf(x));
  }
}

static void run_swiglu(struct fake_call *call) {
  int64_t half = fake_size(&call->tensor[0], 0);
  for (int64_t i = 0; i < fake_elements(&call->tensor[0]); i++) {
    const float *gate = call->values[1] + i / half * 2 * half + i % half;
    call->values[0][i] = (float)(gate[0] / (1 + exp(-(double)gate[0])) * gate[half]);
  }
}

static void take_factor(struct fake_call *call, const aclScalar *factor) {
  const float *value = fake_get(FAKE_SCALAR, factor);
  if (call->status == 0 && value == NULL) call->status = ACLNN_ERR_PARAM_NULLPTR;
  if (value != NULL) call->number = *value;
}

/* Operands of two types meet in the wider one, except in place. */
static void require_operands(struct fake_call *call, _Bool in_place) {
  const struct fake_tensor *t = call->tensor;
  for (int i = 0; call->status == 0 && i < call->tensors; i++) {
    FAKE_REQUIRE(call, fake_is_float(&t[i]));
    FAKE_REQUIRE(call, fake_can_spread(&t[i], &t[0]));
  }
  FAKE_REQUIRE(call, in_place || t[0].type == (t[1].type == t[2].type ? t[1].type : ACL_FLOAT));
}

static aclnnStatus add(
    const char *operator, aclTensor *out, const aclTensor *left, const aclTensor *right, const aclScalar *factor,
    uint64_t *workspaceBytes, aclOpExecutor **executor) {
  struct fake_call *call = fake_begin(operator, 1, run_add);
  fake_take(call, 3, (const aclTensor *[]){out, left, right});
  take_factor(call, factor);
  require_operands(call, out == left);
  return fake_prepared(call, workspaceBytes, executor);
}

aclnnStatus aclnnAddGetWorkspaceSize(
    const aclTensor *left, const aclTensor *right, const aclScalar *rightFactor, aclTensor *out, uint64_t
    *workspaceBytes, aclOpExecutor **executor) {
  return add("aclnnAdd", out, left, right, rightFactor, workspaceBytes, executor);
}
FAKE_SECOND_PHASE(aclnnAdd)

aclnnStatus aclnnInplaceAddGetWorkspaceSize(
    aclTensor *sum, const aclTensor *other, const aclScalar *otherFactor, uint64_t *workspaceBytes,
    aclOpExecutor **executor) {
  return add("aclnnInplaceAdd", sum, sum, other, otherFactor, workspaceBytes, executor);
}
FAKE_SECOND_PHASE(aclnnInplaceAdd)

aclnnStatus aclnnInplaceMulGetWorkspaceSize(
    aclTensor *product, const aclTensor *other, uint64_t *workspaceBytes, aclOpExecutor **executor) {
  struct fake_call *call = fake_begin("aclnnInplaceMul", 1, run_multiply);
  fake_take(call, 3, (const aclTensor *[]){product, product, other});
  require_operands(call, 1);
  return fake_prepared(call, workspaceBytes, executor);
}
FAKE_SECOND_PHASE(aclnnInplaceMul)

aclnnStatus aclnnInplaceCopyGetWorkspaceSize(
    aclTensor *out, const aclTensor *in, uint64_t *workspaceBytes, aclOpExecutor **executor) {
  struct fake_call *call = fake_begin("aclnnInplaceCopy", 1, run_copy);
  fake_take(call, 2, (const aclTensor *[]){out, in});
  require_operands(call, 1);
  return fake_prepared(call, workspaceBytes, executor);
}
FAKE_SECOND_PHASE(aclnnInplaceCopy)

/* One operand of the output's type and shape. */
static struct fake_call *map(const char *operator, void (*run)(struct fake_call *), aclTensor *out, const aclTensor *in) {
  struct fake_call *call = fake_begin(operator, 1, run);
  fake_take(call, 2, (const aclTensor *[]){out, in});
  FAKE_REQUIRE(call, fake_is_float(&call->tensor[0]) && call->tensor[0].type == call->tensor[1].type);
  return call;
}

aclnnStatus aclnnMulsGetWorkspaceSize(
    const aclTensor *in, const aclScalar *factor, aclTensor *out, uint64_t *workspaceBytes, aclOpExecutor
    **executor) {
  struct fake_call *call = map("aclnnMuls", run_scale, out, in);
  take_factor(call, factor);
  FAKE_REQUIRE(call, fake_have_one_shape(&call->tensor[0], &call->tensor[1]));
  return fake_prepared(call, workspaceBytes, executor);
}
FAKE_SECOND_PHASE(aclnnMuls)

aclnnStatus aclnnGeluV2GetWorkspaceSize(
    const aclTensor *in, int64_t approximation, aclTensor *out, uint64_t *workspaceBytes, aclOpExecutor
    **executor) {
  struct fake_call *call = map("aclnnGeluV2", run_gelu, out, in);
  call->mode = approximation;
  FAKE_REQUIRE(call, approximation == GELU_ERF || approximation == GELU_TANH);
  FAKE_REQUIRE(call, fake_have_one_shape(&call->tensor[0], &call->tensor[1]));
  return fake_prepared(call, workspaceBytes, executor);
}
FAKE_SECOND_PHASE(aclnnGeluV2)

aclnnStatus aclnnSwiGluGetWorkspaceSize(
    const aclTensor *gateAndUp, int64_t dimension, aclTensor *out, uint64_t *workspaceBytes, aclOpExecutor
    **executor) {
  struct fake_call *call = map("aclnnSwiGlu", run_swiglu, out, gateAndUp);
  FAKE_REQUIRE(call, dimension == -1);
  FAKE_REQUIRE(call, fake_is_dense(&call->tensor[0]) && fake_is_dense(&call->tensor[1]));
  FAKE_REQUIRE(call, fake_size(&call->tensor[1], 0) == 2 * fake_size(&call->tensor[0], 0));
  FAKE_REQUIRE(call, fake_elements(&call->tensor[1]) == 2 * fake_elements(&call->tensor[0]));
  return fake_prepared(call, workspaceBytes, executor);
}
FAKE_SECOND_PHASE(aclnnSwiGlu)
