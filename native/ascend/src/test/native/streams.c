/* Streams: a queue each, which a thread of its own works off, late at random. Events, and copies that are enqueued. */
#define _POSIX_C_SOURCE 200809L
#include "fake_cann.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct task {
  struct task *next;
  void (*work)(void *);
  void *argument;
};

/* Is never freed, since events may name it. */
struct fake_stream {
  int device;
  pthread_t worker;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  struct task *first, **last;
  uint64_t enqueued, done;
  _Bool ends;
};

struct event {
  struct fake_stream *stream; /* NULL until it is recorded */
  uint64_t happens; /* once so much is done */
};

/* A copy or, without a source, a fill. */
struct copy {
  int device;
  aclrtMemcpyKind kind;
  uintptr_t to, from;
  int value;
  size_t bytes;
};

static atomic_int pending[FAKE_DEVICES];

_Bool fake_is_idle(int device) {
  return pending[device] == 0;
}

/* One task of eight begins up to 0.2 ms late. */
static void delay(uint32_t *random) {
  *random = *random * 1664525 + 1013904223;
  if (*random >> 29 == 0) nanosleep(&(struct timespec){0, (long)(*random >> 8) % 200000}, NULL);
}

static void *work_off(void *argument) {
  struct fake_stream *stream = argument;
  uint32_t random = 42;
  pthread_mutex_lock(&stream->lock);
  for (;;) {
    while (stream->first == NULL && !stream->ends) pthread_cond_wait(&stream->changed, &stream->lock);
    struct task *task = stream->first;
    if (task == NULL) break;
    stream->first = task->next;
    if (stream->first == NULL) stream->last = &stream->first;
    pthread_mutex_unlock(&stream->lock);
    delay(&random);
    task->work(task->argument);
    free(task);
    pending[stream->device]--;
    pthread_mutex_lock(&stream->lock);
    stream->done++;
    pthread_cond_broadcast(&stream->changed);
  }
  pthread_mutex_unlock(&stream->lock);
  return NULL;
}

aclError aclrtCreateStream(aclrtStream *handle) {
  int device = fake_current();
  if (device < 0) return ACL_ERROR_RT_CONTEXT_NULL;
  struct fake_stream *stream = calloc(1, sizeof *stream);
  stream->device = device;
  stream->last = &stream->first;
  pthread_mutex_init(&stream->lock, NULL);
  pthread_cond_init(&stream->changed, NULL);
  if (pthread_create(&stream->worker, NULL, work_off, stream) != 0) return fake_fail(ACL_ERROR_RT_RESOURCE_ALLOC_FAIL, "no thread");
  *handle = fake_open(FAKE_STREAM, stream);
  return ACL_SUCCESS;
}

aclError fake_find_stream(aclrtStream handle, struct fake_stream **found) {
  int device = fake_current();
  if (device < 0) return ACL_ERROR_RT_CONTEXT_NULL;
  *found = fake_get(FAKE_STREAM, handle);
  if (*found == NULL) return ACL_ERROR_RT_INVALID_HANDLE;
  return (*found)->device == device ? ACL_SUCCESS : fake_fail(ACL_ERROR_RT_STREAM_CONTEXT, "the stream is another device's");
}

void fake_later(struct fake_stream *stream, void (*work)(void *), void *argument) {
  struct task *task = malloc(sizeof *task);
  *task = (struct task){NULL, work, argument};
  pending[stream->device]++;
  pthread_mutex_lock(&stream->lock);
  *stream->last = task;
  stream->last = &task->next;
  stream->enqueued++;
  pthread_cond_broadcast(&stream->changed);
  pthread_mutex_unlock(&stream->lock);
}

static void wait_until_done(struct fake_stream *stream, uint64_t tasks) {
  pthread_mutex_lock(&stream->lock);
  while (stream->done < tasks) pthread_cond_wait(&stream->changed, &stream->lock);
  pthread_mutex_unlock(&stream->lock);
}

aclError aclrtSynchronizeStreamWithTimeout(aclrtStream handle, int32_t timeout) {
  struct fake_stream *stream;
  aclError status = fake_find_stream(handle, &stream);
  if (status != ACL_SUCCESS) return status;
  if (timeout != -1) return fake_violation("a timeout of %d ms", timeout);
  wait_until_done(stream, stream->enqueued);
  return fake_fault(stream->device);
}

aclError aclrtDestroyStream(aclrtStream handle) {
  struct fake_stream *stream;
  aclError status = fake_find_stream(handle, &stream);
  if (status != ACL_SUCCESS) return status;
  fake_close(FAKE_STREAM, handle);
  pthread_mutex_lock(&stream->lock);
  stream->ends = 1;
  pthread_cond_broadcast(&stream->changed);
  pthread_mutex_unlock(&stream->lock);
  pthread_join(stream->worker, NULL);
  return ACL_SUCCESS;
}

