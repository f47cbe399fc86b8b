package dev.vl4j.cuda.device;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.vl4j.cuda.driver.CudaConstants;
import dev.vl4j.cuda.driver.CudaException;
import dev.vl4j.cuda.driver.Driver;
import dev.vl4j.cuda.fake.FakeCuda;
import dev.vl4j.device.memory.PinnedBuffer;
import dev.vl4j.device.memory.Staging;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class StagingTest {
  private final FakeCuda fake = FakeCuda.builder().build();
  private final Driver driver = new Driver(fake.libraries().driver());
  private final Gpu gpu = Gpu.open(driver, 0);

  @AfterEach
  void nothingIsLeft() {
    gpu.close();
    fake.close();
  }

  private static byte[] random(long seed, int count) {
    byte[] bytes = new byte[count];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private byte[] download(Staging staging, long from, int bytes) {
    try (PinnedBuffer buffer = staging.take(bytes)) {
      driver.memory().download(buffer.memory(), from, bytes, gpu.stream());
      buffer.submitted();
      buffer.await();
      assertThat(buffer.done()).isTrue();
      return buffer.memory().toArray(JAVA_BYTE);
    }
  }

  @Test
  void whatGoesUpComesBack() {
    try (Staging staging = new Staging(gpu)) {
      for (int bytes : new int[] {0, 1, 4095, 4096, 4097, (1 << 20) + 1, (9 << 20) + 7}) {
        byte[] source = random(bytes, bytes);
        long address = driver.memory().allocate(Math.max(bytes, 1));
        staging.upload(MemorySegment.ofArray(source), address);
        assertThat(download(staging, address, bytes)).isEqualTo(source);
        driver.memory().free(address);
      }
      assertThat(staging.taken()).isZero();
    }
  }

  /** The source may change at once, and buffers are not written before their copies are done. */
  @Test
  void manyUploadsAreUnderWay() {
    try (Staging staging = new Staging(gpu)) {
      List<byte[]> sources = new ArrayList<>();
      int bytes = 3000;
      long address = driver.memory().allocate(500L * bytes);
      for (int i = 0; i < 500; i++) {
        byte[] source = random(i, bytes);
        sources.add(source.clone());
        staging.upload(MemorySegment.ofArray(source), address + (long) i * bytes);
        java.util.Arrays.fill(source, (byte) 0);
      }
      byte[] all = download(staging, address, 500 * bytes);
      for (int i = 0; i < 500; i++) {
        assertThat(java.util.Arrays.copyOfRange(all, i * bytes, (i + 1) * bytes))
            .as("upload %d", i)
            .isEqualTo(sources.get(i));
      }
      driver.memory().free(address);
    }
  }

  @Test
  void buffersAreUsedAgain() {
    try (Staging staging = new Staging(gpu)) {
      long address = driver.memory().allocate(100);
      for (int i = 0; i < 100; i++) {
        staging.upload(MemorySegment.ofArray(random(i, 100)), address);
        gpu.synchronize();
      }
      assertThat(fake.calls("cuMemHostAlloc")).isEqualTo(1);
      assertThat(staging.reserved()).isEqualTo(1 << 20);
      driver.memory().free(address);
    }
  }

  @Test
  void aBufferUnderWayIsNotUsed() {
    try (Staging staging = new Staging(gpu)) {
      PinnedBuffer one = staging.take(1 << 20);
      one.submitted();
      long first = one.memory().address();
      PinnedBuffer two = staging.take(1 << 20);
      assertThat(two.memory().address()).isNotEqualTo(first);
      one.close();
      two.close();
      gpu.synchronize();
      long second = two.memory().address();
      try (PinnedBuffer again = staging.take(1 << 20)) {
        assertThat(again.memory().address()).isIn(first, second);
      }
    }
  }

  @Test
  void theLimitIsWaitedFor() {
    try (Staging staging = new Staging(gpu, 4 << 20)) {
      long address = driver.memory().allocate(64 << 20);
      byte[] source = random(1, 64 << 20);
      staging.upload(MemorySegment.ofArray(source), address);
      assertThat(staging.reserved()).isLessThanOrEqualTo(4 << 20);
      assertThat(fake.calls("cuEventSynchronize")).isPositive();
      // Another size takes the place of what is idle.
      staging.take(2 << 20).close();
      assertThat(staging.reserved()).isLessThanOrEqualTo(4 << 20);
      // What is larger than the limit can be had all the same.
      staging.take(9 << 20).close();
      MemorySegment back = MemorySegment.ofArray(new byte[64 << 20]);
      try (PinnedBuffer buffer = staging.take(64 << 20)) {
        driver.memory().download(buffer.memory(), address, 64 << 20, gpu.stream());
        buffer.submitted();
        buffer.await();
        back.copyFrom(buffer.memory());
      }
      assertThat(back.mismatch(MemorySegment.ofArray(source))).isEqualTo(-1);
      driver.memory().free(address);
    }
  }

  @Test
  void aHostOutOfMemoryIsHelpedByIdleBuffers() {
    try (Staging staging = new Staging(gpu)) {
      staging.take(2 << 20).close();
      fake.fail("cuMemHostAlloc", 1, CudaConstants.CUDA_ERROR_OUT_OF_MEMORY);
      staging.take(4 << 20).close();
      assertThat(staging.reserved()).isEqualTo(4 << 20);
      PinnedBuffer held = staging.take(4 << 20);
      fake.fail("cuMemHostAlloc", 1, CudaConstants.CUDA_ERROR_OUT_OF_MEMORY);
      assertThatExceptionOfType(CudaException.class)
          .isThrownBy(() -> staging.take(8 << 20))
          .withMessageContaining("8388608 bytes of page-locked host memory");
      held.close();
    }
  }

  @Test
  void closingWaitsForWhatIsUnderWay() {
    Staging staging = new Staging(gpu);
    long address = driver.memory().allocate(1 << 20);
    staging.upload(MemorySegment.ofArray(random(3, 1 << 20)), address);
    PinnedBuffer open = staging.take(100);
    staging.close();
    open.close();
    driver.memory().free(address);
    assertThat(fake.violations()).isEmpty();
  }
}
