/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What vl4j calls of Huawei's CANN, from its public documentation: names, types and numbers. It is no part of CANN, and its
 * words are its own.
 *
 * JavaCPP's parser reads this file. So constants are enumerators, never variables, and every declaration ends in ");".
 */
#ifndef VL4J_ASCEND_ABI_H
#define VL4J_ASCEND_ABI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int aclError;
typedef int32_t aclnnStatus;

typedef void *aclrtContext;
typedef void *aclrtStream;
typedef void *aclrtEvent;
typedef void *aclmdlRI;

typedef struct aclTensor aclTensor;
typedef struct aclTensorList aclTensorList;
typedef struct aclScalar aclScalar;
typedef struct aclIntArray aclIntArray;
typedef struct aclOpExecutor aclOpExecutor;

typedef enum aclDataType {
  ACL_DT_UNDEFINED = -1,
  ACL_FLOAT = 0,
  ACL_FLOAT16 = 1,
  ACL_INT8 = 2,
  ACL_INT32 = 3,
  ACL_UINT8 = 4,
  ACL_INT16 = 6,
  ACL_UINT16 = 7,
  ACL_UINT32 = 8,
  ACL_INT64 = 9,
  ACL_UINT64 = 10,
  ACL_DOUBLE = 11,
  ACL_BOOL = 12,
  ACL_STRING = 13,
  ACL_COMPLEX64 = 16,
  ACL_COMPLEX128 = 17,
  ACL_BF16 = 27,
  ACL_INT4 = 29,
  ACL_UINT1 = 30,
  ACL_FLOAT8_E5M2 = 35,
  ACL_FLOAT8_E4M3FN = 36
} aclDataType;

typedef enum aclFormat {
  ACL_FORMAT_UNDEFINED = -1,
  ACL_FORMAT_NCHW = 0,
  ACL_FORMAT_NHWC = 1,
  ACL_FORMAT_ND = 2,
  ACL_FORMAT_NC1HWC0 = 3,
  ACL_FORMAT_FRACTAL_Z = 4,
  ACL_FORMAT_NC1HWC0_C04 = 12,
  ACL_FORMAT_HWCN = 16,
  ACL_FORMAT_NDHWC = 27,
  ACL_FORMAT_FRACTAL_NZ = 29,
  ACL_FORMAT_NCDHW = 30,
  ACL_FORMAT_NDC1HWC0 = 32,
  ACL_FRACTAL_Z_3D = 33,
  ACL_FORMAT_NCL = 47,
  ACL_FORMAT_FRACTAL_NZ_C0_16 = 50,
  ACL_FORMAT_FRACTAL_NZ_C0_32 = 51
} aclFormat;

typedef enum aclrtRunMode { ACL_DEVICE = 0, ACL_HOST = 1 } aclrtRunMode;

typedef enum aclrtMemcpyKind {
  ACL_MEMCPY_HOST_TO_HOST = 0,
  ACL_MEMCPY_HOST_TO_DEVICE = 1,
  ACL_MEMCPY_DEVICE_TO_HOST = 2,
  ACL_MEMCPY_DEVICE_TO_DEVICE = 3,
  ACL_MEMCPY_DEFAULT = 4
} aclrtMemcpyKind;

typedef enum aclrtMemMallocPolicy {
  ACL_MEM_MALLOC_HUGE_FIRST = 0,
  ACL_MEM_MALLOC_HUGE_ONLY = 1,
  ACL_MEM_MALLOC_NORMAL_ONLY = 2,
  ACL_MEM_MALLOC_HUGE_FIRST_P2P = 3,
  ACL_MEM_MALLOC_HUGE_ONLY_P2P = 4,
  ACL_MEM_MALLOC_NORMAL_ONLY_P2P = 5,
  ACL_MEM_MALLOC_HUGE1G_ONLY = 6,
  ACL_MEM_MALLOC_HUGE1G_ONLY_P2P = 7
} aclrtMemMallocPolicy;

/* Values, not bits. */
typedef enum aclrtMemAttr {
  ACL_DDR_MEM = 0,
  ACL_HBM_MEM = 1,
  ACL_DDR_MEM_HUGE = 2,
  ACL_DDR_MEM_NORMAL = 3,
  ACL_HBM_MEM_HUGE = 4,
  ACL_HBM_MEM_NORMAL = 5
} aclrtMemAttr;