aclError aclrtCreateEventWithFlag(aclrtEvent *event, uint32_t flags) {
  if (fake_current() < 0) return ACL_ERROR_RT_CONTEXT_NULL;
  if (flags != ACL_EVENT_SYNC) return fake_violation("an event with flags %u", flags);
  *event = fake_open(FAKE_EVENT, calloc(1, sizeof(struct event)));
  return ACL_SUCCESS;
}

aclError aclrtDestroyEvent(aclrtEvent handle) {
  struct event *event = fake_close(FAKE_EVENT, handle);
  free(event);
  return event == NULL ? ACL_ERROR_RT_INVALID_HANDLE : ACL_SUCCESS;
}

aclError aclrtRecordEvent(aclrtEvent handle, aclrtStream streamHandle) {
  struct fake_stream *stream;
  aclError status = fake_find_stream(streamHandle, &stream);
  struct event *event = fake_get(FAKE_EVENT, handle);
  if (status != ACL_SUCCESS) return status;
  if (event == NULL) return ACL_ERROR_RT_INVALID_HANDLE;
  *event = (struct event){stream, stream->enqueued};
  return ACL_SUCCESS;
}

aclError aclrtQueryEventStatus(aclrtEvent handle, aclrtEventRecordedStatus *status) {
  struct event *event = fake_get(FAKE_EVENT, handle);
  if (event == NULL) return ACL_ERROR_RT_INVALID_HANDLE;
  *status = ACL_EVENT_RECORDED_STATUS_COMPLETE;
  if (event->stream == NULL) return ACL_SUCCESS;
  pthread_mutex_lock(&event->stream->lock);
  if (event->stream->done < event->happens) *status = ACL_EVENT_RECORDED_STATUS_NOT_READY;
  pthread_mutex_unlock(&event->stream->lock);
  return fake_fault(event->stream->device);
}

aclError aclrtSynchronizeEvent(aclrtEvent handle) {
  struct event *event = fake_get(FAKE_EVENT, handle);
  if (event == NULL) return ACL_ERROR_RT_INVALID_HANDLE;
  if (event->stream == NULL) return ACL_SUCCESS;
  wait_until_done(event->stream, event->happens);
  return fake_fault(event->stream->device);
}

static void copy_now(void *argument) {
  struct copy *copy = argument;
  _Bool down = copy->kind == ACL_MEMCPY_DEVICE_TO_HOST, up = copy->kind == ACL_MEMCPY_HOST_TO_DEVICE;
  char *to = down ? fake_pinned_at(copy->to, copy->bytes) : fake_at(copy->device, copy->to, copy->bytes);
  char *from = copy->from == 0 ? NULL : up ? fake_pinned_at(copy->from, copy->bytes) : fake_at(copy->device, copy->from, copy->bytes);
  if (to == NULL || (copy->from != 0 && from == NULL)) {
    fake_poison(copy->device, ACL_ERROR_RT_COPY_DATA);
  } else if (from == NULL) {
    memset(to, copy->value, copy->bytes);
  } else {
    memmove(to, from, copy->bytes);
  }
  free(copy);
}

static aclError enqueue_copy(struct copy copy, size_t room, aclrtStream handle) {
  struct fake_stream *stream;
  aclError status = fake_find_stream(handle, &stream);
  if (status != ACL_SUCCESS) return status;
  if (copy.bytes == 0 || copy.bytes > room) return fake_violation("%zu bytes to where there is room for %zu", copy.bytes, room);
  struct copy *later = malloc(sizeof *later);
  *later = copy;
  later->device = stream->device;
  fake_later(stream, copy_now, later);
  return ACL_SUCCESS;
}

aclError aclrtMemcpyAsync(
    void *to, size_t room, const void *from, size_t bytes, aclrtMemcpyKind kind, aclrtStream stream) {
  if (from == NULL || kind < ACL_MEMCPY_HOST_TO_DEVICE || kind > ACL_MEMCPY_DEVICE_TO_DEVICE) {
    return fake_violation("a copy of kind %d from %p", (int)kind, from);
  }
  return enqueue_copy((struct copy){0, kind, (uintptr_t)to, (uintptr_t)from, 0, bytes}, room, stream);
}

aclError aclrtMemsetAsync(void *memory, size_t room, int32_t value, size_t bytes, aclrtStream stream) {
  return enqueue_copy((struct copy){0, ACL_MEMCPY_DEFAULT, (uintptr_t)memory, 0, value, bytes}, room, stream);
}
