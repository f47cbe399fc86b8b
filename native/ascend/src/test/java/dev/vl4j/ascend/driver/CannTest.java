package dev.vl4j.ascend.driver;

import static dev.vl4j.ascend.bindings.AscendConstants.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.vl4j.ascend.bindings.AscendConstants;
import dev.vl4j.ascend.fake.FakeCann;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.DeviceLostException;
import dev.vl4j.kernels.OutOfDeviceMemoryException;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of statuses. */
class CannTest {
  private final FakeCann machine = FakeCann.builder().devices(1, 1 << 20).build();
  private final Cann cann = new Cann(machine.libraries());

  @AfterEach
  void close() {
    machine.close();
  }

  private void open() {
    cann.init();
    cann.setDevice(0);
  }

  @Test
  void aProcessMayInitializeTwice() {
    cann.init();
    new Cann(machine.libraries()).init();
    assertThat(cann.deviceCount()).isEqualTo(1);
  }

  @Test
  void aFailureNamesCallStatusMeaningAndTheLibrarysWords() {
    AscendException uninitialized = catchThrowableOfType(AscendException.class, cann::deviceCount);
    assertThat(uninitialized.status()).isEqualTo(ACL_ERROR_UNINITIALIZE);
    assertThat(uninitialized)
        .hasMessage(
            "aclrtGetDeviceCount: ACL_ERROR_UNINITIALIZE, 100001: aclInit was not called, or"
                + " failed: aclInit was not called");
    cann.init();
    assertThatExceptionOfType(AscendException.class)
        .isThrownBy(() -> cann.setDevice(7))
        .withMessageContainingAll(
            "aclrtSetDevice", "ACL_ERROR_RT_INVALID_DEVICEID, 107001", "device 7 does not exist");
    assertThatExceptionOfType(AscendException.class)
        .isThrownBy(cann::createStream)
        .withMessageContainingAll(
            "aclrtCreateStream", "ACL_ERROR_RT_CONTEXT_NULL, 107002", "no device");
  }

  /** The library's message is of one failure, and not told again with the next. */
  @Test
  void messagesAreNotToldTwice() {
    cann.init();
    assertThatExceptionOfType(AscendException.class)
        .isThrownBy(() -> cann.check("an operation", ACL_ERROR_RT_INVALID_HANDLE))
        .withMessage("an operation: ACL_ERROR_RT_INVALID_HANDLE, 107017");
    assertThatExceptionOfType(AscendException.class).isThrownBy(() -> cann.setDevice(7));
    assertThatExceptionOfType(AscendException.class)
        .isThrownBy(() -> cann.check("an operation", ACL_ERROR_RT_INVALID_HANDLE))
        .withMessage("an operation: ACL_ERROR_RT_INVALID_HANDLE, 107017");
    assertThatExceptionOfType(AscendException.class)
        .isThrownBy(() -> cann.check("an operation", 424242))
        .withMessage("an operation: status 424242");
  }

  @Test
  void memoryThatTheDeviceDoesNotHave() {
    open();
    OutOfDeviceMemoryException failure =
        catchThrowableOfType(OutOfDeviceMemoryException.class, () -> cann.allocate(2 << 20));
    assertThat(failure.needed()).isEqualTo(2 << 20);
    assertThat(failure.free()).isEqualTo(1 << 20);
    cann.free(cann.allocate(1 << 19));
    cann.resetDevice(0);
  }

  /** What CANN documents as faults of the device, by number: the names are tested elsewhere. */
  private static final Set<Integer> DEVICE =
      Set.of(
          507000, 507001, 507010, 507011, 507014, 507015, 507016, 507017, 507018, 507034, 507035,
          507036, 507046, 507047, 507053, 507054, 507055, 507899, 507900, 107022);

  @Test
  void statusesOfADeviceThatIsLost() {
    for (int status : AscendConstants.ALL.values()) {
      if (DEVICE.contains(status)) {
        assertThat(Statuses.poisons(status)).as("%d", status).isTrue();
      }
    }
    for (int status :
        List.of(
            ACL_ERROR_RT_PARAM_INVALID,
            ACL_ERROR_RT_CONTEXT_NULL,
            ACL_ERROR_RT_STREAM_CONTEXT,
            ACL_ERROR_RT_DEVICE_OOM,
            ACL_ERROR_RT_FEATURE_NOT_SUPPORT,
            ACLNN_ERR_PARAM_INVALID,
            ACLNN_ERR_INNER_FIND_KERNEL_ERROR)) {
      assertThat(Statuses.poisons(status)).as("%d", status).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        ACL_ERROR_RT_AICORE_EXCEPTION,
        ACL_ERROR_RT_VECTOR_CORE_EXCEPTION,
        ACL_ERROR_RT_HBM_MULTI_BIT_ECC_ERROR,
        ACL_ERROR_RT_STREAM_SYNC_TIMEOUT
      })
  void aLostDeviceStaysLost(int status) {
    open();
    long stream = cann.createStream();
    long memory = cann.allocate(256);
    cann.fill(memory, 0, 256, stream);
    cann.synchronize(stream);
    machine.fail("aclrtSynchronizeStreamWithTimeout", 1, status);
    assertThatExceptionOfType(DeviceLostException.class)
        .isThrownBy(() -> cann.synchronize(stream))
        .withMessageContainingAll(
            "aclrtSynchronizeStreamWithTimeout",
            String.valueOf(status),
            "the latest first: aclrtMemsetAsync",
            "computes nothing any more",
            Cann.DEBUG_PROPERTY);
    assertThat(cann.lost()).isTrue();
    assertThatExceptionOfType(DeviceLostException.class)
        .isThrownBy(() -> cann.check("the next operation", ACL_ERROR_RT_PARAM_INVALID))
        .withMessageStartingWith("the next operation: ACL_ERROR_RT_PARAM_INVALID, 107000")
        .withMessageContaining("the device was lost before");
    // What is given back is no news.
    cann.free(memory);
    cann.destroyStream(stream);
    cann.resetDevice(0);
  }

  /** Another instance is another device, and the process goes on. */
  @Test
  void anotherDeviceIsNotLost() {
    try (FakeCann two = FakeCann.builder().devices(2, 1 << 20).build()) {
      Cann first = new Cann(two.libraries());
      first.init();
      first.setDevice(0);
      two.fail("aclrtCreateStream", 1, ACL_ERROR_RT_AICORE_EXCEPTION);
      assertThatExceptionOfType(DeviceLostException.class).isThrownBy(first::createStream);
      first.resetDevice(0);
      Cann second = new Cann(two.libraries());
      second.init();
      second.setDevice(1);
      long stream = second.createStream();
      second.synchronize(stream);
      second.destroyStream(stream);
      second.resetDevice(1);
    }
  }

  @Test
  void aFunctionThatNoLibraryHas() {
    try (FakeCann old = FakeCann.builder().without("aclnnMm").build()) {
      assertThatExceptionOfType(BackendException.class)
          .isThrownBy(() -> new Cann(old.libraries()).functions().get("aclnnMm"))
          .withMessageStartingWith("fake CANN has no function aclnnMm");
    }
  }
}
