package dev.vl4j.cuda.fake;

import static dev.vl4j.cuda.driver.CudaConstants.*;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.vl4j.device.fake.FakeFault;
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
    uploadRows(to, bytes, host, bytes, bytes, 1, stream);
    return CUDA_SUCCESS;
  }

  private void uploadRows(
      long to,
      long toPitch,
      MemorySegment host,
      long hostPitch,
      long rowBytes,
      long rows,
      long stream) {
    FakeStream on = driver.stream(stream);
    FakeMemory memory = fake.memory();
    String what = "upload of %d x %d bytes to 0x%x".formatted(rows, rowBytes, to);
    long all = rows == 0 ? 0 : (rows - 1) * hostPitch + rowBytes;
    long from = host.address();
    if (fake.hostMemory().isPinned(from, all)) {
      on.enqueue(
          what,
          () -> {
            MemorySegment source = fake.hostMemory().segment(from, all, false);
            for (long row = 0; row < rows; row++) {
              memory
                  .write(to + row * toPitch, rowBytes)
                  .copyFrom(source.asSlice(row * hostPitch, rowBytes));
            }
          });
    } else {
      MemorySegment source = MemorySegment.ofArray(HostMemory.bytes(host, all));
      on.enqueue(
          what,
          () -> {
            for (long row = 0; row < rows; row++) {
              memory
                  .write(to + row * toPitch, rowBytes)
                  .copyFrom(source.asSlice(row * hostPitch, rowBytes));
            }
          });
    }
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

  @Symbol("cuMemcpyDtoDAsync_v2")
  int copy(long to, long from, long bytes, long stream) {
    driver.stream(stream)
        .enqueue(
            "copy of %d bytes from 0x%x to 0x%x".formatted(bytes, from, to),
            () -> fake.memory().copy(to, from, bytes));
    return CUDA_SUCCESS;
  }

  @Symbol("cuMemcpy2DAsync_v2")
  int copyRows(MemorySegment how, long stream) {
    MemorySegment p = how.reinterpret(CUDA_MEMCPY2D.byteSize());
    if (p.get(JAVA_INT, at("srcMemoryType")) != CU_MEMORYTYPE_HOST
        || p.get(JAVA_INT, at("dstMemoryType")) != CU_MEMORYTYPE_DEVICE) {
      throw new FakeFault("a copy of rows that is no upload: the fake has none");
    }
    for (String unused : new String[] {"srcXInBytes", "srcY", "dstXInBytes", "dstY"}) {
      if (p.get(JAVA_LONG, at(unused)) != 0) {
        throw new FakeFault("a copy of rows with %s: the fake has none".formatted(unused));
      }
    }
    long rowBytes = p.get(JAVA_LONG, at("WidthInBytes"));
    long hostPitch = p.get(JAVA_LONG, at("srcPitch"));
    long pitch = p.get(JAVA_LONG, at("dstPitch"));
    if (rowBytes > hostPitch || rowBytes > pitch) {
      return CUDA_ERROR_INVALID_VALUE;
    }
    uploadRows(
        p.get(JAVA_LONG, at("dstDevice")),
        pitch,
        p.get(ADDRESS, at("srcHost")),
        hostPitch,
        rowBytes,
        p.get(JAVA_LONG, at("Height")),
        stream);
    return CUDA_SUCCESS;
  }

  /** Where the header has a field. */
  private static long at(String field) {
    return HeaderTable.get().structs().get("CUDA_MEMCPY2D").fields().get(field).offset();
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
