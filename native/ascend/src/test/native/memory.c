/*
 * Memory of devices, whose addresses the host cannot follow, and page-locked memory. What is new is full of NaN; what was freed is
 * not given out again, so that a late reader is found.
 */
#define _POSIX_C_SOURCE 200809L
#include "fake_cann.h"

#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 64, PAGE = 4096 };

/* A NaN as float32 and as bfloat16. */
static const int POISON = 0xFF;

struct block {
  struct block *next;
  int device; /* PINNED for memory of the host */
  uintptr_t address;
  size_t bytes;
  char *contents;
};

enum { PINNED = -1 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct block *blocks;
static uintptr_t next = (uintptr_t)0x0DE0 << 48;

static void add(int device, uintptr_t address, size_t bytes, char *contents) {
  struct block *block = malloc(sizeof *block);
  *block = (struct block){blocks, device, address, bytes, contents};
  blocks = block;
}

/* Takes the block that begins at an address. */
static struct block *take(int device, uintptr_t address) {
  pthread_mutex_lock(&lock);
  struct block **at = &blocks;
  while (*at != NULL && ((*at)->address != address || (*at)->device != device)) at = &(*at)->next;
  struct block *block = *at;
  if (block != NULL) *at = block->next;
  pthread_mutex_unlock(&lock);
  return block;
}

/* Work that is still to be done may hold the contents: then they stay, for as long as the process lives. */
static void drop(struct block *block, _Bool idle) {
  if (idle) {
    memset(block->contents, POISON, block->bytes);
    free(block->contents);
  }
  free(block);
}

static char *find(int device, uintptr_t address, size_t bytes, const char *what) {
  char *found = NULL;
  pthread_mutex_lock(&lock);
  for (struct block *block = blocks; block != NULL && found == NULL; block = block->next) {
    uintptr_t from = address - block->address;
    if (block->device == device && address >= block->address && from <= block->bytes && bytes <= block->bytes - from) {
      found = block->contents + from;
    }
  }
  pthread_mutex_unlock(&lock);
  if (found == NULL) fake_violation("%zu bytes at %#zx are no %s, or no more", bytes, (size_t)address, what);
  return found;
}

char *fake_at(int device, uintptr_t address, size_t bytes) {
  return find(device, address, bytes, "memory of this device");
}

char *fake_pinned_at(uintptr_t address, size_t bytes) {
  return find(PINNED, address, bytes, "page-locked memory");
}

size_t fake_allocated(int device) {
  size_t sum = 0;
  pthread_mutex_lock(&lock);
  for (struct block *block = blocks; block != NULL; block = block->next) sum += block->device == device ? block->bytes : 0;
  pthread_mutex_unlock(&lock);
  return sum;
}

size_t fake_pinned(void) {
  return fake_allocated(PINNED);
}

aclError aclrtMalloc(void **memory, size_t bytes, aclrtMemMallocPolicy policy) {
  int device = fake_current();
  size_t room, all;
  if (device < 0) return ACL_ERROR_RT_CONTEXT_NULL;
  if (bytes == 0 || policy != ACL_MEM_MALLOC_HUGE_FIRST) return fake_violation("aclrtMalloc: %zu, %d", bytes, (int)policy);
  aclrtGetMemInfo(ACL_HBM_MEM, &room, &all);
  if (bytes > room) return fake_fail(ACL_ERROR_RT_DEVICE_OOM, "%zu bytes, %zu are free", bytes, room);
  char *contents = malloc(bytes);
  memset(contents, POISON, bytes);
  pthread_mutex_lock(&lock);
  add(device, next, bytes, contents);
  *memory = (void *)next;
  next += (bytes / ALIGNMENT + 2) * ALIGNMENT;
  pthread_mutex_unlock(&lock);
  return ACL_SUCCESS;
}

aclError aclrtFree(void *memory) {
  int device = fake_current();
  if (device < 0) return ACL_ERROR_RT_CONTEXT_NULL;
  struct block *block = take(device, (uintptr_t)memory);
  if (block == NULL) return fake_violation("aclrtFree of %p, where no allocation of device %d begins", memory, device);
  drop(block, fake_is_idle(device));
  return ACL_SUCCESS;
}

aclError aclrtMallocHost(void **memory, size_t bytes) {
  if (fake_current() < 0) return ACL_ERROR_RT_CONTEXT_NULL;
  if (bytes == 0 || posix_memalign(memory, PAGE, bytes) != 0) return fake_fail(ACL_ERROR_RT_MEMORY_ALLOCATION, "%zu bytes", bytes);
  memset(*memory, POISON, bytes);
  pthread_mutex_lock(&lock);
  add(PINNED, (uintptr_t)*memory, bytes, *memory);
  pthread_mutex_unlock(&lock);
  return ACL_SUCCESS;
}

aclError aclrtFreeHost(void *memory) {
  struct block *block = take(PINNED, (uintptr_t)memory);
  if (block == NULL) return fake_violation("aclrtFreeHost of %p, where nothing is page-locked", memory);
  _Bool idle = 1;
  for (int device = 0; device < FAKE_DEVICES; device++) idle = idle && fake_is_idle(device);
  drop(block, idle);
  return ACL_SUCCESS;
}
