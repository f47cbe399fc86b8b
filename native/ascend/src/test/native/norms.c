/* Norms and the softmax of the last dimension, and the rotary embedding. */
#include "fake_cann.h"

#include <math.h>

/* Tensors: out, inverse deviations, in, gamma. */
static void run_rms_norm(struct fake_call *call) {
  int64_t columns = fake_size(&call->tensor[2], 0), rows = fake_elements(&call->tensor[1]);
  for (int64_t row = 0; row < rows; row++) {
    const float *in = call->values[2] + row * columns;
    double squares = 0;
    for (int64_t i = 0; i < columns; i++) squares += (double)in[i] * in[i];
    float inverse = (float)(1 / sqrt(squares / (double)columns + call->number));
    call->values[1][row] = inverse;
    for (int64_t i = 0; i < columns; i++) call->values[0][row * columns + i] = in[i] * inverse * call->values[3][i];
  }
}

aclnnStatus aclnnRmsNormGetWorkspaceSize(
    const aclTensor *in, const aclTensor *gamma, double epsilon, const aclTensor *out, const aclTensor
    *inverseDeviation, uint64_t *workspaceBytes, aclOpExecutor **executor) {
  struct fake_call *call = fake_begin("aclnnRmsNorm", 2, run_rms_norm);
  fake_take(call, 4, (const aclTensor *[]){out, inverseDeviation, in, gamma});
  const struct fake_tensor *t = call->tensor;
  call->number = epsilon;
  FAKE_REQUIRE(call, epsilon > 0 && epsilon < 1);
  FAKE_REQUIRE(call, fake_is_float(&t[2]) && t[0].type == t[2].type && t[3].type == t[2].type && t[1].type == ACL_FLOAT);
  FAKE_REQUIRE(call, fake_have_one_shape(&t[0], &t[2]) && t[3].rank == 1 && t[3].shape[0] == fake_size(&t[2], 0));
  FAKE_REQUIRE(call, t[1].rank == t[2].rank && fake_elements(&t[1]) * t[3].shape[0] == fake_elements(&t[2]));
  return fake_prepared(call, workspaceBytes, executor);
}
FAKE_SECOND_PHASE(aclnnRmsNorm)

/* Tensors: out, in, gamma, beta. */
static void run_layer_norm(struct fake_call *call) {
  int64_t columns = fake_size(&call->tensor[0], 0), rows = fake_elements(&call->tensor[0]) / columns;
  for (int64_t row = 0; row < rows; row++) {
    const float *in = call->values[1] + row * columns;
    double mean = 0, variance = 0;
    for (int64_t i = 0; i < columns; i++) mean += in[i];
    mean /= (double)columns;
    for (int64_t i = 0; i < columns; i++) variance += (in[i] - mean) * (in[i] - mean);
    double inverse = 1 / sqrt(variance / (double)columns + call->number);
    for (int64_t i = 0; i < columns; i++) {
      call->values[0][row * columns + i] = (float)((in[i] - mean) * inverse * call->values[2][i] + call->values[3][i]);
    }
  }
}

aclnnStatus aclnnLayerNormGetWorkspaceSize(
    const aclTensor *in, const aclIntArray *shape, const aclTensor *gamma, const aclTensor *beta, double
    epsilon, aclTensor *out, aclTensor *mean, aclTensor *inverseDeviation, uint64_t *workspaceBytes,
    aclOpExecutor **executor) {
  struct fake_call *call = fake_begin("aclnnLayerNorm", 1, run_layer_norm);
  const struct fake_ints *normed = fake_get(FAKE_INTS, shape);
  fake_take(call, 4, (const aclTensor *[]){out, in, gamma, beta});
  const struct fake_tensor *t = call->tensor;
  call->number = epsilon;
  FAKE_REQUIRE(call, epsilon > 0 && epsilon < 1);
  FAKE_REQUIRE(call, mean == NULL && inverseDeviation == NULL);
  FAKE_REQUIRE(call, fake_is_float(&t[0]) && t[1].type == t[0].type && t[2].type == t[0].type && t[3].type == t[0].type);
  FAKE_REQUIRE(call, normed != NULL && normed->count == 1 && fake_has_shape(&t[2], 1, normed->values));
  FAKE_REQUIRE(call, fake_have_one_shape(&t[0], &t[1]) && fake_have_one_shape(&t[2], &t[3]));
  FAKE_REQUIRE(call, fake_size(&t[0], 0) == normed->values[0]);
  return fake_prepared(call, workspaceBytes, executor);
}
FAKE_SECOND_PHASE(aclnnLayerNorm)

