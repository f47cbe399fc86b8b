// What the threads of a block find out together. Blocks are whole warps here.

struct Sum {
  template <typename T>
  __device__ __forceinline__ T operator()(T x, T y) const {
    return x + y;
  }
};

// One number of each thread's, the same in every thread: combined within warps as a tree, then warp
// after warp, from zero on. There is room for 32 in `partial`, which may be written again once the
// block has waited for itself.
template <typename T, typename Combine>
__device__ __forceinline__ T blockReduce(T x, T* partial, const Combine& combine) {
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2) {
    x = combine(x, __shfl_xor_sync(~0u, x, distance));
  }
  if (threadIdx.x % 32 == 0) partial[threadIdx.x / 32] = x;
  __syncthreads();
  const int warps = blockDim.x / 32;
  T all = 0;
  for (int warp = 0; warp < warps; warp++) all = combine(partial[warp], all);
  return all;
}
