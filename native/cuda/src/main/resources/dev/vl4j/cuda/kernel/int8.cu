// Rows in 8-bit integers, with a scale for each row and a second digit for an activation's outliers.
// What they hold is defined in dev.vl4j.kernels.Quantization, and what is computed here has the bits
// that it defines. One block per row; sources are those of e4m3.cu.

enum { LARGEST_DIGIT = 127, LARGEST_PAIR = 255 * 127 + 127, SUM_LANES = 16, SUM_BLOCK = 64 };

// Columns whose magnitudes are summed before the block waits for itself.
enum { SUM_COLUMNS = 8192 };

// The larger one; a NaN is larger than all.
struct LargerOrNan {
  __device__ __forceinline__ float operator()(float x, float y) const {
    return x > y || x != x ? x : y;
  }
};

// The largest magnitude of the block's row; NaN if there is one.
template <typename Source>
__device__ __forceinline__ float largestMagnitude(const Source& source, int columns,
                                                  float* partial) {
  const LargerOrNan larger = {};
  float largest = 0;
  for (int column = threadIdx.x * 8; column < columns; column += blockDim.x * 8) {
    const Eight v = source(column, columns - column);
#pragma unroll
    for (int i = 0; i < 8; i++) {
      if (i < columns - column) largest = larger(fabsf(v.x[i]), largest);
    }
  }
  return blockReduce(largest, partial, larger);
}

template <typename Source>
__device__ __forceinline__ float magnitude(const Source& source, int columns, int column) {
  return column < columns ? fabsf(source(column, 1).x[0]) : 0.0f;
}

// The sum of the row's magnitudes, the same in every thread: 64 columns are added in quarters of 16,
// (0 + 1) + (2 + 3), to 16 sums, block after block, which are halved until one is left.
template <typename Source>
__device__ __forceinline__ float sumOfMagnitudes(const Source& source, int columns, float* quarters,
                                                 float* sums) {
  if (threadIdx.x < SUM_LANES) sums[threadIdx.x] = 0;
  for (int from = 0; from < columns; from += SUM_COLUMNS) {
    const int count = (min(SUM_COLUMNS, columns - from) + SUM_BLOCK - 1) / SUM_BLOCK * SUM_LANES;
    __syncthreads();
    for (int i = threadIdx.x; i < count; i += blockDim.x) {
      const int column = from + i / SUM_LANES * SUM_BLOCK + i % SUM_LANES;
      quarters[i] = (magnitude(source, columns, column) +
                     magnitude(source, columns, column + SUM_LANES)) +
                    (magnitude(source, columns, column + 2 * SUM_LANES) +
                     magnitude(source, columns, column + 3 * SUM_LANES));
    }
    __syncthreads();
    if (threadIdx.x < SUM_LANES) {
      float sum = sums[threadIdx.x];
      for (int i = threadIdx.x; i < count; i += SUM_LANES) sum += quarters[i];
      sums[threadIdx.x] = sum;
    }
  }
  __syncthreads();
  float total[SUM_LANES];
#pragma unroll
  for (int lane = 0; lane < SUM_LANES; lane++) total[lane] = sums[lane];
#pragma unroll
  for (int half = SUM_LANES / 2; half > 0; half /= 2) {
#pragma unroll
    for (int lane = 0; lane < half; lane++) total[lane] += total[lane + half];
  }
  return total[0];
}

// The step of an activation row; a NaN among its elements makes it one.
__device__ __forceinline__ float activationStep(float sum, int columns, float largest) {
  if (sum != sum) return __uint_as_float(0x7fc00000u);
  const float mean = 8.0f * (sum / columns);
  const float ordinary = (largest < mean ? largest : mean) / LARGEST_DIGIT;
  const float least = largest / LARGEST_PAIR;
  const float step = ordinary > least ? ordinary : least;
  return step < 1.17549435e-38f ? 0.0f : step;
}

// The nearest integer, ties to even, of what is less than 2^22 in magnitude; 0 for a NaN.
__device__ __forceinline__ int nearestInteger(float x) {
  return x == x ? static_cast<int>(x + 12582912.0f - 12582912.0f) : 0;
}

// How often 255 goes into a quantised element, to the nearest; what is left is between -127 and 127.
__device__ __forceinline__ int highDigit(int quantised) {
  return quantised < 0 ? -((127 - quantised) / 255) : (quantised + 127) / 255;
}

// Writes the block's row of an activation. Low digits behind the last column, up to the stride,
// become zero; the stride is a multiple of 16, and so is the address. The list of a row has the
// column and the high digit of each outlier, in the order of columns.
template <typename Source>
__device__ __forceinline__ void quantiseActivation(const Source& source, int columns, u8* codes,
                                                   int stride, float* scales, int* counts,
                                                   int* outliers, int capacity) {
  __shared__ float partial[32];
  __shared__ float quarters[SUM_COLUMNS / SUM_BLOCK * SUM_LANES];
  __shared__ float sums[SUM_LANES];
  const long row = blockIdx.x;
  const float largest = largestMagnitude(source, columns, partial);
  const float step =
      activationStep(sumOfMagnitudes(source, columns, quarters, sums), columns, largest);
  const float inverse = step == 0 ? 0.0f : 1.0f / step;
  for (int column = threadIdx.x * 8; column < stride; column += blockDim.x * 8) {
    const int count = columns - column;
    const Eight v = source(column, count);
    u32 words[2] = {0, 0};
#pragma unroll
    for (int i = 0; i < 8; i++) {
      if (i < count) {
        const int quantised = nearestInteger(v.x[i] * inverse);
        const int low = quantised - 255 * highDigit(quantised);
        words[i / 4] |= (static_cast<u32>(low) & 0xff) << i % 4 * 8;
      }
    }
    storePairs(reinterpret_cast<u32*>(codes + row * stride + column), words);
  }
  if (threadIdx.x >= 32) return;
  const int lane = threadIdx.x;
  int found = 0;
  if (nearestInteger(largest * inverse) > LARGEST_DIGIT) {
    for (int from = 0; from < columns; from += 32) {
      const int column = from + lane;
      const int high =
          column < columns ? highDigit(nearestInteger(source(column, 1).x[0] * inverse)) : 0;
      const u32 lanes = __ballot_sync(~0u, high != 0);
      if (high != 0) {
        const int place = found + __popc(lanes & ((1u << lane) - 1));
        outliers[row * capacity + place] =
            static_cast<int>(static_cast<u32>(column) << 8 | (static_cast<u32>(high) & 0xff));
      }
      found += __popc(lanes);
    }
  }
  if (lane == 0) {
    scales[row] = step;
    counts[row] = found;
  }
}