/* Which of a device's numbers aclrtGetDeviceInfo tells; vl4j asks for none by name. */
typedef enum aclrtDevAttr { ACL_DEV_ATTR_UNDEFINED = -1 } aclrtDevAttr;

typedef enum aclrtEventRecordedStatus {
  ACL_EVENT_RECORDED_STATUS_NOT_READY = 0,
  ACL_EVENT_RECORDED_STATUS_COMPLETE = 1
} aclrtEventRecordedStatus;

typedef enum aclmdlRICaptureMode {
  ACL_MODEL_RI_CAPTURE_MODE_GLOBAL = 0,
  ACL_MODEL_RI_CAPTURE_MODE_THREAD_LOCAL = 1,
  ACL_MODEL_RI_CAPTURE_MODE_RELAXED = 2
} aclmdlRICaptureMode;

typedef enum aclSysParamOpt { ACL_OPT_DETERMINISTIC = 0 } aclSysParamOpt;

/* Flags of streams and events: bits. */
enum {
  ACL_STREAM_FAST_LAUNCH = 1,
  ACL_STREAM_FAST_SYNC = 2,
  ACL_EVENT_SYNC = 1,
  ACL_EVENT_CAPTURE_STREAM_PROGRESS = 2,
  ACL_EVENT_TIME_LINE = 8
};

/* Statuses of the runtime. */
enum {
  ACL_SUCCESS = 0,
  ACL_ERROR_INVALID_PARAM = 100000,
  ACL_ERROR_UNINITIALIZE = 100001,
  ACL_ERROR_REPEAT_INITIALIZE = 100002,
  ACL_ERROR_COMPILING_STUB_MODE = 100039,
  ACL_ERROR_RT_PARAM_INVALID = 107000,
  ACL_ERROR_RT_INVALID_DEVICEID = 107001,
  ACL_ERROR_RT_CONTEXT_NULL = 107002,
  ACL_ERROR_RT_STREAM_CONTEXT = 107003,
  ACL_ERROR_RT_INVALID_HANDLE = 107017,
  ACL_ERROR_RT_WAIT_TIMEOUT = 107019,
  ACL_ERROR_RT_TASK_TIMEOUT = 107020,
  ACL_ERROR_RT_DEVICE_TASK_ABORT = 107022,
  ACL_ERROR_RT_STREAM_ABORT = 107023,
  ACL_ERROR_BAD_ALLOC = 200000,
  ACL_ERROR_API_NOT_SUPPORT = 200001,
  ACL_ERROR_INVALID_DEVICE = 200002,
  ACL_ERROR_FEATURE_UNSUPPORTED = 200006,
  ACL_ERROR_RT_FEATURE_NOT_SUPPORT = 207000,
  ACL_ERROR_RT_MEMORY_ALLOCATION = 207001,
  ACL_ERROR_RT_NO_DEVICE = 207004,
  ACL_ERROR_RT_RESOURCE_ALLOC_FAIL = 207005,
  ACL_ERROR_RT_NO_PERMISSION = 207006,
  ACL_ERROR_RT_DEVICE_OOM = 207018,
  ACL_ERROR_INTERNAL_ERROR = 500000,
  ACL_ERROR_FAILURE = 500001,
  ACL_ERROR_RT_FAILURE = 500003,
  ACL_ERROR_DRV_FAILURE = 500004,
  ACL_ERROR_RT_INTERNAL_ERROR = 507000,
  ACL_ERROR_RT_TS_ERROR = 507001,
  ACL_ERROR_RT_SOC_VERSION = 507008,
  ACL_ERROR_RT_LOST_HEARTBEAT = 507010,
  ACL_ERROR_RT_MODEL_EXECUTE = 507011,
  ACL_ERROR_RT_AICORE_TIMEOUT = 507014,
  ACL_ERROR_RT_AICORE_EXCEPTION = 507015,
  ACL_ERROR_RT_AICORE_TRAP_EXCEPTION = 507016,
  ACL_ERROR_RT_AICPU_TIMEOUT = 507017,
  ACL_ERROR_RT_AICPU_EXCEPTION = 507018,
  ACL_ERROR_RT_DEV_SETUP_ERROR = 507033,
  ACL_ERROR_RT_VECTOR_CORE_TIMEOUT = 507034,
  ACL_ERROR_RT_VECTOR_CORE_EXCEPTION = 507035,
  ACL_ERROR_RT_VECTOR_CORE_TRAP_EXCEPTION = 507036,
  ACL_ERROR_RT_STREAM_SYNC_TIMEOUT = 507046,
  ACL_ERROR_RT_EVENT_SYNC_TIMEOUT = 507047,
  ACL_ERROR_RT_COPY_DATA = 507052,
  ACL_ERROR_RT_DEVICE_MEM_ERROR = 507053,
  ACL_ERROR_RT_HBM_MULTI_BIT_ECC_ERROR = 507054,
  ACL_ERROR_RT_SUSPECT_DEVICE_MEM_ERROR = 507055,
  ACL_ERROR_RT_DRV_INTERNAL_ERROR = 507899,
  ACL_ERROR_RT_AICPU_INTERNAL_ERROR = 507900
};

