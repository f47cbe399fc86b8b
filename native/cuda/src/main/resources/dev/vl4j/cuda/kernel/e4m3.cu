// Rows in E4M3, an 8-bit floating-point format, with a scale for each row. What they hold is defined
// in dev.vl4j.kernels.E4m3. One block per row, as in norms.cu; whole numbers and maxima are the same
// in any order. A row is read from a source, which computes its elements each time they are asked
// for, so that what a norm or a gated layer gives needs no memory of its own.

enum { LARGEST_E4M3 = 448, MOST_OUTLIERS = 16 };

// What rounding took from an outlier, in multiples of the row's scale.
struct Outlier {
  int column;
  float rest;
};

// The nearest number, ties to even. What is too large becomes 448; every NaN becomes the same.
__device__ __forceinline__ u32 encodeE4m3(float x) {
  if (x != x) return 0x7f;
  const u32 bits = __float_as_uint(x);
  const u32 sign = bits >> 24 & 0x80;
  const float magnitude = fabsf(x);
  if (magnitude >= LARGEST_E4M3) return sign | 0x7e;
  if (magnitude < 0.015625f) {  // a multiple of 2^-9, rounded by adding 2^14
    return sign | (__float_as_uint(magnitude + 16384.0f) - 0x46800000u);
  }
  const u32 unsignedBits = bits & 0x7fffffffu;
  const u32 rounded = (unsignedBits + 0x7ffffu + (unsignedBits >> 20 & 1)) >> 20;
  return sign | (rounded - (120u << 3));
}

// The value, exact: three bits of mantissa in their place of float32, and 2^120 for the exponent.
__device__ __forceinline__ float decodeE4m3(u32 code) {
  if ((code & 0x7f) == 0x7f) return __uint_as_float(0x7fc00000u);
  return __uint_as_float((code & 0x80) << 24 | (code & 0x7f) << 20) * 0x1p120f;
}

// The element's magnitude as a whole number, 448 for a NaN.
__device__ __forceinline__ u64 sizeE4m3(float scaled) {
  const float magnitude = fabsf(scaled);
  const float bounded = magnitude < 448.0f ? magnitude : 448.0f;
  return __float_as_uint(bounded + 8388608.0f) - 0x4b000000u;
}

__device__ __forceinline__ bool isOutlier(u64 size, u64 squares) {
  return size > 0 && MOST_OUTLIERS * size * size >= squares;
}

// The larger one; a NaN counts for nothing.
struct Maximum {
  __device__ __forceinline__ float operator()(float x, float y) const { return fmaxf(x, y); }
};

// The first warp lists a row's outliers by their columns, and returns how many there are.
template <typename Source>
__device__ __forceinline__ int listOutliers(const Source& source, int columns, float inverse,
                                            u64 squares, Outlier* outliers) {
  if (!isOutlier(LARGEST_E4M3, squares)) return 0;
  const int lane = threadIdx.x;
  int found = 0;
  for (int from = 0; from < columns; from += 32) {
    const int column = from + lane;
    const float scaled = column < columns ? source(column, 1).x[0] * inverse : 0.0f;
    const bool listed = isOutlier(sizeE4m3(scaled), squares);
    const u32 lanes = __ballot_sync(~0u, listed);
    if (listed) {
      const int place = found + __popc(lanes & ((1u << lane) - 1));
      const float rest = scaled - decodeE4m3(encodeE4m3(scaled));
      outliers[place] = {column, rest == rest ? rest : decodeE4m3(0x7f)};
    }
    found += __popc(lanes);
  }
  return found;
}

// Writes the block's row. Codes behind the last column, up to the stride, become zero; the stride is
// a multiple of 16, and so is the address.
template <typename Source>
__device__ __forceinline__ void quantise(const Source& source, int columns, u8* codes, int stride,
                                         float* scales, int* counts, Outlier* outliers) {
  __shared__ float maxima[32];
  __shared__ u64 totals[32];
  const long row = blockIdx.x;
  const int first = threadIdx.x * 8;
  const int step = blockDim.x * 8;
  float largest = 0;
  for (int column = first; column < columns; column += step) {
    const Eight v = source(column, columns - column);
#pragma unroll
    for (int i = 0; i < 8; i++) {
      if (i < columns - column) largest = fmaxf(largest, fabsf(v.x[i]));
    }
  }
  const float whole = blockReduce(largest, maxima, Maximum()) / LARGEST_E4M3;
  const float scale = whole < 1.17549435e-38f ? 0.0f : whole;
  const float inverse = scale == 0 ? 0.0f : 1.0f / scale;
  u64 squares = 0;
  for (int column = first; column < stride; column += step) {
    const int count = columns - column;
    const Eight v = source(column, count);
    u32 words[2] = {0, 0};
#pragma unroll
    for (int i = 0; i < 8; i++) {
      if (i < count) {
        const float scaled = v.x[i] * inverse;
        words[i / 4] |= encodeE4m3(scaled) << i % 4 * 8;
        squares += sizeE4m3(scaled) * sizeE4m3(scaled);
      }
    }
    storePairs(reinterpret_cast<u32*>(codes + row * stride + column), words);
  }
  if (threadIdx.x == 0) scales[row] = scale;
  if (counts == nullptr) return;
  squares = blockReduce(squares, totals, Sum());
  if (threadIdx.x < 32) {
    const int found =
        listOutliers(source, columns, inverse, squares, outliers + row * MOST_OUTLIERS);
    if (threadIdx.x == 0) counts[row] = found;
  }
}

