/* The process and its devices. A device belongs to the thread that set it or made its context current. */
#include "fake_cann.h"

#include <stdatomic.h>

static const size_t DEVICE_BYTES = (size_t)1 << 30;

/* Of device 0; those of others follow. */
static const uintptr_t CONTEXTS = 0x0C0E0000;

static atomic_bool initialized;
static atomic_int users[FAKE_DEVICES], faults[FAKE_DEVICES];
static _Thread_local int current = -1;

int fake_current(void) {
  if (current < 0 || users[current] == 0) {
    fake_fail(0, "this thread has no current device");
    return -1;
  }
  return current;
}

int fake_users(int device) {
  return users[device];
}

aclError fake_fault(int device) {
  return faults[device] == 0 ? ACL_SUCCESS : fake_fail(faults[device], "an operator on device %d failed", device);
}

void fake_poison(int device, aclError fault) {
  faults[device] = fault;
}

aclError aclInit(const char *configPath) {
  if (configPath != NULL) return fake_violation("aclInit: no configuration was expected");
  if (atomic_exchange(&initialized, 1)) return fake_fail(ACL_ERROR_REPEAT_INITIALIZE, "aclInit: repeated");
  return ACL_SUCCESS;
}

aclError aclrtGetVersion(int32_t *major, int32_t *minor, int32_t *patch) {
  *major = 1;
  *minor = 16;
  *patch = 0;
  return ACL_SUCCESS;
}

aclError aclrtGetDeviceCount(uint32_t *count) {
  *count = FAKE_DEVICES;
  return ACL_SUCCESS;
}

aclError aclrtSetDevice(int32_t device) {
  if (!initialized) return fake_fail(ACL_ERROR_UNINITIALIZE, "aclInit was not called");
  if (device < 0 || device >= FAKE_DEVICES) return fake_fail(ACL_ERROR_RT_INVALID_DEVICEID, "there is no device %d", device);
  users[device]++;
  current = device;
  return ACL_SUCCESS;
}

/* The last user takes the fault with it. */
aclError aclrtResetDevice(int32_t device) {
  if (device < 0 || device >= FAKE_DEVICES) return fake_fail(ACL_ERROR_RT_INVALID_DEVICEID, "there is no device %d", device);
  if (users[device] == 0) return fake_violation("aclrtResetDevice of device %d, which nobody has set", device);
  if (--users[device] == 0) faults[device] = 0;
  return ACL_SUCCESS;
}

aclError aclrtGetCurrentContext(aclrtContext *context) {
  int device = fake_current();
  if (device < 0) return ACL_ERROR_RT_CONTEXT_NULL;
  *context = (aclrtContext)(CONTEXTS + (uintptr_t)device);
  return ACL_SUCCESS;
}

aclError aclrtSetCurrentContext(aclrtContext context) {
  uintptr_t device = (uintptr_t)context - CONTEXTS;
  if (device >= FAKE_DEVICES) return fake_violation("%p is no context", context);
  if (users[device] == 0) return fake_fail(ACL_ERROR_RT_CONTEXT_NULL, "the context's device was given back");
  current = (int)device;
  return ACL_SUCCESS;
}

const char *aclrtGetSocName() {
  return fake_current() < 0 ? NULL : "Ascend910B3";
}

aclError aclrtGetMemInfo(aclrtMemAttr kind, size_t *freeBytes, size_t *totalBytes) {
  int device = fake_current();
  if (device < 0) return ACL_ERROR_RT_CONTEXT_NULL;
  if (kind != ACL_HBM_MEM) return fake_fail(ACL_ERROR_RT_PARAM_INVALID, "this device has HBM only");
  size_t allocated = fake_allocated(device);
  *freeBytes = allocated < DEVICE_BYTES ? DEVICE_BYTES - allocated : 0;
  *totalBytes = DEVICE_BYTES;
  return ACL_SUCCESS;
}
