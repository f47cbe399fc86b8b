/* What went wrong: a thread's last message, violations, leaks. */
#include "fake_cann.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char violations[1 << 14], taken[1 << 14], leaks[1 << 10];

/* The message, and where it is kept for whoever has asked for it. */
static _Thread_local char message[512], told[512];

aclError fake_fail(aclError status, const char *format, ...) {
  va_list values;
  va_start(values, format);
  vsnprintf(message, sizeof message, format, values);
  va_end(values);
  return status;
}

aclError fake_violation(const char *format, ...) {
  va_list values;
  va_start(values, format);
  vsnprintf(message, sizeof message, format, values);
  va_end(values);
  pthread_mutex_lock(&lock);
  size_t used = strlen(violations);
  snprintf(violations + used, sizeof violations - used, "%s\n", message);
  pthread_mutex_unlock(&lock);
  return ACL_ERROR_INVALID_PARAM;
}

const char *aclGetRecentErrMsg() {
  if (message[0] == 0) return NULL;
  memcpy(told, message, sizeof told);
  message[0] = 0;
  return told;
}

const char *fake_take_violations(void) {
  pthread_mutex_lock(&lock);
  memcpy(taken, violations, sizeof taken);
  violations[0] = 0;
  pthread_mutex_unlock(&lock);
  return taken;
}

static void leak(const char *what, size_t count) {
  size_t used = strlen(leaks);
  if (count > 0) snprintf(leaks + used, sizeof leaks - used, "%zu %s\n", count, what);
}

const char *fake_leaks(void) {
  static const char *const names[FAKE_KINDS] = {"tensors", "lists", "arrays", "scalars", "executors", "streams", "events"};
  leaks[0] = 0;
  for (int device = 0; device < FAKE_DEVICES; device++) {
    leak("bytes of a device", fake_allocated(device));
    leak("times that a device was set", (size_t)fake_users(device));
  }
  leak("page-locked bytes", fake_pinned());
  for (int kind = 0; kind < FAKE_KINDS; kind++) leak(names[kind], (size_t)fake_open_handles(kind));
  return leaks;
}
