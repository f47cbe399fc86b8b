package dev.vl4j.ascend.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.vl4j.ascend.fake.FakeCann;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.DeviceLostException;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.OutOfDeviceMemoryException;
import dev.vl4j.kernels.OwnedTensor;
import dev.vl4j.kernels.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Failures at every stage: each has an error of its own that names call, status and meaning, the
 * process lives, and the next backend computes what it should.
 */
class AscendFaultTest {
  private static final int ROWS = 3;
  private static final int COLUMNS = 16;
  private static final int OUT = 5;

  @RegisterExtension final FakeNpus npus = new FakeNpus();

  /** A norm and a product. */
  private static float[] compute(AscendBackend backend) {
    float[] values = new float[ROWS * COLUMNS];
    for (int i = 0; i < values.length; i++) {
      values[i] = (i * 7 % 11 - 5) / 4f;
    }
    float[] ones = new float[COLUMNS];
    java.util.Arrays.fill(ones, 1);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment data = arena.allocate((long) OUT * COLUMNS * Short.BYTES, 8);
      for (int i = 0; i < OUT * COLUMNS; i++) {
        int bits = Float.floatToRawIntBits((i * 5 % 13 - 6) / 8f);
        data.setAtIndex(ValueLayout.JAVA_SHORT, i, (short) (bits >>> Short.SIZE));
      }
      HostMatrix matrix = new HostMatrix("weight", data, DType.BF16, OUT, COLUMNS);
      try (Linear weight = backend.prepare(List.of(matrix), OperandFormat.BF16);
          OwnedTensor gamma = backend.upload(ones, 1, COLUMNS);
          Forward forward = backend.begin()) {
        Tensor x = forward.tensor(ROWS, COLUMNS);
        forward.upload(values, x);
        Operand normed = forward.operand(ROWS, weight);
        forward.rmsNorm(x, gamma, 1e-6f, normed);
        Tensor y = forward.tensor(ROWS, OUT);
        forward.linear(normed, weight, Epilogue.NONE, y);
        return forward.read(y).await();
      }
    }
  }

  private float[] expected() {
    try (AscendBackend backend = npus.open()) {
      return compute(backend);
    }
  }

  private static void openAndCompute(FakeNpus npus, FakeCann machine) {
    try (AscendBackend backend = npus.open(machine)) {
      float[] _ = compute(backend);
    }
  }

  /** The call that fails, its status, and what is told. */
  @ParameterizedTest(name = "{0} {1}")
  @CsvSource({
    "aclInit, 100000, 'ACL_ERROR_INVALID_PARAM, 100000'",
    "aclInit, 100039, 'toolkit''s stub'",
    "aclInit, 500004, 'ACL_ERROR_DRV_FAILURE, 500004'",
    "aclrtSetDevice, 107001, 'there is no such device'",
    "aclrtSetDevice, 207004, 'the driver sees no NPU'",
    "aclrtCreateStream, 207005, 'ACL_ERROR_RT_RESOURCE_ALLOC_FAIL, 207005'",
    "aclrtGetMemInfo, 107000, 'ACL_ERROR_RT_PARAM_INVALID, 107000'",
    "aclrtMallocHost, 207001, 'ACL_ERROR_RT_MEMORY_ALLOCATION, 207001'",
    "aclrtCreateEventWithFlag, 207005, 'ACL_ERROR_RT_RESOURCE_ALLOC_FAIL, 207005'",
    "aclrtRecordEvent, 107003, 'the stream is another device''s'",
    "aclrtMemcpyAsync, 107000, 'ACL_ERROR_RT_PARAM_INVALID, 107000'",
    "aclCreateTensor, 161001, 'aclCreateTensor returned nothing'",
    "aclnnRmsNormGetWorkspaceSize, 161001, 'ACLNN_ERR_PARAM_NULLPTR, 161001'",
    "aclnnRmsNormGetWorkspaceSize, 161002, 'does not take these arguments'",
    "aclnnRmsNormGetWorkspaceSize, 561002, 'does not take these shapes'",
    "aclnnMmGetWorkspaceSize, 561107, 'set_env.sh'",
    "aclnnMmGetWorkspaceSize, 561112, 'Ascend-cann-kernels'",
    "aclnnMm, 361001, 'ACLNN_ERR_RUNTIME_ERROR, 361001'",
    "aclnnMm, 561003, 'ACLNN_ERR_INNER_FIND_KERNEL_ERROR, 561003'"
  })
  void aCallThatFailsIsNamed(String function, int status, String told) {
    FakeCann machine = npus.machine();
    machine.fail(function, 1, status);
    BackendException failure =
        catchThrowableOfType(BackendException.class, () -> openAndCompute(npus, machine));
    assertThat(failure)
        .hasMessageContaining(told)
        .hasMessageContaining(function.replace("GetWorkspaceSize", ""));
    if (!told.contains("returned nothing")) {
      assertThat(failure).hasMessageContaining("planned failure of " + function);
    }
    assertThat(failure).isNotInstanceOf(DeviceLostException.class);
    worksAgain(machine);
  }

  private void worksAgain(FakeCann machine) {
    try (AscendBackend next = npus.open(machine)) {
      assertThat(compute(next)).containsExactly(expected());
    }
    assertThat(machine.leaks()).isEmpty();
  }

  /** What fails on the device shows later; the operator is among those that are named. */
  @ParameterizedTest(name = "{0} {1}")
  @CsvSource({
    "aclnnMm, 507014, 'ACL_ERROR_RT_AICORE_TIMEOUT, 507014'",
    "aclnnMm, 507015, 'ACL_ERROR_RT_AICORE_EXCEPTION, 507015'",
    "aclnnRmsNorm, 507018, 'ACL_ERROR_RT_AICPU_EXCEPTION, 507018'",
    "aclnnRmsNorm, 507035, 'ACL_ERROR_RT_VECTOR_CORE_EXCEPTION, 507035'",
    "aclnnInplaceCopy, 507053, 'the device''s memory is damaged'",
    "aclnnInplaceCopy, 507054, 'ACL_ERROR_RT_HBM_MULTI_BIT_ECC_ERROR, 507054'"
  })
  void anOperatorThatFailsOnTheDeviceLosesIt(String operator, int status, String told) {
    FakeCann machine = npus.machine();
    machine.failRun(operator, 1, status);
    DeviceLostException failure =
        catchThrowableOfType(DeviceLostException.class, () -> openAndCompute(npus, machine));
    assertThat(failure)
        .hasMessageContaining(told)
        .hasMessageContaining(operator + "(")
        .hasMessageContaining("vl4j.ascend.debug");
    worksAgain(machine);
  }

  /** Nobody gets a number after the device was lost. */
  @Test
  void aLostDeviceComputesNothing() {
    FakeCann machine = npus.machine();
    try (AscendBackend backend = npus.open(machine)) {
      assertThat(compute(backend)).containsExactly(expected());
      machine.failRun("aclnnMm", 1, 507015);
      assertThat(catchThrowableOfType(DeviceLostException.class, () -> compute(backend)))
          .isNotNull();
      assertThat(catchThrowableOfType(DeviceLostException.class, () -> compute(backend)))
          .hasMessageContaining("lost");
    }
  }

  @Test
  void memoryThatIsNotThereIsToldWithWhatThereIs() {
    FakeCann machine = npus.add(FakeCann.builder().devices(1, 1 << 20));
    try (AscendBackend backend = npus.open(machine, 0, 0)) {
      OutOfDeviceMemoryException failure =
          catchThrowableOfType(OutOfDeviceMemoryException.class, () -> backend.tensor(1024, 1024));
      assertThat(failure.needed()).isBetween(4L << 20, (4L << 20) + 1024);
      assertThat(failure).hasMessageContaining("ascend:0 (Ascend910B3)");
      try (OwnedTensor small = backend.tensor(4, 4)) {
        assertThat(small.bytes()).isEqualTo(64);
      }
    }
  }

  @Test
  void otherProcessorsAreRefused() {
    FakeCann machine = npus.add(FakeCann.builder().soc("Ascend310P3"));
    assertThat(catchThrowableOfType(BackendException.class, () -> npus.open(machine)))
        .hasMessageContaining("Ascend310P3 is not supported: it has no bfloat16");
    assertThat(machine.leaks()).isEmpty();
  }

  @Test
  void aToolkitWithoutOperatorsForTheProcessorIsNamed() {
    FakeCann machine = npus.add(FakeCann.builder().withoutKernels());
    assertThat(catchThrowableOfType(BackendException.class, () -> openAndCompute(npus, machine)))
        .hasMessageContaining("Ascend-cann-kernels");
  }

  @Test
  void aLibraryWithoutAnOperatorIsNamed() {
    FakeCann machine = npus.add(FakeCann.builder().without("aclnnMm"));
    assertThat(catchThrowableOfType(BackendException.class, () -> openAndCompute(npus, machine)))
        .hasMessageContaining("fake CANN has no function aclnnMm");
  }
}
