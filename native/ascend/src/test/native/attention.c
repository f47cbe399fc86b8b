/* Fused attention of packed sequences (TND): rows of all one after another, and where each ends. */
#include "fake_cann.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MASK = 2048, ALL = INT32_MAX };
enum { OUT, QUERY, KEYS, VALUES, LOG_SUM_EXP, CAUSAL_MASK };

/* 1 hides, above the diagonal. */
static _Bool is_triangle(const struct fake_tensor *mask, int device) {
  const char *bytes = fake_at(device, mask->data + (uintptr_t)mask->offset, (size_t)MASK * MASK);
  for (int row = 0; bytes != NULL && row < MASK; row++) {
    for (int column = 0; column < MASK; column++) {
      if (bytes[row * MASK + column] != (column > row)) {
        fake_violation("the mask has %d at %d, %d", bytes[row * MASK + column], row, column);
        return 0;
      }
    }
  }
  return bytes != NULL;
}

/* One query of one head, over keys that lie so far from each other. Weights meet values in the operands' type. */
static void attend(
    const float *query, const float *keys, const float *values, int64_t step, int64_t visible, int64_t size, float scale,
    float *weights, float *out) {
  float largest = -INFINITY, total = 0;
  for (int64_t key = 0; key < visible; key++) {
    float sum = 0;
    for (int64_t i = 0; i < size; i++) sum += query[i] * keys[key * step + i];
    weights[key] = sum * scale;
    largest = fmaxf(largest, weights[key]);
  }
  memset(out, 0, sizeof *out * (size_t)size);
  for (int64_t key = 0; key < visible; key++) {
    float weight = (float)exp(weights[key] - largest);
    total += weight;
    weight = fake_round_to_bf16(weight);
    for (int64_t i = 0; i < size; i++) out[i] += weight * values[key * step + i];
  }
  for (int64_t i = 0; total > 0 && i < size; i++) out[i] /= total;
}

static void run_attention(struct fake_call *call) {
  int64_t size = fake_size(&call->tensor[QUERY], 0), step = call->key_heads * size, query_start = 0, key_start = 0;
  _Bool causal = call->mode == SPARSE_CAUSAL;
  if (causal && !is_triangle(&call->tensor[CAUSAL_MASK], call->device)) {
    call->status = ACLNN_ERR_PARAM_INVALID;
    return;
  }
  float *weights = malloc(sizeof *weights * (size_t)(call->tensor[KEYS].shape[0] + 1));
  for (uint64_t sequence = 0; sequence < call->query_ends.count; sequence++) {
    int64_t queries = call->query_ends.values[sequence] - query_start, keys = call->key_ends.values[sequence] - key_start;
    for (int64_t row = 0; row < queries; row++) {
      /* The last query is beside the last key. */
      int64_t visible = causal ? keys - queries + row + 1 : keys;
      for (int64_t head = 0; head < call->heads; head++) {
        int64_t from = ((query_start + row) * call->heads + head) * size;
        int64_t key = key_start * step + head / (call->heads / call->key_heads) * size;
        attend(
            call->values[QUERY] + from, call->values[KEYS] + key, call->values[VALUES] + key, step, visible, size,
            (float)call->number, weights, call->values[OUT] + from);
      }
    }
    query_start += queries;
    key_start += keys;
  }
  free(weights);
}

/* Ends of sequences, the last of which is that of all rows. */
static struct fake_ints take_ends(struct fake_call *call, const aclIntArray *handle, int64_t rows) {
  const struct fake_ints *ends = fake_get(FAKE_INTS, handle);
  FAKE_REQUIRE(call, ends != NULL && ends->count > 0 && ends->values[ends->count - 1] == rows);
  struct fake_ints taken = {0, NULL};
  if (call->status != 0) return taken;
  taken.values = malloc(sizeof *taken.values * ends->count);
  for (; taken.count < ends->count; taken.count++) {
    taken.values[taken.count] = ends->values[taken.count];
    FAKE_REQUIRE(call, taken.values[taken.count] >= (taken.count == 0 ? 0 : taken.values[taken.count - 1]));
  }
  return taken;
}

