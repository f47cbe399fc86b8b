/* Tensors and their kin, and the values of tensors as float32. */
#include "fake_cann.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Addresses of data are multiples of so many bytes. */
enum { DATA_ALIGNMENT = 32 };

static size_t width(aclDataType type) {
  return type == ACL_FLOAT || type == ACL_INT32 ? 4 : type == ACL_BF16 ? 2 : type == ACL_UINT8 ? 1 : 0;
}

int64_t fake_elements(const struct fake_tensor *tensor) {
  int64_t count = 1;
  for (int i = 0; i < tensor->rank; i++) count *= tensor->shape[i];
  return count;
}

int64_t fake_size(const struct fake_tensor *tensor, int from_last) {
  return tensor->rank > from_last ? tensor->shape[tensor->rank - 1 - from_last] : 1;
}

_Bool fake_is_dense(const struct fake_tensor *tensor) {
  int64_t stride = 1;
  for (int i = tensor->rank - 1; i >= 0; i--) {
    if (tensor->shape[i] != 1 && tensor->strides[i] != stride) return 0;
    stride *= tensor->shape[i];
  }
  return 1;
}

_Bool fake_is_float(const struct fake_tensor *tensor) {
  return tensor->type == ACL_FLOAT || tensor->type == ACL_BF16;
}

_Bool fake_has_shape(const struct fake_tensor *tensor, int rank, const int64_t *shape) {
  return tensor->rank == rank && memcmp(tensor->shape, shape, sizeof *shape * (size_t)rank) == 0;
}

_Bool fake_have_one_shape(const struct fake_tensor *a, const struct fake_tensor *b) {
  return fake_has_shape(a, b->rank, b->shape);
}

/* The element that lies last, counted from the data's address. */
static int64_t last_of(const struct fake_tensor *tensor) {
  int64_t last = tensor->offset;
  for (int i = 0; i < tensor->rank; i++) last += (tensor->shape[i] - 1) * tensor->strides[i];
  return last;
}

static uint16_t bf16_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  if (isnan(value)) return (uint16_t)(bits >> 16 | 0x40);
  return (uint16_t)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

