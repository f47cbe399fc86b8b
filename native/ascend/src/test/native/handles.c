/* Handles: the number of a slot, and how many handles there were before, so that no two are alike. */
#include "fake_cann.h"

#include <stdlib.h>

enum { SLOT_BITS = 20, SLOTS = 1 << SLOT_BITS };

/* No address that a process can have. */
static const uintptr_t FIRST = (uintptr_t)0x0BAD << 48;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct slot {
  uintptr_t handle; /* 0: free */
  enum fake_kind kind;
  void *object;
  int next_free;
} slots[SLOTS];

static int used, first_free = -1, counts[FAKE_KINDS];
static uintptr_t serial;

void *fake_open(enum fake_kind kind, void *object) {
  pthread_mutex_lock(&lock);
  int number = first_free >= 0 ? first_free : used++;
  if (number >= SLOTS) abort();
  if (first_free >= 0) first_free = slots[number].next_free;
  uintptr_t handle = FIRST | (++serial << SLOT_BITS) | (uintptr_t)number;
  slots[number] = (struct slot){handle, kind, object, -1};
  counts[kind]++;
  pthread_mutex_unlock(&lock);
  return (void *)handle;
}

static void *look_up(enum fake_kind kind, const void *handle, _Bool closes) {
  uintptr_t value = (uintptr_t)handle;
  int number = (int)(value & (SLOTS - 1));
  void *object = NULL;
  pthread_mutex_lock(&lock);
  struct slot *slot = &slots[number];
  if (value != 0 && slot->handle == value && slot->kind == kind) {
    object = slot->object;
    if (closes) {
      slot->handle = 0;
      slot->next_free = first_free;
      first_free = number;
      counts[kind]--;
    }
  }
  pthread_mutex_unlock(&lock);
  if (object == NULL) fake_violation("%p is no open handle of kind %d", handle, (int)kind);
  return object;
}

void *fake_get(enum fake_kind kind, const void *handle) {
  return look_up(kind, handle, 0);
}

void *fake_close(enum fake_kind kind, const void *handle) {
  return look_up(kind, handle, 1);
}

int fake_open_handles(enum fake_kind kind) {
  pthread_mutex_lock(&lock);
  int count = counts[kind];
  pthread_mutex_unlock(&lock);
  return count;
}
