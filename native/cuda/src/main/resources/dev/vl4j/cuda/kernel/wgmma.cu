// Hopper's instructions (compute capability 9.0, target sm_90a): products of a warpgroup, four
// warps that multiply operands which lie in shared memory, and the barriers that go with them.
//
// An operand lies in panels: [rows][64] bfloat16, 128 bytes per row, in which 16-byte chunk c of
// row r stands at place c ^ (r % 8) (the "128-byte swizzle"). Panels begin at multiples of 1024
// bytes.

// Operands of an asm statement: %0 and on.
#define ACCUMULATORS_8(x, i) \
  "+f"(x[i]), "+f"(x[i + 1]), "+f"(x[i + 2]), "+f"(x[i + 3]), "+f"(x[i + 4]), "+f"(x[i + 5]), \
      "+f"(x[i + 6]), "+f"(x[i + 7])
#define ACCUMULATORS_32(x) \
  ACCUMULATORS_8(x, 0), ACCUMULATORS_8(x, 8), ACCUMULATORS_8(x, 16), ACCUMULATORS_8(x, 24)
#define ACCUMULATORS_36(x) \
  ACCUMULATORS_32(x), "+f"(x[32]), "+f"(x[33]), "+f"(x[34]), "+f"(x[35])
#define ACCUMULATORS_64(x) \
  ACCUMULATORS_32(x), ACCUMULATORS_8(x, 32), ACCUMULATORS_8(x, 40), ACCUMULATORS_8(x, 48), \
      ACCUMULATORS_8(x, 56)

// x[64, 128] = (accumulate ? x : 0) + a[64, 16] b[128, 16]', both in shared memory.
__device__ __forceinline__ void multiply(float (&x)[64], u64 a, u64 b, bool accumulate) {
  asm volatile(
      "{\n.reg .pred p;\nsetp.ne.b32 p, %66, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 {"
      "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, "
      "%12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, %23, "
      "%24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, "
      "%36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, "
      "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, "
      "%60, %61, %62, %63"
      "}, %64, %65, p, 1, 1, 0, 0;\n}\n"
      : ACCUMULATORS_64(x)
      : "l"(a), "l"(b), "r"(static_cast<int>(accumulate)));
}

// x[64, 64] += a[64, 16] b[16, 64], a in registers, b in shared memory.
__device__ __forceinline__ void multiplyAdd(float (&x)[32], const u32* a, u64 b) {
  asm volatile(
      "{\n.reg .pred p;\nsetp.ne.b32 p, %37, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n64k16.f32.bf16.bf16 {"
      "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, "
      "%12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, %23, "
      "%24, %25, %26, %27, %28, %29, %30, %31"
      "}, {%32, %33, %34, %35}, %36, p, 1, 1, 1;\n}\n"
      : ACCUMULATORS_32(x)
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(1));
}

// x[64, 72] += a[64, 16] b[16, 72], a in registers, b in shared memory.
__device__ __forceinline__ void multiplyAdd(float (&x)[36], const u32* a, u64 b) {
  asm volatile(
      "{\n.reg .pred p;\nsetp.ne.b32 p, %41, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n72k16.f32.bf16.bf16 {"
      "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, "
      "%12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, %23, "
      "%24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35"
      "}, {%36, %37, %38, %39}, %40, p, 1, 1, 1;\n}\n"
      : ACCUMULATORS_36(x)
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(1));
}

// x[64, 128] += a[64, 16] b[16, 128], a in registers, b in shared memory.
__device__ __forceinline__ void multiplyAdd(float (&x)[64], const u32* a, u64 b) {
  asm volatile(
      "{\n.reg .pred p;\nsetp.ne.b32 p, %69, 0;\n"
      "wgmma.mma_async.sync.aligned.m64n128k16.f32.bf16.bf16 {"
      "%0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10, %11, "
      "%12, %13, %14, %15, %16, %17, %18, %19, %20, %21, %22, %23, "
      "%24, %25, %26, %27, %28, %29, %30, %31, %32, %33, %34, %35, "
      "%36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47, "
      "%48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, "
      "%60, %61, %62, %63"
      "}, {%64, %65, %66, %67}, %68, p, 1, 1, 1;\n}\n"
      : ACCUMULATORS_64(x)
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"(1));
}

// Describes a panel as an operand. Chunks of 64 elements along the rows lie `panelBytes` apart;
// groups of eight rows, 1024 bytes. The address is the lowest field, in units of 16 bytes: what
// begins n bytes behind has a description greater by n / 16, which costs one addition where a
// description made anew would hold up the products.
__device__ __forceinline__ u64 describe(u32 address, u32 panelBytes) {
  return static_cast<u64>((address & 0x3ffff) >> 4) | static_cast<u64>(panelBytes >> 4) << 16 |
         static_cast<u64>(1024 >> 4) << 32 | 1ull << 62;
}

__device__ __forceinline__ void beginProducts() {
  asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}

__device__ __forceinline__ void commitProducts() {
  asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory");
}

template <int PENDING>
__device__ __forceinline__ void awaitProducts() {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(PENDING) : "memory");
}

// Keeps the compiler from moving uses of these registers across this point.
template <int N>
__device__ __forceinline__ void pin(float (&x)[N]) {
#pragma unroll
  for (int i = 0; i < N; i++) asm volatile("" : "+f"(x[i])::"memory");
}

__device__ __forceinline__ void initBarrier(u32 barrier, int arrivals) {
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(barrier), "r"(arrivals));
}

__device__ __forceinline__ void arrive(u32 barrier) {
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(barrier) : "memory");
}

__device__ __forceinline__ bool hasPassed(u32 barrier, u32 phase) {
  u32 passed;
  asm volatile(
      "{\n.reg .pred p;\n"
      "mbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2;\n"
      "selp.u32 %0, 1, 0, p;\n}\n"
      : "=r"(passed)
      : "r"(barrier), "r"(phase)
      : "memory");
  return passed;
}

__device__ __forceinline__ void await(u32 barrier, u32 phase) {
  while (!hasPassed(barrier, phase)) {
  }
}

// Makes this thread's writes to shared memory visible to wgmma.
__device__ __forceinline__ void publish() {
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
}

template <int PENDING>
__device__ __forceinline__ void awaitCopyGroups() {
  asm volatile("cp.async.wait_group %0;" ::"n"(PENDING) : "memory");
}

__device__ __forceinline__ void warpgroupBarrier(int warpgroup) {
  asm volatile("bar.sync %0, 128;" ::"r"(warpgroup + 1) : "memory");
}

// How many registers a thread of this warpgroup has from here on.
template <int COUNT>
__device__ __forceinline__ void giveUpRegisters() {
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(COUNT));
}

template <int COUNT>
__device__ __forceinline__ void takeRegisters() {
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(COUNT));
}
