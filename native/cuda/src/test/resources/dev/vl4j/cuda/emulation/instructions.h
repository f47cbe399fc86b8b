// What the CUDA sources find in the language and in instructions.cu, for a processor. Tensor cores
// add up in ascending depth; which order a device has is its own.

#pragma once

#include <cmath>
#include <cstring>

#include "threads.h"

#define __device__
#define __global__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __shared__ static

#define threadIdx (emulation::current->index)
#define blockIdx (emulation::blockIndex)
#define blockDim (emulation::blockSize)
#define gridDim (emulation::gridSize)

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef u16 bf16;

struct alignas(8) uint2 {
  u32 x, y;
};
struct alignas(16) uint4 {
  u32 x, y, z, w;
};
struct alignas(16) float4 {
  float x, y, z, w;
};

inline uint2 make_uint2(u32 x, u32 y) { return {x, y}; }
inline uint4 make_uint4(u32 x, u32 y, u32 z, u32 w) { return {x, y, z, w}; }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }

inline int min(int a, int b) { return a < b ? a : b; }

inline float __uint_as_float(u32 bits) {
  float x;
  std::memcpy(&x, &bits, 4);
  return x;
}

inline u32 __float_as_uint(float x) {
  u32 bits;
  std::memcpy(&bits, &x, 4);
  return bits;
}

inline void requireWholeWarp(u32 mask) {
  if (mask != ~0u) emulation::fail("an operation of some lanes only");
}

inline void __syncthreads() { emulation::meet(emulation::block->meetings[0], blockDim.x); }

inline void __syncwarp() { emulation::exchange("__syncwarp", {}); }

inline float __shfl_xor_sync(u32 mask, float x, int distance) {
  requireWholeWarp(mask);
  emulation::exchange("__shfl_xor_sync", {__float_as_uint(x)});
  return __uint_as_float(emulation::handedBy(emulation::lane() ^ distance)[0]);
}

inline u64 __shfl_xor_sync(u32 mask, u64 x, int distance) {
  requireWholeWarp(mask);
  emulation::exchange("__shfl_xor_sync of 64 bits", {static_cast<u32>(x), static_cast<u32>(x >> 32)});
  const u32* const words = emulation::handedBy(emulation::lane() ^ distance);
  return words[0] | static_cast<u64>(words[1]) << 32;
}

inline u32 __ballot_sync(u32 mask, bool x) {
  requireWholeWarp(mask);
  emulation::exchange("__ballot_sync", {x});
  u32 lanes = 0;
  for (int lane = 0; lane < emulation::WARP; lane++) lanes |= emulation::handedBy(lane)[0] << lane;
  return lanes;
}

inline int __popc(u32 x) { return __builtin_popcount(x); }

inline int __shfl_sync(u32 mask, int x, int lane) {
  requireWholeWarp(mask);
  emulation::exchange("__shfl_sync", {static_cast<u32>(x)});
  return static_cast<int>(emulation::handedBy(lane)[0]);
}

inline bool __all_sync(u32 mask, bool x) {
  requireWholeWarp(mask);
  emulation::exchange("__all_sync", {x});
  for (int lane = 0; lane < emulation::WARP; lane++) {
    if (emulation::handedBy(lane)[0] == 0) return false;
  }
  return true;
}

// instructions.cu

#define MINUS_INFINITY __uint_as_float(0xff800000u)

inline float low(u32 pair) { return __uint_as_float(pair << 16); }
inline float high(u32 pair) { return __uint_as_float(pair & 0xffff0000u); }

inline u32 roundToBf16(float x) {
  if (x != x) return 0x7fff;
  const u32 bits = __float_as_uint(x);
  return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

inline u32 pack(float first, float second) {
  return roundToBf16(first) | roundToBf16(second) << 16;
}

inline float halfToFloat(u16 bits) {
  const int exponent = bits >> 10 & 31;
  const int fraction = bits & 1023;
  const float sign = bits >> 15 ? -1.0f : 1.0f;
  if (exponent == 31) return fraction == 0 ? sign * INFINITY : NAN;
  return sign * (exponent == 0 ? std::ldexp(static_cast<float>(fraction), -24)
                               : std::ldexp(static_cast<float>(1024 + fraction), exponent - 25));
}

float exponential(float x);

// Stands for ex2.approx, whose bits are the device's own.
inline float exp2Fast(float x) {
  if (x < -126) return 0;
  if (!(x < 127)) return x != x ? x : INFINITY;
  const float n = rintf(x);
  const float p = exponential((x - n) * 0.693147181f);
  return __uint_as_float(__float_as_uint(p) + (static_cast<u32>(static_cast<int>(n)) << 23));
}

inline uint4* dynamicSharedMemory() { return reinterpret_cast<uint4*>(emulation::shared); }

inline u32 sharedAddress(const void* pointer) {
  return static_cast<u32>(static_cast<const char*>(pointer) - emulation::shared);
}

inline void copyAsync(u32 destination, const void* source, bool present) {
  if (present && reinterpret_cast<u64>(source) % 16 != 0) {
    emulation::fail("copy of 16 bytes from %p", source);
  }
  emulation::sharedAt(destination, 16);
  emulation::current->copies.open.push_back({destination, source, present});
}

inline void commitCopies() { emulation::current->copies.commit(); }

inline void awaitCopies() {
  commitCopies();
  emulation::awaitCopies(0);
}

// Element `column` of row `row` of the matrix whose rows' addresses lanes `first` and on gave.
inline u32 matrixElement(int first, int row, int column) {
  u16 element;
  std::memcpy(&element,
              emulation::sharedAt(emulation::handedBy(first + row)[0], 16) + column * 2, 2);
  return element;
}

inline u32 matrixPair(int first, bool transposed) {
  const int outer = emulation::lane() / 4;
  const int inner = emulation::lane() % 4 * 2;
  return transposed
             ? matrixElement(first, inner, outer) | matrixElement(first, inner + 1, outer) << 16
             : matrixElement(first, outer, inner) | matrixElement(first, outer, inner + 1) << 16;
}

inline void loadMatrices(u32 (&m)[4], u32 address) {
  emulation::exchange("ldmatrix", {address});
  for (int i = 0; i < 4; i++) m[i] = matrixPair(8 * i, false);
}

inline void loadMatricesTransposed(u32 (&m)[4], u32 address) {
  emulation::exchange("ldmatrix.trans", {address});
  for (int i = 0; i < 4; i++) m[i] = matrixPair(8 * i, true);
}

inline void loadTwoMatricesTransposed(u32& m0, u32& m1, u32 address) {
  emulation::exchange("ldmatrix.x2.trans", {address});
  m0 = matrixPair(0, true);
  m1 = matrixPair(8, true);
}

inline float half(u32 pair, int which) { return which == 0 ? low(pair) : high(pair); }

inline void multiplyAdd(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1) {
  emulation::exchange("mma", {a[0], a[1], a[2], a[3], b0, b1});
  for (int i = 0; i < 4; i++) {
    const int row = emulation::lane() / 4;
    const int column = emulation::lane() % 4 * 2 + i % 2;
    for (int k = 0; k < 16; k++) {
      const int place = k % 8 / 2;
      const u32 x = emulation::handedBy(row * 4 + place)[i / 2 + k / 8 * 2];
      const u32 y = emulation::handedBy(column * 4 + place)[4 + k / 8];
      c[i] = fmaf(half(x, k % 2), half(y, k % 2), c[i]);
    }
  }
}
