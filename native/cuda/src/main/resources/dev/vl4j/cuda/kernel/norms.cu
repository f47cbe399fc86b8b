// Norms of rows. One block per row; a thread takes a group of eight columns, and where a row has
// more groups than a block has threads, further ones behind them. Blocks are whole warps, and how
// many is a function of the columns.

// A row, of which each thread keeps its first group; it reads others as often as it needs them.
struct Row {
  const float* start;
  int columns;
  Eight kept;

  __device__ __forceinline__ Row(const float* x, int stride, int columns)
      : start(x + static_cast<long>(blockIdx.x) * stride), columns(columns) {
    kept = loadFloats<8>(start + threadIdx.x * 8, columns - static_cast<int>(threadIdx.x) * 8);
  }

  // For each of the thread's groups: does(values, column, how many of the values there are).
  template <typename Body>
  __device__ __forceinline__ void forGroups(const Body& does) const {
    int column = threadIdx.x * 8;
    if (column < columns) does(kept, column, columns - column);
    const int step = blockDim.x * 8;
    for (column += step; column < columns; column += step) {
      does(loadFloats<8>(start + column, columns - column), column, columns - column);
    }
  }
};

struct AddSquares {
  float mean;
  float& sum;

  __device__ __forceinline__ void operator()(const Eight& v, int, int count) const {
#pragma unroll
    for (int i = 0; i < 8; i++) {
      const float x = v.x[i] - mean;
      if (i < count) sum = fmaf(x, x, sum);
    }
  }
};

struct AddUp {
  float& sum;

  __device__ __forceinline__ void operator()(const Eight& v, int, int) const {
#pragma unroll
    for (int i = 0; i < 8; i++) sum += v.x[i];
  }
};

// (x - mean) * scale * weight + bias; the bias may be missing.
struct Normal {
  float mean;
  float scale;
  const float* weight;
  const float* bias;

  __device__ __forceinline__ Eight operator()(const Eight& v, int column, int count) const {
    const Eight w = loadFloats<8>(weight + column, count);
    Eight y;
#pragma unroll
    for (int i = 0; i < 8; i++) y.x[i] = (v.x[i] - mean) * scale;
    if (bias == nullptr) {
#pragma unroll
      for (int i = 0; i < 8; i++) y.x[i] *= w.x[i];
    } else {
      const Eight b = loadFloats<8>(bias + column, count);
#pragma unroll
      for (int i = 0; i < 8; i++) y.x[i] = fmaf(y.x[i], w.x[i], b.x[i]);
    }
    return y;
  }
};

struct WriteNormal {
  Normal normal;
  void* out;
  long outRow;
  int format;

  __device__ __forceinline__ void operator()(const Eight& v, int column, int count) const {
    store<8>(out, format, outRow + column, normal(v, column, count), count);
  }
};

__device__ __forceinline__ float inverseRoot(float squares, int columns, float epsilon) {
  return 1.0f / sqrtf(squares / columns + epsilon);
}

// x / sqrt(mean(x^2) + epsilon) * weight
__device__ __forceinline__ Normal rmsNormal(const Row& row, const float* weight, float epsilon) {
  __shared__ float partial[32];
  float squares = 0;
  row.forGroups(AddSquares{0, squares});
  const float scale = inverseRoot(blockReduce(squares, partial, Sum()), row.columns, epsilon);
  return {0, scale, weight, nullptr};
}

// (x - mean(x)) / sqrt(var(x) + epsilon) * weight + bias
__device__ __forceinline__ Normal layerNormal(const Row& row, const float* weight,
                                              const float* bias, float epsilon) {
  __shared__ float partial[32];
  float sum = 0;
  row.forGroups(AddUp{sum});
  const float mean = blockReduce(sum, partial, Sum()) / row.columns;
  __syncthreads();  // all have read what is written again
  float squares = 0;
  row.forGroups(AddSquares{mean, squares});
  const float scale = inverseRoot(blockReduce(squares, partial, Sum()), row.columns, epsilon);
  return {mean, scale, weight, bias};
}

extern "C" __global__ void rmsNorm(const float* x, int stride, const float* weight, void* out,
                                   int outStride, int outFormat, int columns, float epsilon) {
  const Row row(x, stride, columns);
  row.forGroups(WriteNormal{rmsNormal(row, weight, epsilon), out,
                            static_cast<long>(blockIdx.x) * outStride, outFormat});
}

extern "C" __global__ void layerNorm(const float* x, int stride, const float* weight,
                                     const float* bias, void* out, int outStride, int outFormat,
                                     int columns, float epsilon) {
  const Row row(x, stride, columns);
  row.forGroups(WriteNormal{layerNormal(row, weight, bias, epsilon), out,
                            static_cast<long>(blockIdx.x) * outStride, outFormat});
}