static float bf16_value(uint16_t half) {
  uint32_t bits = (uint32_t)half << 16;
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

float fake_round_to_bf16(float value) {
  return bf16_value(bf16_bits(value));
}

/* Elements of one type, of which memory may be at any address. */
static float get(aclDataType type, const char *at) {
  int32_t whole;
  uint16_t half;
  float value;
  if (type == ACL_INT32) return memcpy(&whole, at, sizeof whole), (float)whole;
  if (type == ACL_BF16) return memcpy(&half, at, sizeof half), bf16_value(half);
  if (type == ACL_UINT8) return *(const unsigned char *)at;
  return memcpy(&value, at, sizeof value), value;
}

static void set(aclDataType type, char *at, float value) {
  uint16_t half = bf16_bits(value);
  if (type == ACL_BF16) {
    memcpy(at, &half, sizeof half);
  } else {
    memcpy(at, &value, sizeof value);
  }
}

/* Memory from the first element to the last, or NULL. */
static char *memory_of(const struct fake_tensor *tensor, int device) {
  size_t size = width(tensor->type);
  return fake_at(device, tensor->data + (uintptr_t)tensor->offset * size, (size_t)(last_of(tensor) - tensor->offset + 1) * size);
}

/* Where a row of the last dimension begins, in elements from the first. */
static int64_t row_start(const struct fake_tensor *tensor, int64_t row) {
  int64_t start = 0;
  for (int i = tensor->rank - 2; i >= 0; i--) {
    start += row % tensor->shape[i] * tensor->strides[i];
    row /= tensor->shape[i];
  }
  return start;
}

float *fake_load(const struct fake_tensor *tensor, int device) {
  int64_t count = fake_elements(tensor), columns = fake_size(tensor, 0);
  float *values = malloc(sizeof *values * (size_t)(count + 1));
  if (count == 0) return values;
  char *memory = memory_of(tensor, device);
  if (memory == NULL) return free(values), NULL;
  size_t size = width(tensor->type), step = (tensor->rank == 0 ? 1 : (size_t)tensor->strides[tensor->rank - 1]) * size;
  for (int64_t row = 0; row < count / columns; row++) {
    const char *at = memory + (size_t)row_start(tensor, row) * size;
    for (int64_t i = 0; i < columns; i++) values[row * columns + i] = get(tensor->type, at + (size_t)i * step);
  }
  return values;
}

_Bool fake_store(const struct fake_tensor *tensor, int device, const float *values) {
  int64_t count = fake_elements(tensor), columns = fake_size(tensor, 0);
  if (count == 0) return 1;
  char *memory = memory_of(tensor, device);
  if (memory == NULL) return 0;
  size_t size = width(tensor->type), step = (tensor->rank == 0 ? 1 : (size_t)tensor->strides[tensor->rank - 1]) * size;
  for (int64_t row = 0; row < count / columns; row++) {
    char *at = memory + (size_t)row_start(tensor, row) * size;
    for (int64_t i = 0; i < columns; i++) set(tensor->type, at + (size_t)i * step, values[row * columns + i]);
  }
  return 1;
}

_Bool fake_can_spread(const struct fake_tensor *from, const struct fake_tensor *to) {
  for (int i = 0; i < from->rank; i++) {
    if (i >= to->rank || (fake_size(from, i) != 1 && fake_size(from, i) != fake_size(to, i))) return 0;
  }
  return 1;
}

float *fake_spread(const struct fake_tensor *from, const float *values, const struct fake_tensor *to) {
  int64_t count = fake_elements(to);
  float *spread = malloc(sizeof *spread * (size_t)(count + 1));
  for (int64_t i = 0; i < count; i++) {
    int64_t at = 0, stride = 1, rest = i;
    for (int d = 0; d < from->rank; d++) {
      int64_t place = rest % fake_size(to, d);
      rest /= fake_size(to, d);
      at += fake_size(from, d) == 1 ? 0 : place * stride;
      stride *= fake_size(from, d);
    }
    spread[i] = values[at];
  }
  return spread;
}

aclTensor *aclCreateTensor(
    const int64_t *shape, uint64_t dimensions, aclDataType type, const int64_t *strides, int64_t offset, aclFormat format,
    const int64_t *storageShape, uint64_t storageDimensions, void *data) {
  if (dimensions > FAKE_RANK || width(type) == 0 || format != ACL_FORMAT_ND || (uintptr_t)data % DATA_ALIGNMENT != 0) {
    fake_violation("a tensor of %d dimensions, type %d, format %d, at %p", (int)dimensions, (int)type, (int)format, data);
    return NULL;
  }
  struct fake_tensor tensor = {.type = type, .rank = (int)dimensions, .offset = offset, .data = (uintptr_t)data};
  int64_t room = 1;
  for (uint64_t i = 0; i < storageDimensions; i++) room *= storageShape[i];
  _Bool sound = offset >= 0;
  for (int i = 0; i < tensor.rank; i++) {
    tensor.shape[i] = shape[i];
    tensor.strides[i] = strides[i];
    sound = sound && shape[i] >= 0 && strides[i] >= 0;
  }
  if (!sound || (fake_elements(&tensor) > 0 && last_of(&tensor) >= room)) {
    fake_violation("a tensor up to element %lld of %lld", (long long)last_of(&tensor), (long long)room);
    return NULL;
  }
  struct fake_tensor *made = malloc(sizeof *made);
  *made = tensor;
  return fake_open(FAKE_TENSOR, made);
}

static aclnnStatus destroy(enum fake_kind kind, const void *handle) {
  void *object = fake_close(kind, handle);
  free(object);
  return object == NULL ? ACLNN_ERR_PARAM_INVALID : ACLNN_SUCCESS;
}

aclnnStatus aclDestroyTensor(const aclTensor *tensor) {
  return destroy(FAKE_TENSOR, tensor);
}

aclTensorList *aclCreateTensorList(const aclTensor *const *tensors, uint64_t count) {
  struct fake_list *list = malloc(sizeof *list + sizeof *tensors * count);
  *list = (struct fake_list){count, (const aclTensor **)(list + 1)};
  memcpy(list->tensors, tensors, sizeof *tensors * count);
  return fake_open(FAKE_LIST, list);
}

aclnnStatus aclDestroyTensorList(const aclTensorList *handle) {
  struct fake_list *list = fake_get(FAKE_LIST, handle);
  for (uint64_t i = 0; list != NULL && i < list->count; i++) aclDestroyTensor(list->tensors[i]);
  return destroy(FAKE_LIST, handle);
}

aclIntArray *aclCreateIntArray(const int64_t *values, uint64_t count) {
  struct fake_ints *array = malloc(sizeof *array + sizeof *values * count);
  *array = (struct fake_ints){count, (int64_t *)(array + 1)};
  memcpy(array->values, values, sizeof *values * count);
  return fake_open(FAKE_INTS, array);
}

aclnnStatus aclDestroyIntArray(const aclIntArray *array) {
  return destroy(FAKE_INTS, array);
}

aclScalar *aclCreateScalar(void *value, aclDataType type) {
  if (type != ACL_FLOAT) {
    fake_violation("a scalar of type %d", (int)type);
    return NULL;
  }
  float *scalar = malloc(sizeof *scalar);
  memcpy(scalar, value, sizeof *scalar);
  return fake_open(FAKE_SCALAR, scalar);
}

aclnnStatus aclDestroyScalar(const aclScalar *scalar) {
  return destroy(FAKE_SCALAR, scalar);
}
