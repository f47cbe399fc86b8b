/* Operators that move rows. */
#include "fake_cann.h"

#include <string.h>

/* Tensors: out, table, indices; float32 holds indices as far as rows are counted here. */
static void run_select(struct fake_call *call) {
  int64_t columns = fake_size(&call->tensor[0], 0), rows = call->tensor[1].shape[0];
  for (int64_t i = 0; i < call->tensor[2].shape[0]; i++) {
    int64_t row = (int64_t)call->values[2][i];
    if (row < 0 || row >= rows) {
      call->status = fake_violation("%s: row %lld of %lld", call->operator, (long long)row, (long long)rows);
      return;
    }
    memcpy(call->values[0] + i * columns, call->values[1] + row * columns, sizeof(float) * (size_t)columns);
  }
}

static aclnnStatus select_rows(
    const char *operator, int64_t dimension, const aclTensor *table, const aclTensor *indices, aclTensor *out, uint64_t
    *workspaceBytes, aclOpExecutor **executor) {
  struct fake_call *call = fake_begin(operator, 1, run_select);
  fake_take(call, 3, (const aclTensor *[]){out, table, indices});
  const struct fake_tensor *t = call->tensor;
  FAKE_REQUIRE(call, dimension == 0 && t[1].rank == 2 && t[2].rank == 1 && t[2].type == ACL_INT32);
  FAKE_REQUIRE(call, fake_is_float(&t[0]) && t[0].type == t[1].type && t[1].shape[0] <= 1 << 24);
  FAKE_REQUIRE(call, fake_has_shape(&t[0], 2, (const int64_t[]){t[2].shape[0], t[1].shape[1]}));
  return fake_prepared(call, workspaceBytes, executor);
}

aclnnStatus aclnnIndexSelectGetWorkspaceSize(
    const aclTensor *in, int64_t dimension, const aclTensor *indices, aclTensor *out, uint64_t *workspaceBytes,
    aclOpExecutor **executor) {
  return select_rows("aclnnIndexSelect", dimension, in, indices, out, workspaceBytes, executor);
}
FAKE_SECOND_PHASE(aclnnIndexSelect)

aclnnStatus aclnnEmbeddingGetWorkspaceSize(
    const aclTensor *table, const aclTensor *indices, aclTensor *out, uint64_t *workspaceBytes, aclOpExecutor
    **executor) {
  return select_rows("aclnnEmbedding", 0, table, indices, out, workspaceBytes, executor);
}
FAKE_SECOND_PHASE(aclnnEmbedding)

/* Tensors: out, and its parts. */
static void run_cat(struct fake_call *call) {
  float *to = call->values[0];
  for (int i = 1; i < call->tensors; i++) {
    int64_t count = fake_elements(&call->tensor[i]);
    memcpy(to, call->values[i], sizeof *to * (size_t)count);
    to += count;
  }
}

aclnnStatus aclnnCatGetWorkspaceSize(
    const aclTensorList *parts, int64_t dimension, aclTensor *out, uint64_t *workspaceBytes, aclOpExecutor
    **executor) {
  struct fake_call *call = fake_begin("aclnnCat", 1, run_cat);
  fake_take(call, 1, (const aclTensor *[]){out});
  fake_take_list(call, parts);
  const struct fake_tensor *t = call->tensor;
  int64_t rows = 0;
  FAKE_REQUIRE(call, dimension == 0 && t[0].rank == 2 && fake_is_float(&t[0]));
  for (int i = 1; call->status == 0 && i < call->tensors; i++) {
    FAKE_REQUIRE(call, t[i].rank == 2 && t[i].shape[1] == t[0].shape[1] && t[i].type == t[0].type);
    rows += t[i].shape[0];
  }
  FAKE_REQUIRE(call, rows == t[0].shape[0]);
  return fake_prepared(call, workspaceBytes, executor);
}
FAKE_SECOND_PHASE(aclnnCat)
