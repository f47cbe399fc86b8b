package dev.vl4j.ascend.device;

import static dev.vl4j.ascend.bindings.AscendConstants.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.vl4j.ascend.driver.AscendException;
import dev.vl4j.ascend.driver.Cann;
import dev.vl4j.ascend.fake.FakeCann;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.device.memory.DevicePool;
import dev.vl4j.device.memory.MemoryInfo;
import dev.vl4j.device.memory.PinnedBuffer;
import dev.vl4j.device.memory.Staging;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.DeviceLostException;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

/** A device and its thread. Whatever is not given back fails the machine's closing. */
class NpuTest {
  private static Npu open(FakeCann machine) {
    return Npu.open(new Cann(machine.libraries()), 0);
  }

  @Test
  void bytesGoToTheDeviceAndBack() {
    try (FakeCann machine = FakeCann.builder().devices(1, 64 << 20).build();
        Npu npu = open(machine);
        DevicePool pool = new DevicePool(npu, 0);
        Staging staging = new Staging(npu);
        DeviceBlock block = pool.allocate(4000)) {
      assertThat(npu).hasToString("ascend:0 (Ascend910B3)");
      assertThat(npu.memoryInfo().total()).isEqualTo(64 << 20);
      npu.zero(block.address(), 4000);
      try (PinnedBuffer up = staging.take(4)) {
        up.memory().set(ValueLayout.JAVA_INT, 0, 0x1234_5678);
        npu.upload(block.address() + 3996, up.memory(), 4);
        up.submitted();
      }
      try (PinnedBuffer down = staging.take(4000)) {
        npu.download(down.memory(), block.address(), 4000);
        down.submitted();
        down.await();
        assertThat(down.memory().get(ValueLayout.JAVA_INT, 0)).isZero();
        assertThat(down.memory().get(ValueLayout.JAVA_INT, 3996)).isEqualTo(0x1234_5678);
      }
    }
  }

  /** A refused device is given back. */
  @Test
  void otherProcessorsAreRefused() {
    for (String soc : new String[] {"Ascend310P3", "Ascend910A", "Ascend310B1"}) {
      try (FakeCann machine = FakeCann.builder().soc(soc).build()) {
        assertThatExceptionOfType(BackendException.class)
            .isThrownBy(() -> open(machine))
            .withMessageStartingWith("ascend:0: %s is not supported".formatted(soc));
      }
    }
    assertThat(Npu.refusal("Ascend910B1")).isEmpty();
    assertThat(Npu.refusal("Ascend310P3")).contains("no bfloat16 and no fused attention");
    assertThat(Npu.refusal("")).startsWith("a processor without a name");
  }

  @Test
  void itBelongsToItsThread() throws InterruptedException {
    try (FakeCann machine = FakeCann.builder().build();
        Npu npu = open(machine)) {
      FutureTask<Throwable> other = new FutureTask<>(() -> catchThrowable(npu::enter));
      Thread thread = Thread.ofPlatform().name("another").start(other);
      thread.join();
      assertThat(other.resultNow())
          .isInstanceOf(BackendException.class)
          .hasMessageContainingAll(
              "ascend:0 (Ascend910B3) belongs to thread", "found thread another");
      npu.enter();
    }
  }

  /** A thread may have two devices, and the one that it enters is current. */
  @Test
  void twoDevicesOfOneThread() {
    try (FakeCann machine = FakeCann.builder().devices(2, 1 << 20).build()) {
      Npu first = open(machine);
      Npu second = Npu.open(new Cann(machine.libraries()), 1);
      first.enter();
      first.synchronize();
      second.enter();
      second.synchronize();
      for (int i = 0; i < 5; i++) {
        first.enter();
        second.enter();
      }
      second.close();
      first.enter();
      first.close();
      first.close();
      assertThatExceptionOfType(BackendException.class)
          .isThrownBy(first::enter)
          .withMessage("ascend:0 (Ascend910B3) is closed");
    }
  }

  @Test
  void whatFailsWhileItOpensIsGivenBack() {
    for (String function : new String[] {"aclrtSetDevice", "aclrtCreateStream"}) {
      try (FakeCann machine = FakeCann.builder().build()) {
        machine.fail(function, 1, ACL_ERROR_RT_RESOURCE_ALLOC_FAIL);
        assertThatExceptionOfType(AscendException.class)
            .isThrownBy(() -> open(machine))
            .withMessageContainingAll(function, "ACL_ERROR_RT_RESOURCE_ALLOC_FAIL, 207005");
        // The next one opens.
        open(machine).close();
      }
    }
  }

  @Test
  void aLostDeviceIsGivenBackInSilence() {
    try (FakeCann machine = FakeCann.builder().build()) {
      Npu npu = open(machine);
      long memory = npu.allocate(256);
      machine.fail("aclrtMemsetAsync", 1, ACL_ERROR_RT_AICORE_EXCEPTION);
      assertThatExceptionOfType(DeviceLostException.class).isThrownBy(() -> npu.zero(memory, 256));
      assertThat(npu.lost()).isTrue();
      assertThatExceptionOfType(DeviceLostException.class)
          .isThrownBy(npu::enter)
          .withMessage("ascend:0 (Ascend910B3): the device was lost");
      npu.free(memory);
      npu.close();
    }
  }

  /** As CANN asks of whoever divides its memory: ALIGN_UP(bytes, 32) + 32 for each part. */
  @Test
  void blocksKeepADistance() {
    try (FakeCann machine = FakeCann.builder().devices(1, 64 << 20).build();
        Npu npu = open(machine);
        DevicePool pool = new DevicePool(npu, 0)) {
      for (long bytes : new long[] {0, 1, 31, 32, 192, 193, 224, 225, 256, 1000, 4096}) {
        DeviceBlock block = pool.allocate(bytes);
        DeviceBlock next = pool.allocate(bytes);
        assertThat(Math.abs(next.address() - block.address()))
            .as("%d bytes", bytes)
            .isGreaterThanOrEqualTo(Math.ceilDiv(bytes, 32) * 32 + 32);
        assertThat(block.address() % 64).isZero();
      }
    }
  }

  /** aclrtFree does not wait for what is enqueued, so whoever frees does. */
  @Test
  void memoryIsFreedOnceItsWorkIsDone() {
    try (FakeCann machine = FakeCann.builder().build();
        Npu npu = open(machine)) {
      MemoryInfo before = npu.memoryInfo();
      for (int i = 0; i < 50; i++) {
        long memory = npu.allocate(1 << 16);
        npu.zero(memory, 1 << 16);
        npu.free(memory);
      }
      assertThat(npu.memoryInfo()).isEqualTo(before);
    }
  }
}