static void require_operands(struct fake_call *call, const aclIntArray *queryEnds, const aclIntArray *keyEnds) {
  const struct fake_tensor *t = call->tensor;
  int64_t size = call->status == 0 ? fake_size(&t[QUERY], 0) : 0, rows = call->status == 0 ? t[KEYS].shape[0] : 0;
  FAKE_REQUIRE(call, size == 128 || size == 192);
  FAKE_REQUIRE(call, call->key_heads > 0 && call->heads % call->key_heads == 0 && call->heads / call->key_heads <= 64);
  FAKE_REQUIRE(call, fake_has_shape(&t[QUERY], 3, (const int64_t[]){t[QUERY].shape[0], call->heads, size}));
  FAKE_REQUIRE(call, fake_has_shape(&t[KEYS], 3, (const int64_t[]){rows, call->key_heads, size}));
  FAKE_REQUIRE(call, fake_have_one_shape(&t[VALUES], &t[KEYS]) && fake_have_one_shape(&t[OUT], &t[QUERY]));
  for (int i = OUT; call->status == 0 && i <= VALUES; i++) FAKE_REQUIRE(call, t[i].type == ACL_BF16 && fake_is_dense(&t[i]));
  FAKE_REQUIRE(call, t[LOG_SUM_EXP].type == ACL_FLOAT);
  if (call->status == 0) call->query_ends = take_ends(call, queryEnds, t[QUERY].shape[0]);
  if (call->status == 0) call->key_ends = take_ends(call, keyEnds, rows);
  FAKE_REQUIRE(call, call->query_ends.count == call->key_ends.count);
}

aclnnStatus aclnnFusedInferAttentionScoreV3GetWorkspaceSize(
    const aclTensor *query, const aclTensorList *keys, const aclTensorList *values, const aclTensor
    *positionShift, const aclTensor *mask, const aclIntArray *queryLengths, const aclIntArray *keyLengths, const
    aclTensor *dequantScale1, const aclTensor *quantScale1, const aclTensor *dequantScale2, const aclTensor
    *quantScale2, const aclTensor *quantOffset2, const aclTensor *antiquantScale, const aclTensor
    *antiquantOffset, const aclTensor *blockTable, const aclTensor *queryPadding, const aclTensor *keyPadding,
    const aclTensor *keyAntiquantScale, const aclTensor *keyAntiquantOffset, const aclTensor
    *valueAntiquantScale, const aclTensor *valueAntiquantOffset, const aclTensor *sharedKeys, const aclTensor
    *sharedValues, const aclIntArray *sharedLength, const aclTensor *queryRope, const aclTensor *keyRope, const
    aclTensor *keyRopeAntiquantScale, int64_t heads, double scale, int64_t keysBefore, int64_t keysAfter, char
    *layout, int64_t keyValueHeads, int64_t sparseMode, int64_t precisionMode, int64_t blockSize, int64_t
    antiquantMode, bool returnsLogSumExp, int64_t keyAntiquantMode, int64_t valueAntiquantMode, const aclTensor
    *out, const aclTensor *logSumExp, uint64_t *workspaceBytes, aclOpExecutor **executor) {
  const void *const absent[] = {
      positionShift, dequantScale1, quantScale1, dequantScale2, quantScale2, quantOffset2, antiquantScale, antiquantOffset, blockTable,
      queryPadding, keyPadding, keyAntiquantScale, keyAntiquantOffset, valueAntiquantScale, valueAntiquantOffset, sharedKeys,
      sharedValues, sharedLength, queryRope, keyRope, keyRopeAntiquantScale};
  struct fake_call *call = fake_begin("aclnnFusedInferAttentionScoreV3", 1, run_attention);
  fake_take(call, 2, (const aclTensor *[]){out, query});
  fake_take_list(call, keys);
  fake_take_list(call, values);
  fake_take(call, 1, (const aclTensor *[]){logSumExp});
  FAKE_REQUIRE(call, call->tensors == CAUSAL_MASK);
  call->heads = heads;
  call->key_heads = keyValueHeads;
  call->number = scale;
  call->mode = sparseMode;
  for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) FAKE_REQUIRE(call, absent[i] == NULL);
  FAKE_REQUIRE(call, strcmp(layout, "TND") == 0 && keysBefore == ALL && keysAfter == ALL && !returnsLogSumExp);
  FAKE_REQUIRE(call, precisionMode == PRECISION_HIGH && blockSize == 0 && antiquantMode == 0);
  FAKE_REQUIRE(call, keyAntiquantMode == 0 && valueAntiquantMode == 0);
  FAKE_REQUIRE(call, sparseMode == SPARSE_CAUSAL || (sparseMode == SPARSE_NO_MASK && mask == NULL));
  require_operands(call, queryLengths, keyLengths);
  if (sparseMode == SPARSE_CAUSAL && fake_take(call, 1, (const aclTensor *[]){mask})) {
    const struct fake_tensor *triangle = &call->tensor[CAUSAL_MASK];
    FAKE_REQUIRE(call, triangle->type == ACL_UINT8 && fake_is_dense(triangle));
    FAKE_REQUIRE(call, fake_has_shape(triangle, 2, (const int64_t[]){MASK, MASK}));
  }
  return fake_prepared(call, workspaceBytes, executor);
}
FAKE_SECOND_PHASE(aclnnFusedInferAttentionScoreV3)
