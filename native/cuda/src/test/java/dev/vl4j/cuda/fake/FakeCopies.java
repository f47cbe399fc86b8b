package dev.vl4j.cuda.fake;

import static dev.vl4j.cuda.driver.CudaConstants.*;

import java.lang.foreign.MemorySegment;

/** The driver's functions that copy and fill memory, once their stream comes to it. */
@SuppressWarnings("restricted") // it is given pointers
final class FakeCopies {
  private final FakeCuda fake;
  private final FakeDriver driver;

  FakeCopies(FakeCuda fake, FakeDriver driver) {
    this.fake = fake;
    this.driver = driver;
  }

  @Symbol("cuMemcpyHtoDAsync_v2")
  int upload(long to, MemorySegment host, long bytes, long stream) {
    FakeStream on = driver.stream(stream);
    String what = "upload of %d bytes to 0x%x".formatted(bytes, to);
    long from = host.address();
    if (fake.hostMemory().isPinned(from, bytes)) {
      on.enqueue(
          what,
          () ->
              fake.memory()
                  .write(to, bytes)
                  .copyFrom(fake.hostMemory().segment(from, bytes, false)));
    } else {
      MemorySegment source = MemorySegment.ofArray(HostMemory.bytes(host, bytes));
      on.enqueue(what, () -> fake.memory().write(to, bytes).copyFrom(source));
    }
    return CUDA_SUCCESS;
  }

  @Symbol("cuMemcpyDtoHAsync_v2")
  int download(MemorySegment host, long from, long bytes, long stream) {
    FakeStream on = driver.stream(stream);
    String what = "download of %d bytes from 0x%x".formatted(bytes, from);
    long to = host.address();
    if (fake.hostMemory().isPinned(to, bytes)) {
      on.enqueue(
          what,
          () ->
              fake.hostMemory().segment(to, bytes, true).copyFrom(fake.memory().read(from, bytes)));
    } else {
      on.enqueue(
          what, () -> HostMemory.pageable(host, bytes).copyFrom(fake.memory().read(from, bytes)));
      on.synchronize();
      driver.context();
    }
    return CUDA_SUCCESS;
  }

  @Symbol("cuMemsetD8Async")
  int fill(long address, byte value, long bytes, long stream) {
    driver.stream(stream)
        .enqueue(
            "fill of %d bytes at 0x%x".formatted(bytes, address),
            () -> fake.memory().write(address, bytes).fill(value));
    return CUDA_SUCCESS;
  }
}