/* Statuses of operators. */
enum {
  ACLNN_SUCCESS = 0,
  ACLNN_ERR_PARAM_NULLPTR = 161001,
  ACLNN_ERR_PARAM_INVALID = 161002,
  ACLNN_ERR_RUNTIME_ERROR = 361001,
  ACLNN_ERR_INNER = 561000,
  ACLNN_ERR_INNER_INFERSHAPE_ERROR = 561001,
  ACLNN_ERR_INNER_TILING_ERROR = 561002,
  ACLNN_ERR_INNER_FIND_KERNEL_ERROR = 561003,
  ACLNN_ERR_INNER_CREATE_EXECUTOR = 561101,
  ACLNN_ERR_INNER_NULLPTR = 561103,
  ACLNN_ERR_INNER_OPP_PATH_NOT_FOUND = 561107,
  ACLNN_ERR_INNER_OPP_KERNEL_PKG_NOT_FOUND = 561112
};

/* Values that operators take as plain numbers. CANN has no names for them. */
enum {
  CUBE_MATH_KEEP_TYPE = 0,
  CUBE_MATH_ALLOW_F32_DOWN = 1,
  CUBE_MATH_USE_F16 = 2,
  CUBE_MATH_USE_HF32 = 3,
  CUBE_MATH_USE_F32_ADD = 4,
  GELU_ERF = 0,
  GELU_TANH = 1,
  ROTARY_HALF = 0,
  ROTARY_INTERLEAVE = 1,
  ROTARY_QUARTER = 2,
  ROTARY_INTERLEAVE_HALF = 3,
  SPARSE_NO_MASK = 0,
  SPARSE_CAUSAL = 3,
  PRECISION_HIGH = 0,
  PRECISION_HIGH_HIDDEN_ROWS = 2
};

/* The process and its devices. A device belongs to the thread that set it. */

aclError aclInit(const char *configPath);
aclError aclFinalize();
aclError aclrtGetVersion(int32_t *major, int32_t *minor, int32_t *patch);
aclError aclrtGetDeviceCount(uint32_t *count);
aclError aclrtSetDevice(int32_t device);
aclError aclrtResetDevice(int32_t device);
aclError aclrtGetDevice(int32_t *device);
aclError aclrtCreateContext(aclrtContext *context, int32_t device);
aclError aclrtDestroyContext(aclrtContext context);
aclError aclrtSetCurrentContext(aclrtContext context);
aclError aclrtGetCurrentContext(aclrtContext *context);
aclError aclrtGetRunMode(aclrtRunMode *mode);
const char *aclrtGetSocName();
aclError aclrtGetMemInfo(aclrtMemAttr kind, size_t *freeBytes, size_t *totalBytes);
aclError aclrtGetDeviceInfo(uint32_t device, aclrtDevAttr attribute, int64_t *value);
aclError aclrtSetSysParamOpt(aclSysParamOpt option, int64_t value);
aclError aclrtCtxSetSysParamOpt(aclSysParamOpt option, int64_t value);
const char *aclGetRecentErrMsg();

/* Memory. Copies take the room at the destination as well as the bytes to copy. */

aclError aclrtMalloc(void **memory, size_t bytes, aclrtMemMallocPolicy policy);
aclError aclrtFree(void *memory);
aclError aclrtFreeWithDevSync(void *memory);
aclError aclrtMallocHost(void **memory, size_t bytes);
aclError aclrtFreeHost(void *memory);
aclError aclrtMemcpy(void *to, size_t room, const void *from, size_t bytes, aclrtMemcpyKind kind);
aclError aclrtMemcpyAsync(
    void *to, size_t room, const void *from, size_t bytes, aclrtMemcpyKind kind, aclrtStream stream);
