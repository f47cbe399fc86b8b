/*
 * A machine with Ascend NPUs in C: what the backend calls of ascend_abi.h, compiled against that header and executing. This is what
 * its files share; names that begin with fake_ are its own, all others are the header's.
 */
#ifndef FAKE_CANN_H
#define FAKE_CANN_H

#include "ascend_abi.h"

#include <pthread.h>

#define FAKE_PRINTS(text, values) __attribute__((format(printf, text, values)))

enum { FAKE_DEVICES = 2, FAKE_RANK = 8 };

/* What a handle stands for. */
enum fake_kind { FAKE_TENSOR, FAKE_LIST, FAKE_INTS, FAKE_SCALAR, FAKE_EXECUTOR, FAKE_STREAM, FAKE_EVENT, FAKE_KINDS };

/* Report: the last message of a thread, and what an NPU would have computed nonsense from. Both give back a status. */

aclError fake_fail(aclError status, const char *format, ...) FAKE_PRINTS(2, 3);
aclError fake_violation(const char *format, ...) FAKE_PRINTS(1, 2);

/* For the test that has opened the library: violations since the last call, a line each, and what nobody gave back. */
const char *fake_take_violations(void);
const char *fake_leaks(void);

/* Handles: numbers that lead nowhere. A wrong one is a violation, and NULL comes back. */

void *fake_open(enum fake_kind kind, void *object);
void *fake_get(enum fake_kind kind, const void *handle);
void *fake_close(enum fake_kind kind, const void *handle);
int fake_open_handles(enum fake_kind kind);

/* Devices: the calling thread's, or -1 with a message; how often each was set; the fault that has ended it, or 0. */

int fake_current(void);
int fake_users(int device);
aclError fake_fault(int device);
void fake_poison(int device, aclError fault);

/* Memory of a device or page-locked memory: the bytes at an address, or NULL and a violation. */

char *fake_at(int device, uintptr_t address, size_t bytes);
char *fake_pinned_at(uintptr_t address, size_t bytes);
size_t fake_allocated(int device);
size_t fake_pinned(void);

/* Streams: work for the stream's own thread, which comes late at random. Work frees its argument. */

struct fake_stream;
aclError fake_find_stream(aclrtStream handle, struct fake_stream **stream);
void fake_later(struct fake_stream *stream, void (*work)(void *), void *argument);
_Bool fake_is_idle(int device);

/* Tensors: a view of elements, and its values as dense float32. */

struct fake_tensor {
  aclDataType type;
  int rank;
  int64_t shape[FAKE_RANK], strides[FAKE_RANK], offset;
  uintptr_t data;
};

struct fake_list {
  uint64_t count;
  const aclTensor **tensors;
};

struct fake_ints {
  uint64_t count;
  int64_t *values;
};

int64_t fake_elements(const struct fake_tensor *tensor);
int64_t fake_size(const struct fake_tensor *tensor, int from_last); /* 0: of the last dimension */
_Bool fake_is_dense(const struct fake_tensor *tensor);
_Bool fake_is_float(const struct fake_tensor *tensor);
_Bool fake_has_shape(const struct fake_tensor *tensor, int rank, const int64_t *shape);
_Bool fake_have_one_shape(const struct fake_tensor *a, const struct fake_tensor *b);
float fake_round_to_bf16(float value);

/* NULL and a violation if the elements are not all in memory of the device. */
float *fake_load(const struct fake_tensor *tensor, int device);
_Bool fake_store(const struct fake_tensor *tensor, int device, const float *values);

/* A new array: values of a tensor broadcast to the shape of another. */
_Bool fake_can_spread(const struct fake_tensor *from, const struct fake_tensor *to);
float *fake_spread(const struct fake_tensor *from, const float *values, const struct fake_tensor *to);

/*
 * Operators. A first phase begins a call, takes its tensors (what is written comes first), requires what the documentation does, and
 * ends by fake_prepared. Once the stream comes to it, all values are loaded, run computes, and the outputs are stored, rounded once.
 */

struct fake_call {
  const char *operator;
  aclnnStatus status;
  int device;
  pthread_t thread;
  uint64_t workspace;
  int outputs, tensors;
  struct fake_tensor *tensor;
  const aclTensor **handles;
  float **values;
  void (*run)(struct fake_call *call);
  double number;
  int64_t mode, heads, key_heads;
  struct fake_ints query_ends, key_ends;
  uintptr_t place;
};

struct fake_call *fake_begin(const char *operator, int outputs, void (*run)(struct fake_call *call));
_Bool fake_take(struct fake_call *call, int count, const aclTensor *const *tensors);
_Bool fake_take_list(struct fake_call *call, const aclTensorList *list);
void fake_refuse(struct fake_call *call, const char *format, ...) FAKE_PRINTS(2, 3);
aclnnStatus fake_prepared(struct fake_call *call, uint64_t *workspaceBytes, aclOpExecutor **executor);
aclnnStatus fake_enqueue(
    const char *operator, void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

/* The condition is not looked at once the call was refused. */
#define FAKE_REQUIRE(call, condition) \
  do { \
    if ((call)->status == 0 && !(condition)) fake_refuse(call, "not so: %s", #condition); \
  } while (0)

#define FAKE_SECOND_PHASE(operator) \
  aclnnStatus operator(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream) { \
    return fake_enqueue(#operator, workspace, workspaceBytes, executor, stream); \
  }

#endif
