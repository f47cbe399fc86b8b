/* Both phases of every operator: what a call is made of, its executor that runs once, its workspace that it writes to. */
#include "fake_cann.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a workspace: every call wants another number of groups. */
enum { GROUP = 32, MOST_GROUPS = 63, SCRIBBLE = 0xA5 };

struct fake_call *fake_begin(const char *operator, int outputs, void (*run)(struct fake_call *call)) {
  struct fake_call *call = calloc(1, sizeof *call);
  call->operator = operator;
  call->outputs = outputs;
  call->run = run;
  call->thread = pthread_self();
  call->device = fake_current();
  if (call->device < 0) call->status = ACL_ERROR_RT_CONTEXT_NULL;
  return call;
}

static void end(struct fake_call *call) {
  for (int i = 0; call->values != NULL && i < call->tensors; i++) free(call->values[i]);
  free(call->values);
  free(call->tensor);
  free(call->handles);
  free(call->query_ends.values);
  free(call->key_ends.values);
  free(call);
}

void fake_refuse(struct fake_call *call, const char *format, ...) {
  char text[256];
  va_list values;
  va_start(values, format);
  vsnprintf(text, sizeof text, format, values);
  va_end(values);
  call->status = fake_fail(ACLNN_ERR_PARAM_INVALID, "%s: %s", call->operator, text);
}

_Bool fake_take(struct fake_call *call, int count, const aclTensor *const *tensors) {
  if (call->status != 0) return 0;
  call->tensor = realloc(call->tensor, sizeof *call->tensor * (size_t)(call->tensors + count));
  call->handles = realloc(call->handles, sizeof *call->handles * (size_t)(call->tensors + count));
  for (int i = 0; i < count; i++) {
    const struct fake_tensor *tensor = fake_get(FAKE_TENSOR, tensors[i]);
    if (tensor == NULL) {
      call->status = ACLNN_ERR_PARAM_NULLPTR;
      return 0;
    }
    call->handles[call->tensors] = tensors[i];
    call->tensor[call->tensors++] = *tensor;
  }
  return 1;
}

_Bool fake_take_list(struct fake_call *call, const aclTensorList *handle) {
  if (call->status != 0) return 0;
  const struct fake_list *list = fake_get(FAKE_LIST, handle);
  if (list == NULL) call->status = ACLNN_ERR_PARAM_NULLPTR;
  return list != NULL && fake_take(call, (int)list->count, list->tensors);
}

aclnnStatus fake_prepared(struct fake_call *call, uint64_t *workspaceBytes, aclOpExecutor **executor) {
  static _Thread_local unsigned calls;
  aclnnStatus status = call->status;
  if (status != 0) return end(call), status;
  call->workspace = GROUP * (uint64_t)(1 + calls++ % MOST_GROUPS);
  *workspaceBytes = call->workspace;
  *executor = fake_open(FAKE_EXECUTOR, call);
  return ACLNN_SUCCESS;
}

aclnnStatus aclDestroyAclOpExecutor(aclOpExecutor *executor) {
  struct fake_call *call = fake_close(FAKE_EXECUTOR, executor);
  if (call == NULL) return ACLNN_ERR_PARAM_INVALID;
  end(call);
  return ACLNN_SUCCESS;
}

/* Bytes are read where they lie; values of everything else are loaded. */
static _Bool load(struct fake_call *call) {
  call->values = calloc((size_t)call->tensors + 1, sizeof *call->values);
  for (int i = 0; i < call->tensors; i++) {
    if (call->tensor[i].type == ACL_UINT8) continue;
    call->values[i] = fake_load(&call->tensor[i], call->device);
    if (call->values[i] == NULL) return 0;
  }
  return 1;
}

static _Bool store(const struct fake_call *call) {
  for (int i = 0; i < call->outputs; i++) {
    if (!fake_store(&call->tensor[i], call->device, call->values[i])) return 0;
  }
  return 1;
}

static void execute(void *argument) {
  struct fake_call *call = argument;
  char *workspace = fake_at(call->device, call->place, call->workspace);
  if (workspace != NULL) memset(workspace, SCRIBBLE, call->workspace);
  _Bool whole = workspace != NULL && load(call);
  if (whole) {
    call->run(call);
    whole = call->status == 0 && store(call);
    memset(workspace, SCRIBBLE, call->workspace);
  }
  if (!whole) {
    fake_violation("%s failed on the device", call->operator);
    fake_poison(call->device, ACL_ERROR_RT_AICORE_EXCEPTION);
  }
  end(call);
}

/* The executor is used up, also if this fails. */
aclnnStatus fake_enqueue(
    const char *operator, void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream handle) {
  struct fake_call *call = fake_close(FAKE_EXECUTOR, executor);
  struct fake_stream *stream;
  if (call == NULL) return ACLNN_ERR_PARAM_INVALID;
  aclnnStatus status = fake_find_stream(handle, &stream);
  if (status == 0 && (strcmp(operator, call->operator) != 0 || !pthread_equal(call->thread, pthread_self()))) {
    status = fake_violation("%s with an executor of %s or of another thread", operator, call->operator);
  }
  if (status == 0 && (workspace == NULL || workspaceBytes < call->workspace)) {
    status = fake_violation("%s: %llu bytes at %p are no workspace", operator, (unsigned long long)workspaceBytes, workspace);
  }
  for (int i = 0; status == 0 && i < call->tensors; i++) {
    if (fake_get(FAKE_TENSOR, call->handles[i]) == NULL) status = ACLNN_ERR_PARAM_INVALID;
  }
  if (status != 0) return end(call), status;
  call->place = (uintptr_t)workspace;
  fake_later(stream, execute, call);
  return ACLNN_SUCCESS;
}