aclError aclrtMemset(void *memory, size_t room, int32_t value, size_t bytes);
aclError aclrtMemsetAsync(void *memory, size_t room, int32_t value, size_t bytes, aclrtStream stream);

/* Streams and events. A timeout is in milliseconds, -1 waits for ever. */

aclError aclrtCreateStream(aclrtStream *stream);
aclError aclrtCreateStreamWithConfig(aclrtStream *stream, uint32_t priority, uint32_t flags);
aclError aclrtDestroyStream(aclrtStream stream);
aclError aclrtSynchronizeStream(aclrtStream stream);
aclError aclrtSynchronizeStreamWithTimeout(aclrtStream stream, int32_t timeout);
aclError aclrtSynchronizeDevice();
aclError aclrtCreateEventWithFlag(aclrtEvent *event, uint32_t flags);
aclError aclrtDestroyEvent(aclrtEvent event);
aclError aclrtRecordEvent(aclrtEvent event, aclrtStream stream);
aclError aclrtStreamWaitEvent(aclrtStream stream, aclrtEvent event);
aclError aclrtQueryEventStatus(aclrtEvent event, aclrtEventRecordedStatus *status);
aclError aclrtSynchronizeEvent(aclrtEvent event);
aclError aclrtSynchronizeEventWithTimeout(aclrtEvent event, int32_t timeout);
aclError aclrtEventElapsedTime(float *milliseconds, aclrtEvent start, aclrtEvent end);
aclError aclmdlRICaptureBegin(aclrtStream stream, aclmdlRICaptureMode mode);
aclError aclmdlRICaptureEnd(aclrtStream stream, aclmdlRI *graph);
aclError aclmdlRIExecuteAsync(aclmdlRI graph, aclrtStream stream);
aclError aclmdlRIDestroy(aclmdlRI graph);

/* What operators are called with. Dimensions, strides and offsets count elements; a list owns its tensors. */

aclTensor *aclCreateTensor(
    const int64_t *shape, uint64_t dimensions, aclDataType type, const int64_t *strides, int64_t offset, aclFormat format,
    const int64_t *storageShape, uint64_t storageDimensions, void *data);
aclnnStatus aclDestroyTensor(const aclTensor *tensor);
aclTensorList *aclCreateTensorList(const aclTensor *const *tensors, uint64_t count);
aclnnStatus aclDestroyTensorList(const aclTensorList *list);
aclIntArray *aclCreateIntArray(const int64_t *values, uint64_t count);
aclnnStatus aclDestroyIntArray(const aclIntArray *array);
aclScalar *aclCreateScalar(void *value, aclDataType type);
aclnnStatus aclDestroyScalar(const aclScalar *scalar);

/* Executors. One runs once, unless it was made repeatable: then whoever made it so destroys it. */

aclnnStatus aclnnInit(const char *configPath);
aclnnStatus aclnnFinalize();
aclnnStatus aclSetAclOpExecutorRepeatable(aclOpExecutor *executor);
aclnnStatus aclDestroyAclOpExecutor(aclOpExecutor *executor);
aclnnStatus aclSetTensorAddr(aclOpExecutor *executor, size_t index, aclTensor *tensor, void *data);
aclnnStatus aclSetInputTensorAddr(aclOpExecutor *executor, size_t index, aclTensor *tensor, void *data);
aclnnStatus aclSetOutputTensorAddr(aclOpExecutor *executor, size_t index, aclTensor *tensor, void *data);
aclnnStatus aclSetRawTensorAddr(aclTensor *tensor, void *data);

/* Sizes of weights in other formats. The first counts elements, not bytes. */

aclnnStatus aclnnCalculateMatmulWeightSizeV2(const aclIntArray *shape, aclDataType type, uint64_t *elements);
aclnnStatus aclnnNpuFormatCastCalculateSizeAndFormat(
    const aclTensor *in, int format, int extraType, int64_t **storageShape, uint64_t *storageDimensions, int *outFormat);

/*
 * Operators, in two phases. The first checks the arguments, tells the bytes of workspace that the second needs, and makes an
 * executor; the second enqueues it on a stream and frees it, also when it fails.
 */

