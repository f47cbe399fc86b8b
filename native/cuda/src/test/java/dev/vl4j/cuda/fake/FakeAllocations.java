package dev.vl4j.cuda.fake;

import static dev.vl4j.cuda.driver.CudaConstants.*;

import dev.vl4j.device.fake.FakeFault;
import java.lang.foreign.MemorySegment;

/** The driver's functions on memory of the device, and on page-locked memory of the host. */
final class FakeAllocations {
  private final FakeCuda fake;
  private final FakeDriver driver;

  FakeAllocations(FakeCuda fake, FakeDriver driver) {
    this.fake = fake;
    this.driver = driver;
  }

  /** What would end a recording in the calling thread. */
  private void requireNoCapture(FakeContext context) {
    for (Object object : fake.handles().all()) {
      if (object instanceof FakeStream stream
          && stream.context() == context
          && stream.capture != null) {
        throw new FakeFault("this may not be called while a stream is captured");
      }
    }
  }

  @Symbol("cuMemAlloc_v2")
  int allocate(MemorySegment out, long bytes) {
    FakeContext context = driver.context();
    requireNoCapture(context);
    if (bytes <= 0) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    long address = context.allocate(bytes);
    if (address == 0) {
      return CUDA_ERROR_OUT_OF_MEMORY;
    }
    Out.put(out, address);
    return CUDA_SUCCESS;
  }

  @Symbol("cuMemFree_v2")
  int free(long address) {
    FakeContext context = driver.context();
    requireNoCapture(context);
    if (!context.free(address)) {
      throw new FakeFault("free of 0x%x, where no allocation starts".formatted(address));
    }
    return CUDA_SUCCESS;
  }

  @Symbol("cuMemHostAlloc")
  int allocatePinned(MemorySegment out, long bytes, int flags) {
    driver.context();
    if (bytes <= 0 || flags != 0) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    Out.put(out, fake.hostMemory().allocate(bytes).address());
    return CUDA_SUCCESS;
  }

  @Symbol("cuMemFreeHost")
  int freePinned(MemorySegment memory) {
    FakeContext context = driver.context();
    context.synchronize();
    return fake.hostMemory().remove(memory.address(), false)
        ? CUDA_SUCCESS
        : CUDA_ERROR_INVALID_VALUE;
  }

  @Symbol("cuMemHostRegister_v2")
  int register(MemorySegment memory, long bytes, int flags) {
    driver.context();
    if (bytes <= 0 || (flags & ~CU_MEMHOSTREGISTER_READ_ONLY) != 0) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    boolean readOnly = (flags & CU_MEMHOSTREGISTER_READ_ONLY) != 0;
    return fake.hostMemory().register(HostMemory.pageable(memory, bytes), readOnly)
        ? CUDA_SUCCESS
        : CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED;
  }

  @Symbol("cuMemHostUnregister")
  int unregister(MemorySegment memory) {
    driver.context();
    return fake.hostMemory().remove(memory.address(), true)
        ? CUDA_SUCCESS
        : CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED;
  }
}
