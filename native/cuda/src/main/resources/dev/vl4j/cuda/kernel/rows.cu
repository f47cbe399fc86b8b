// How rows are read and written: eight columns at a time, in one access of 16 bytes or two where
// they lie at a multiple of 16, one by one where they do not. What is computed is the same.
//
// Every output row is computed from its own inputs in a fixed order: no atomics, and no sum that is
// split differently for another number of rows. The compiler is told not to fuse a product and a
// sum (--fmad=false); where they shall be fused, fmaf says so. So all results but those of tensor
// cores and exp2Fast are a matter of IEEE 754, and the same wherever they are computed.

// Formats of elements; the numbers are those of Arguments.format.
enum Format { FLOAT32 = 0, BFLOAT16 = 1, FLOAT16 = 2, INT8 = 3 };

// Some neighboring elements of a row.
template <int N>
struct Values {
  float x[N];
};

using Four = Values<4>;
using Eight = Values<8>;

template <int BYTES>
__device__ __forceinline__ bool isAligned(const void* pointer) {
  return (reinterpret_cast<u64>(pointer) & (BYTES - 1)) == 0;
}

// The first `count` elements, zeros behind them.
template <int N>
__device__ __forceinline__ Values<N> loadFloats(const float* source, int count) {
  Values<N> v = {};
  if (count >= N && isAligned<16>(source)) {
#pragma unroll
    for (int i = 0; i < N; i += 4) {
      const float4 four = *reinterpret_cast<const float4*>(source + i);
      v.x[i] = four.x;
      v.x[i + 1] = four.y;
      v.x[i + 2] = four.z;
      v.x[i + 3] = four.w;
    }
  } else {
#pragma unroll
    for (int i = 0; i < N; i++) {
      if (i < count) v.x[i] = source[i];
    }
  }
  return v;
}

template <int N>
__device__ __forceinline__ void storeFloats(float* destination, const Values<N>& v, int count) {
  if (count >= N && isAligned<16>(destination)) {
#pragma unroll
    for (int i = 0; i < N; i += 4) {
      *reinterpret_cast<float4*>(destination + i) =
          make_float4(v.x[i], v.x[i + 1], v.x[i + 2], v.x[i + 3]);
    }
  } else {
#pragma unroll
    for (int i = 0; i < N; i++) {
      if (i < count) destination[i] = v.x[i];
    }
  }
}

// Eight elements of 16 bits as four pairs, zeros behind the first `count`.
__device__ __forceinline__ uint4 loadPairs(const u16* source, int count) {
  if (count >= 8 && isAligned<16>(source)) return *reinterpret_cast<const uint4*>(source);
  u32 x[8];
#pragma unroll
  for (int i = 0; i < 8; i++) x[i] = i < count ? source[i] : 0;
  return make_uint4(x[0] | x[1] << 16, x[2] | x[3] << 16, x[4] | x[5] << 16, x[6] | x[7] << 16);
}

__device__ __forceinline__ Eight loadBf16(const bf16* source, int count) {
  const uint4 v = loadPairs(source, count);
  return {{low(v.x), high(v.x), low(v.y), high(v.y), low(v.z), high(v.z), low(v.w), high(v.w)}};
}

__device__ __forceinline__ void storePairs(u32* destination, const u32 (&pairs)[4]) {
  *reinterpret_cast<uint4*>(destination) = make_uint4(pairs[0], pairs[1], pairs[2], pairs[3]);
}

__device__ __forceinline__ void storePairs(u32* destination, const u32 (&pairs)[2]) {
  *reinterpret_cast<uint2*>(destination) = make_uint2(pairs[0], pairs[1]);
}

template <int N>
__device__ __forceinline__ void storeBf16(bf16* destination, const Values<N>& v, int count) {
  u32 pairs[N / 2];
#pragma unroll
  for (int i = 0; i < N / 2; i++) pairs[i] = pack(v.x[2 * i], v.x[2 * i + 1]);
  if (count >= N && isAligned<2 * N>(destination)) {
    storePairs(reinterpret_cast<u32*>(destination), pairs);
  } else {
#pragma unroll
    for (int i = 0; i < N; i++) {
      if (i < count) destination[i] = static_cast<bf16>(pairs[i / 2] >> i % 2 * 16);
    }
  }
}

__device__ __forceinline__ Eight loadHalfs(const u16* source, int count) {
  const uint4 v = loadPairs(source, count);
  const u32 pairs[4] = {v.x, v.y, v.z, v.w};
  Eight eight;
#pragma unroll
  for (int i = 0; i < 8; i++) {
    eight.x[i] = halfToFloat(static_cast<u16>(pairs[i / 2] >> i % 2 * 16));
  }
  return eight;
}

__device__ __forceinline__ Eight loadBytes(const signed char* source, int count, float step) {
  Eight v = {};
  if (count >= 8 && isAligned<8>(source)) {
    const uint2 bytes = *reinterpret_cast<const uint2*>(source);
#pragma unroll
    for (int i = 0; i < 8; i++) {
      const u32 four = i < 4 ? bytes.x : bytes.y;
      v.x[i] = static_cast<signed char>(four >> i % 4 * 8) * step;
    }
  } else {
#pragma unroll
    for (int i = 0; i < 8; i++) {
      if (i < count) v.x[i] = source[i] * step;
    }
  }
  return v;
}

// Elements from number `index` on, of any format.
__device__ __forceinline__ Eight load(const void* x, int format, long index, int count,
                                      float step = 1) {
  switch (format) {
    case BFLOAT16:
      return loadBf16(static_cast<const bf16*>(x) + index, count);
    case FLOAT16:
      return loadHalfs(static_cast<const u16*>(x) + index, count);
    case INT8:
      return loadBytes(static_cast<const signed char*>(x) + index, count, step);
    default:
      return loadFloats<8>(static_cast<const float*>(x) + index, count);
  }
}

// The same for what kernels write: float32 or bfloat16.
template <int N>
__device__ __forceinline__ void store(void* out, int format, long index, const Values<N>& v,
                                      int count) {
  if (format == BFLOAT16) {
    storeBf16<N>(static_cast<bf16*>(out) + index, v, count);
  } else {
    storeFloats<N>(static_cast<float*>(out) + index, v, count);
  }
}

// Quotient and remainder of this thread's number in the grid, and the dividend's bound.
struct Division {
  u64 quotient;
  int remainder;
};

__device__ __forceinline__ Division divideThread(u64 threads, int divisor) {
  const u64 index = static_cast<u64>(blockIdx.x) * blockDim.x + threadIdx.x;
  if (threads + blockDim.x <= 0xffffffffu) {  // much faster
    const u32 quotient = static_cast<u32>(index) / static_cast<u32>(divisor);
    return {quotient, static_cast<int>(static_cast<u32>(index) - quotient * divisor)};
  }
  const u64 quotient = index / static_cast<u32>(divisor);
  return {quotient, static_cast<int>(index - quotient * divisor)};
}

// Where a thread works, in kernels whose threads take a group of eight columns each.
struct Group {
  long row;
  int column;
  int count;  // columns from `column` on; none where there is nothing to do
};

__device__ __forceinline__ Group ownGroup(int rows, int columns) {
  const int groups = (columns + 7) / 8;
  const Division place = divideThread(static_cast<u64>(rows) * groups, groups);
  const int column = place.remainder * 8;
  const bool outside = place.quotient >= static_cast<u64>(rows);
  return {static_cast<long>(place.quotient), column, outside ? 0 : columns - column};
}