static void run_softmax(struct fake_call *call) {
  int64_t columns = fake_size(&call->tensor[0], 0);
  for (int64_t from = 0; from < fake_elements(&call->tensor[0]); from += columns) {
    const float *in = call->values[1] + from;
    double largest = -INFINITY, sum = 0;
    for (int64_t i = 0; i < columns; i++) largest = fmax(largest, in[i]);
    for (int64_t i = 0; i < columns; i++) sum += exp(in[i] - largest);
    for (int64_t i = 0; i < columns; i++) call->values[0][from + i] = (float)(exp(in[i] - largest) / sum);
  }
}

aclnnStatus aclnnSoftmaxGetWorkspaceSize(
    const aclTensor *in, int64_t dimension, aclTensor *out, uint64_t *workspaceBytes, aclOpExecutor **executor) {
  struct fake_call *call = fake_begin("aclnnSoftmax", 1, run_softmax);
  fake_take(call, 2, (const aclTensor *[]){out, in});
  FAKE_REQUIRE(call, dimension == -1);
  FAKE_REQUIRE(call, fake_is_float(&call->tensor[0]) && call->tensor[0].type == call->tensor[1].type);
  FAKE_REQUIRE(call, fake_have_one_shape(&call->tensor[0], &call->tensor[1]));
  return fake_prepared(call, workspaceBytes, executor);
}
FAKE_SECOND_PHASE(aclnnSoftmax)

/* Tensors: out and in [1, rows, heads, size], cosines and sines [1, rows, 1, size]. */
static void run_rotary(struct fake_call *call) {
  int64_t heads = fake_size(&call->tensor[0], 1), size = fake_size(&call->tensor[0], 0);
  for (int64_t i = 0; i < fake_elements(&call->tensor[0]); i++) {
    int64_t place = i % size, angle = i / size / heads * size + place;
    float across = place < size / 2 ? -call->values[1][i + size / 2] : call->values[1][i - size / 2];
    call->values[0][i] = call->values[1][i] * call->values[2][angle] + across * call->values[3][angle];
  }
}

aclnnStatus aclnnRotaryPositionEmbeddingGetWorkspaceSize(
    const aclTensor *in, const aclTensor *cosines, const aclTensor *sines, int64_t mode, const aclTensor *out,
    uint64_t *workspaceBytes, aclOpExecutor **executor) {
  struct fake_call *call = fake_begin("aclnnRotaryPositionEmbedding", 1, run_rotary);
  fake_take(call, 4, (const aclTensor *[]){out, in, cosines, sines});
  const struct fake_tensor *t = call->tensor;
  FAKE_REQUIRE(call, mode == ROTARY_HALF);
  FAKE_REQUIRE(call, t[0].rank == 4 && t[0].shape[0] == 1 && t[0].shape[3] % 2 == 0);
  FAKE_REQUIRE(call, fake_is_float(&t[0]) && fake_have_one_shape(&t[0], &t[1]) && fake_have_one_shape(&t[2], &t[3]));
  FAKE_REQUIRE(call, fake_has_shape(&t[2], 4, (const int64_t[]){1, t[0].shape[1], 1, t[0].shape[3]}));
  for (int i = 0; call->status == 0 && i < 4; i++) FAKE_REQUIRE(call, t[i].type == t[0].type && fake_is_dense(&t[i]));
  return fake_prepared(call, workspaceBytes, executor);
}
FAKE_SECOND_PHASE(aclnnRotaryPositionEmbedding)