/* Products. A product is left * right. cubeMathType is one of CUBE_MATH_*; bf16 takes CUBE_MATH_KEEP_TYPE. */

aclnnStatus aclnnMatmulGetWorkspaceSize(
    const aclTensor *left, const aclTensor *right, aclTensor *out, int8_t cubeMathType, uint64_t
    *workspaceBytes, aclOpExecutor **executor);
aclnnStatus aclnnMatmul(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

aclnnStatus aclnnMmGetWorkspaceSize(
    const aclTensor *left, const aclTensor *right, aclTensor *out, int8_t cubeMathType, uint64_t
    *workspaceBytes, aclOpExecutor **executor);
aclnnStatus aclnnMm(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

aclnnStatus aclnnBatchMatMulGetWorkspaceSize(
    const aclTensor *left, const aclTensor *right, aclTensor *out, int8_t cubeMathType, uint64_t
    *workspaceBytes, aclOpExecutor **executor);
aclnnStatus aclnnBatchMatMul(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

aclnnStatus aclnnMatmulWeightNzGetWorkspaceSize(
    const aclTensor *left, const aclTensor *right, aclTensor *out, int8_t cubeMathType, uint64_t
    *workspaceBytes, aclOpExecutor **executor);
aclnnStatus aclnnMatmulWeightNz(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

aclnnStatus aclnnAddmmGetWorkspaceSize(
    const aclTensor *bias, const aclTensor *left, const aclTensor *right, const aclScalar *biasFactor, const
    aclScalar *productFactor, aclTensor *out, int8_t cubeMathType, uint64_t *workspaceBytes, aclOpExecutor
    **executor);
aclnnStatus aclnnAddmm(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

aclnnStatus aclnnWeightQuantBatchMatmulV2GetWorkspaceSize(
    const aclTensor *left, const aclTensor *weight, const aclTensor *weightScale, const aclTensor *weightOffset,
    const aclTensor *outScale, const aclTensor *outOffset, const aclTensor *bias, int groupSize, const aclTensor
    *out, uint64_t *workspaceBytes, aclOpExecutor **executor);
aclnnStatus aclnnWeightQuantBatchMatmulV2(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

aclnnStatus aclnnQuantMatmulV4GetWorkspaceSize(
    const aclTensor *left, const aclTensor *right, const aclTensor *scale, const aclTensor *offset, const
    aclTensor *rowScale, const aclTensor *bias, bool transposeLeft, bool transposeRight, const aclTensor *out,
    uint64_t *workspaceBytes, aclOpExecutor **executor);
aclnnStatus aclnnQuantMatmulV4(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

aclnnStatus aclnnTransMatmulWeightGetWorkspaceSize(
    aclTensor *weight, uint64_t *workspaceBytes, aclOpExecutor **executor);
aclnnStatus aclnnTransMatmulWeight(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

aclnnStatus aclnnNpuFormatCastGetWorkspaceSize(
    const aclTensor *in, aclTensor *out, uint64_t *workspaceBytes, aclOpExecutor **executor);
aclnnStatus aclnnNpuFormatCast(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

/* Elements. Elementwise, with broadcasting; a factor multiplies one of the addends. */

aclnnStatus aclnnCastGetWorkspaceSize(
    const aclTensor *in, aclDataType type, aclTensor *out, uint64_t *workspaceBytes, aclOpExecutor **executor);
aclnnStatus aclnnCast(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

aclnnStatus aclnnAddGetWorkspaceSize(
    const aclTensor *left, const aclTensor *right, const aclScalar *rightFactor, aclTensor *out, uint64_t
    *workspaceBytes, aclOpExecutor **executor);
aclnnStatus aclnnAdd(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

aclnnStatus aclnnInplaceAddGetWorkspaceSize(
    aclTensor *sum, const aclTensor *other, const aclScalar *otherFactor, uint64_t *workspaceBytes,
    aclOpExecutor **executor);
aclnnStatus aclnnInplaceAdd(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

aclnnStatus aclnnSubGetWorkspaceSize(
    const aclTensor *left, const aclTensor *right, const aclScalar *rightFactor, aclTensor *out, uint64_t
    *workspaceBytes, aclOpExecutor **executor);
aclnnStatus aclnnSub(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

aclnnStatus aclnnMulGetWorkspaceSize(
    const aclTensor *left, const aclTensor *right, aclTensor *out, uint64_t *workspaceBytes, aclOpExecutor
    **executor);
aclnnStatus aclnnMul(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

aclnnStatus aclnnInplaceMulGetWorkspaceSize(
    aclTensor *product, const aclTensor *other, uint64_t *workspaceBytes, aclOpExecutor **executor);
aclnnStatus aclnnInplaceMul(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

aclnnStatus aclnnMulsGetWorkspaceSize(
    const aclTensor *in, const aclScalar *factor, aclTensor *out, uint64_t *workspaceBytes, aclOpExecutor
    **executor);
aclnnStatus aclnnMuls(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

aclnnStatus aclnnCosGetWorkspaceSize(
    const aclTensor *in, aclTensor *out, uint64_t *workspaceBytes, aclOpExecutor **executor);
aclnnStatus aclnnCos(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

aclnnStatus aclnnSinGetWorkspaceSize(
    const aclTensor *in, aclTensor *out, uint64_t *workspaceBytes, aclOpExecutor **executor);
aclnnStatus aclnnSin(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

aclnnStatus aclnnInplaceZeroGetWorkspaceSize(
    aclTensor *out, uint64_t *workspaceBytes, aclOpExecutor **executor);
aclnnStatus aclnnInplaceZero(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

/* Moving rows and columns. Dimensions count from 0, or from -1 backwards. */

aclnnStatus aclnnInplaceCopyGetWorkspaceSize(
    aclTensor *out, const aclTensor *in, uint64_t *workspaceBytes, aclOpExecutor **executor);
aclnnStatus aclnnInplaceCopy(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

aclnnStatus aclnnPermuteGetWorkspaceSize(
    const aclTensor *in, const aclIntArray *order, aclTensor *out, uint64_t *workspaceBytes, aclOpExecutor
    **executor);
aclnnStatus aclnnPermute(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

aclnnStatus aclnnCatGetWorkspaceSize(
    const aclTensorList *parts, int64_t dimension, aclTensor *out, uint64_t *workspaceBytes, aclOpExecutor
    **executor);
aclnnStatus aclnnCat(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

aclnnStatus aclnnSliceGetWorkspaceSize(
    const aclTensor *in, int64_t dimension, int64_t start, int64_t end, int64_t step, aclTensor *out, uint64_t
    *workspaceBytes, aclOpExecutor **executor);
aclnnStatus aclnnSlice(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

aclnnStatus aclnnIndexSelectGetWorkspaceSize(
    const aclTensor *in, int64_t dimension, const aclTensor *indices, aclTensor *out, uint64_t *workspaceBytes,
    aclOpExecutor **executor);
aclnnStatus aclnnIndexSelect(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

aclnnStatus aclnnEmbeddingGetWorkspaceSize(
    const aclTensor *table, const aclTensor *indices, aclTensor *out, uint64_t *workspaceBytes, aclOpExecutor
    **executor);
aclnnStatus aclnnEmbedding(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

aclnnStatus aclnnIndexAddGetWorkspaceSize(
    const aclTensor *in, int64_t dimension, const aclTensor *indices, const aclTensor *addends, const aclScalar
    *addendFactor, aclTensor *out, uint64_t *workspaceBytes, aclOpExecutor **executor);
aclnnStatus aclnnIndexAdd(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

aclnnStatus aclnnInplaceIndexCopyGetWorkspaceSize(
    aclTensor *out, int64_t dimension, const aclTensor *indices, const aclTensor *in, uint64_t *workspaceBytes,
    aclOpExecutor **executor);
aclnnStatus aclnnInplaceIndexCopy(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

aclnnStatus aclnnIndexPutImplGetWorkspaceSize(
    aclTensor *out, const aclTensorList *indices, const aclTensor *values, bool accumulate, bool unchecked,
    uint64_t *workspaceBytes, aclOpExecutor **executor);
aclnnStatus aclnnIndexPutImpl(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

/* Activations and norms. Epsilons are doubles. SwiGlu reads the gates in the first half of a dimension, what they gate in the second. */

aclnnStatus aclnnSiluGetWorkspaceSize(
    const aclTensor *in, aclTensor *out, uint64_t *workspaceBytes, aclOpExecutor **executor);
aclnnStatus aclnnSilu(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

aclnnStatus aclnnGeluGetWorkspaceSize(
    const aclTensor *in, aclTensor *out, uint64_t *workspaceBytes, aclOpExecutor **executor);
aclnnStatus aclnnGelu(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

aclnnStatus aclnnGeluV2GetWorkspaceSize(
    const aclTensor *in, int64_t approximation, aclTensor *out, uint64_t *workspaceBytes, aclOpExecutor
    **executor);
aclnnStatus aclnnGeluV2(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

aclnnStatus aclnnSwiGluGetWorkspaceSize(
    const aclTensor *gateAndUp, int64_t dimension, aclTensor *out, uint64_t *workspaceBytes, aclOpExecutor
    **executor);
aclnnStatus aclnnSwiGlu(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

aclnnStatus aclnnSoftmaxGetWorkspaceSize(
    const aclTensor *in, int64_t dimension, aclTensor *out, uint64_t *workspaceBytes, aclOpExecutor **executor);
aclnnStatus aclnnSoftmax(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

aclnnStatus aclnnRmsNormGetWorkspaceSize(
    const aclTensor *in, const aclTensor *gamma, double epsilon, const aclTensor *out, const aclTensor
    *inverseDeviation, uint64_t *workspaceBytes, aclOpExecutor **executor);
aclnnStatus aclnnRmsNorm(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

aclnnStatus aclnnAddRmsNormGetWorkspaceSize(
    const aclTensor *left, const aclTensor *right, const aclTensor *gamma, double epsilon, const aclTensor *out,
    const aclTensor *inverseDeviation, const aclTensor *sum, uint64_t *workspaceBytes, aclOpExecutor
    **executor);
aclnnStatus aclnnAddRmsNorm(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

aclnnStatus aclnnLayerNormGetWorkspaceSize(
    const aclTensor *in, const aclIntArray *shape, const aclTensor *gamma, const aclTensor *beta, double
    epsilon, aclTensor *out, aclTensor *mean, aclTensor *inverseDeviation, uint64_t *workspaceBytes,
    aclOpExecutor **executor);
aclnnStatus aclnnLayerNorm(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

/* Rotary embeddings. A mode says which elements turn together: ROTARY_*. */

aclnnStatus aclnnRotaryPositionEmbeddingGetWorkspaceSize(
    const aclTensor *in, const aclTensor *cosines, const aclTensor *sines, int64_t mode, const aclTensor *out,
    uint64_t *workspaceBytes, aclOpExecutor **executor);
aclnnStatus aclnnRotaryPositionEmbedding(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

aclnnStatus aclnnApplyRotaryPosEmbGetWorkspaceSize(
    aclTensor *queries, aclTensor *keys, const aclTensor *cosines, const aclTensor *sines, int64_t layout,
    uint64_t *workspaceBytes, aclOpExecutor **executor);
aclnnStatus aclnnApplyRotaryPosEmb(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

aclnnStatus aclnnApplyRotaryPosEmbV2GetWorkspaceSize(
    aclTensor *queries, aclTensor *keys, const aclTensor *cosines, const aclTensor *sines, int64_t layout, char
    *mode, uint64_t *workspaceBytes, aclOpExecutor **executor);
aclnnStatus aclnnApplyRotaryPosEmbV2(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

/* Attention. Keys and values of FusedInferAttentionScore are lists of tensors. What is not used is NULL. */

aclnnStatus aclnnPromptFlashAttentionV3GetWorkspaceSize(
    const aclTensor *query, const aclTensor *keys, const aclTensor *values, const aclTensor *positionShift,
    const aclTensor *mask, const aclIntArray *queryLengths, const aclIntArray *keyLengths, const aclTensor
    *dequantScale1, const aclTensor *quantScale1, const aclTensor *dequantScale2, const aclTensor *quantScale2,
    const aclTensor *quantOffset2, int64_t heads, double scale, int64_t keysBefore, int64_t keysAfter, char
    *layout, int64_t keyValueHeads, int64_t sparseMode, int64_t precisionMode, const aclTensor *out, uint64_t
    *workspaceBytes, aclOpExecutor **executor);
aclnnStatus aclnnPromptFlashAttentionV3(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

aclnnStatus aclnnFusedInferAttentionScoreV2GetWorkspaceSize(
    const aclTensor *query, const aclTensorList *keys, const aclTensorList *values, const aclTensor
    *positionShift, const aclTensor *mask, const aclIntArray *queryLengths, const aclIntArray *keyLengths, const
    aclTensor *dequantScale1, const aclTensor *quantScale1, const aclTensor *dequantScale2, const aclTensor
    *quantScale2, const aclTensor *quantOffset2, const aclTensor *antiquantScale, const aclTensor
    *antiquantOffset, const aclTensor *blockTable, const aclTensor *queryPadding, const aclTensor *keyPadding,
    const aclTensor *keyAntiquantScale, const aclTensor *keyAntiquantOffset, const aclTensor
    *valueAntiquantScale, const aclTensor *valueAntiquantOffset, const aclTensor *sharedKeys, const aclTensor
    *sharedValues, const aclIntArray *sharedLength, int64_t heads, double scale, int64_t keysBefore, int64_t
    keysAfter, char *layout, int64_t keyValueHeads, int64_t sparseMode, int64_t precisionMode, int64_t
    blockSize, int64_t antiquantMode, bool returnsLogSumExp, int64_t keyAntiquantMode, int64_t
    valueAntiquantMode, const aclTensor *out, const aclTensor *logSumExp, uint64_t *workspaceBytes,
    aclOpExecutor **executor);
aclnnStatus aclnnFusedInferAttentionScoreV2(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

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
    *out, const aclTensor *logSumExp, uint64_t *workspaceBytes, aclOpExecutor **executor);
aclnnStatus aclnnFusedInferAttentionScoreV3(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

aclnnStatus aclnnFusedInferAttentionScoreV4GetWorkspaceSize(
    const aclTensor *query, const aclTensorList *keys, const aclTensorList *values, const aclTensor
    *positionShift, const aclTensor *mask, const aclIntArray *queryLengths, const aclIntArray *keyLengths, const
    aclTensor *dequantScale1, const aclTensor *quantScale1, const aclTensor *dequantScale2, const aclTensor
    *quantScale2, const aclTensor *quantOffset2, const aclTensor *antiquantScale, const aclTensor
    *antiquantOffset, const aclTensor *blockTable, const aclTensor *queryPadding, const aclTensor *keyPadding,
    const aclTensor *keyAntiquantScale, const aclTensor *keyAntiquantOffset, const aclTensor
    *valueAntiquantScale, const aclTensor *valueAntiquantOffset, const aclTensor *sharedKeys, const aclTensor
    *sharedValues, const aclIntArray *sharedLength, const aclTensor *queryRope, const aclTensor *keyRope, const
    aclTensor *keyRopeAntiquantScale, const aclTensor *queryDequantScale, const aclTensor *sink, int64_t heads,
    double scale, int64_t keysBefore, int64_t keysAfter, char *layout, int64_t keyValueHeads, int64_t
    sparseMode, int64_t precisionMode, int64_t blockSize, int64_t antiquantMode, bool returnsLogSumExp, int64_t
    keyAntiquantMode, int64_t valueAntiquantMode, int64_t queryQuantMode, const aclTensor *out, const aclTensor
    *logSumExp, uint64_t *workspaceBytes, aclOpExecutor **executor);
aclnnStatus aclnnFusedInferAttentionScoreV4(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

aclnnStatus aclnnFlashAttentionScoreGetWorkspaceSize(
    const aclTensor *query, const aclTensor *keys, const aclTensor *values, const aclTensor *positionShift,
    const aclTensor *dropMask, const aclTensor *paddingMask, const aclTensor *mask, const aclIntArray
    *prefixLengths, double scale, double keptShare, int64_t keysBefore, int64_t keysAfter, int64_t heads, char
    *layout, int64_t precisionMode, int64_t sparseMode, const aclTensor *softmaxMax, const aclTensor
    *softmaxSum, const aclTensor *softmaxOut, const aclTensor *out, uint64_t *workspaceBytes, aclOpExecutor
    **executor);
aclnnStatus aclnnFlashAttentionScore(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);

aclnnStatus aclnnAttentionUpdateGetWorkspaceSize(
    const aclTensorList *logSumExps, const aclTensorList *parts, int64_t updateType, aclTensor *out, aclTensor
    *logSumExp, uint64_t *workspaceBytes, aclOpExecutor **executor);
aclnnStatus aclnnAttentionUpdate(void *workspace, uint64_t workspaceBytes, aclOpExecutor *executor, aclrtStream stream);
#ifdef __cplusplus
}
#endif

#endif