// A row as it is stored.
struct StoredRow {
  const void* x;
  int format;
  long start;
  float step;

  __device__ __forceinline__ Eight operator()(int column, int count) const {
    return load(x, format, start + column, count, step);
  }
};

// A row of float32, normed.
struct NormalRow {
  const float* start;
  Normal normal;

  __device__ __forceinline__ Eight operator()(int column, int count) const {
    return normal(loadFloats<8>(start + column, count), column, count);
  }
};

// silu(gate) * up
struct GatedRow {
  const void* up;
  const void* gate;
  int format;
  long start;

  __device__ __forceinline__ Eight operator()(int column, int count) const {
    const Eight u = load(up, format, start + column, count);
    Eight g = load(gate, format, start + column, count);
#pragma unroll
    for (int i = 0; i < 8; i++) g.x[i] = silu(g.x[i]) * u.x[i];
    return g;
  }
};

// rowScales are what a 1 stands for in rows of int8.
extern "C" __global__ void quantiseRows(const void* x, int stride, int format,
                                        const float* rowScales, int columns, u8* codes,
                                        int codeStride, float* scales, int* counts,
                                        Outlier* outliers) {
  const long row = blockIdx.x;
  const StoredRow source = {x, format, row * stride, format == INT8 ? rowScales[row] : 1};
  quantise(source, columns, codes, codeStride, scales, counts, outliers);
}

// What rmsNorm of norms.cu gives.
extern "C" __global__ void quantiseRmsNorm(const float* x, int stride, const float* weight,
                                           float epsilon, int columns, u8* codes, int codeStride,
                                           float* scales, int* counts, Outlier* outliers) {
  const Row row(x, stride, columns);
  const NormalRow source = {row.start, rmsNormal(row, weight, epsilon)};
  quantise(source, columns, codes, codeStride, scales, counts, outliers);
}

// What layerNorm of norms.cu gives.
extern "C" __global__ void quantiseLayerNorm(const float* x, int stride, const float* weight,
                                             const float* bias, float epsilon, int columns,
                                             u8* codes, int codeStride, float* scales, int* counts,
                                             Outlier* outliers) {
  const Row row(x, stride, columns);
  const NormalRow source = {row.start, layerNormal(row, weight, bias, epsilon)};
  quantise(source, columns, codes, codeStride, scales, counts, outliers);
}

// What swiGlu of elementwise.cu gives.
extern "C" __global__ void quantiseSwiGlu(const void* up, const void* gate, int stride, int format,
                                          int columns, u8* codes, int codeStride, float* scales,
                                          int* counts, Outlier* outliers) {
  const GatedRow source = {up, gate, format, static_cast<long>(blockIdx.x) * stride};
  quantise(source, columns, codes, codeStride, scales, counts, outliers);
}

// Adds to a product's row what rounding took from the row's outliers, times the weight: in the
// order of their columns, as a sum of its own. Without scales, the product has none yet. A block
// has a tile of 8 rows and 1024 columns; most rows have no outliers.
extern "C" __global__ void addOutliers(const int* counts, const Outlier* outliers,
                                       const float* rowScales, const u8* weight, int weightStride,
                                       const float* columnScales, void* y, int yStride,
                                       int yFormat, int rows, int columns) {
  const int tiles = (columns + 1023) / 1024;
  const int firstRow = static_cast<int>(blockIdx.x) / tiles * 8;
  const int firstColumn = static_cast<int>(blockIdx.x) % tiles * 1024;
  const int endColumn = min(firstColumn + 1024, columns);
  for (int row = firstRow; row < min(firstRow + 8, rows); row++) {
    const int count = counts[row];
    if (count == 0) continue;
    const Outlier* const own = outliers + static_cast<long>(row) * MOST_OUTLIERS;
    for (int column = firstColumn + threadIdx.x; column < endColumn; column += blockDim.x) {
      const u8* const codes = weight + static_cast<long>(column) * weightStride;
      float sum = 0;
      for (int i = 0; i < count; i++) {
        sum = fmaf(own[i].rest, decodeE4m3(codes[own[i].column]), sum);
      }
      if (rowScales != nullptr) sum *= rowScales[row] * columnScales[column];
      const long place = static_cast<long>(row) * yStride + column;
      Eight v = load(y, yFormat, place, 1);
      v.x[0] += sum;
      store<8>(y, yFormat, place, v, 1);
    }
  }
}