// Rows of a weight: those in int8 are kept as they are, with their scales, others are rounded.
extern "C" __global__ void int8Weight(const void* x, int stride, int format,
                                      const float* rowScales, int columns, signed char* codes,
                                      int codeStride, float* scales) {
  __shared__ float partial[32];
  const long row = blockIdx.x;
  const StoredRow source = {x, format, row * stride, 1};
  const bool kept = format == INT8;
  const float whole = kept ? 0.0f : largestMagnitude(source, columns, partial);
  const float rounded = whole == whole ? whole / LARGEST_DIGIT : __uint_as_float(0x7fc00000u);
  const float scale = kept ? rowScales[row] : rounded;
  for (int column = threadIdx.x; column < codeStride; column += blockDim.x) {
    int code = 0;
    if (column < columns) {
      const float value = source(column, 1).x[0];
      code = kept ? static_cast<int>(value) : scale > 0 ? nearestInteger(value / scale) : 0;
    }
    codes[row * codeStride + column] = static_cast<signed char>(code);
  }
  if (threadIdx.x == 0) scales[row] = scale;
}

extern "C" __global__ void int8Rows(const void* x, int stride, int format, int columns, u8* codes,
                                    int codeStride, float* scales, int* counts, int* outliers,
                                    int capacity) {
  const StoredRow source = {x, format, static_cast<long>(blockIdx.x) * stride, 1};
  quantiseActivation(source, columns, codes, codeStride, scales, counts, outliers, capacity);
}

// What rmsNorm of norms.cu gives.
extern "C" __global__ void int8RmsNorm(const float* x, int stride, const float* weight,
                                       float epsilon, int columns, u8* codes, int codeStride,
                                       float* scales, int* counts, int* outliers, int capacity) {
  const Row row(x, stride, columns);
  const NormalRow source = {row.start, rmsNormal(row, weight, epsilon)};
  quantiseActivation(source, columns, codes, codeStride, scales, counts, outliers, capacity);
}

// What layerNorm of norms.cu gives.
extern "C" __global__ void int8LayerNorm(const float* x, int stride, const float* weight,
                                         const float* bias, float epsilon, int columns, u8* codes,
                                         int codeStride, float* scales, int* counts, int* outliers,
                                         int capacity) {
  const Row row(x, stride, columns);
  const NormalRow source = {row.start, layerNormal(row, weight, bias, epsilon)};
  quantiseActivation(source, columns, codes, codeStride, scales, counts, outliers, capacity);
}

// What swiGlu of elementwise.cu gives.
extern "C" __global__ void int8SwiGlu(const void* up, const void* gate, int stride, int format,
                                      int columns, u8* codes, int codeStride, float* scales,
                                      int* counts, int* outliers, int capacity) {
  const GatedRow source = {up, gate, format, static_cast<long>(blockIdx.x) * stride};
  quantiseActivation(source, columns, codes, codeStride, scales, counts, outliers, capacity);
}

// out = residual + activation(x * scales + bias), where x are the sums of products of low digits;
// those of high digits come from the rows' lists. Bias and residual may be missing; out may be where
// the sums are.
extern "C" __global__ void int8Epilogue(const int* sums, int stride, const int* counts,
                                        const int* outliers, int capacity, const float* rowScales,
                                        const signed char* weight, int weightStride,
                                        const float* columnScales, const float* bias,
                                        int activation, const float* residual, int residualStride,
                                        void* out, int outStride, int outFormat, int rows,
                                        int columns) {
  const Group group = ownGroup(rows, columns);
  if (group.count <= 0) return;
  const int count = counts[group.row];
  const int* const own = outliers + group.row * capacity;
  const float rowScale = rowScales[group.row];
  Eight v = {};
#pragma unroll
  for (int i = 0; i < 8; i++) {
    if (i < group.count) {
      const int column = group.column + i;
      const float scale = rowScale * columnScales[column];
      v.x[i] = static_cast<float>(sums[group.row * stride + column]) * scale;
      int high = 0;
      for (int k = 0; k < count; k++) {
        const int at = static_cast<int>(static_cast<u32>(own[k]) >> 8);
        high += static_cast<signed char>(own[k] & 0xff) *
                weight[static_cast<long>(column) * weightStride + at];
      }
      if (count > 0) v.x[i] += static_cast<float>(high) * (scale * 255.0f);
      if (bias != nullptr) v.x[i] += bias[column];
      v.x[i] = activate(v.x[i], activation);
      if (residual != nullptr) v.x[i] += residual[group.row * residualStride + column];
    }
  }
  store<8>(out, outFormat, group.row * outStride + group.column, v, group.count);
}
