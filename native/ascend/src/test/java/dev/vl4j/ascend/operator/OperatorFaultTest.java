package dev.vl4j.ascend.operator;

import static dev.vl4j.ascend.bindings.AscendConstants.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.vl4j.ascend.device.Npu;
import dev.vl4j.ascend.driver.AscendException;
import dev.vl4j.ascend.driver.Cann;
import dev.vl4j.ascend.fake.FakeCann;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.device.memory.DevicePool;
import dev.vl4j.kernels.DeviceLostException;
import dev.vl4j.kernels.OutOfDeviceMemoryException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An operator that fails, in either phase or while it runs, leaves nothing behind. */
class OperatorFaultTest {
  private final FakeCann machine = FakeCann.builder().devices(1, 64 << 20).build();
  private final Npu npu = Npu.open(new Cann(machine.libraries()), 0);
  private final DevicePool pool = new DevicePool(npu, 32 << 20);
  private final OperatorRunner runner = new OperatorRunner(npu, pool);
  private final Operators operators = new Operators(runner);
  private final DeviceBlock block = pool.allocate(1 << 16);
  private final View left = View.dense(block.address(), ElementType.BF16, 3, 16);
  private final View right = View.dense(block.address() + 1024, ElementType.BF16, 16, 5);
  private final View out = View.dense(block.address() + 2048, ElementType.BF16, 3, 5);

  @AfterEach
  void close() {
    runner.close();
    block.close();
    pool.close();
    npu.close();
    machine.close();
  }

  private void product() {
    operators.matmul(left, right, out);
  }

  private void filled() {
    npu.zero(block.address(), 1 << 16);
  }

  @Test
  void aFirstPhaseThatFailsNamesOperatorAndShapes() {
    filled();
    machine.fail("aclnnMmGetWorkspaceSize", 1, ACLNN_ERR_PARAM_INVALID);
    assertThatExceptionOfType(AscendException.class)
        .isThrownBy(this::product)
        .withMessageContainingAll(
            "aclnnMm(",
            "[3, 16]",
            "[16, 5]",
            "[3, 5]",
            "ACLNN_ERR_PARAM_INVALID, 161002",
            "planned failure of aclnnMmGetWorkspaceSize");
    product();
    npu.synchronize();
  }

  @Test
  void aSecondPhaseThatFails() {
    filled();
    machine.fail("aclnnMm", 1, ACLNN_ERR_INNER_FIND_KERNEL_ERROR);
    assertThatExceptionOfType(AscendException.class)
        .isThrownBy(this::product)
        .withMessageContainingAll("aclnnMm(", "ACLNN_ERR_INNER_FIND_KERNEL_ERROR, 561003");
    assertThat(machine.takeViolations()).isEmpty();
  }

  @Test
  void aWorkspaceThatCannotBeHad() {
    filled();
    // More than the pool has left, so that the operator's workspace finds no room.
    try (DeviceBlock _ = pool.allocate((32 << 20) - (2 << 16))) {
      assertThatExceptionOfType(OutOfDeviceMemoryException.class).isThrownBy(this::product);
    }
    product();
    npu.synchronize();
  }

  @Test
  void anOperatorThatFailsWhileItRunsIsNamedByWhoeverWaits() {
    filled();
    machine.failRun("aclnnMm", 1, ACL_ERROR_RT_AICORE_EXCEPTION);
    assertThatExceptionOfType(DeviceLostException.class)
        .isThrownBy(() -> {
          product();
          npu.synchronize();
        })
        .withMessageContainingAll("ACL_ERROR_RT_AICORE_EXCEPTION, 507015", "aclnnMm(");
    assertThat(npu.lost()).isTrue();
  }
}
