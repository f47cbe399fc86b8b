package dev.vl4j.cuda.driver;

import static dev.vl4j.cuda.driver.CudaConstants.*;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.DeviceLostException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/**
 * What the driver's statuses mean. After some of them the context computes nothing any more, for as
 * long as the process lives; that is remembered.
 */
final class Statuses {
  private final MethodHandle errorName;
  private final MethodHandle errorString;
  private @Nullable String loss;

  Statuses(Functions functions) {
    errorName = functions.bind("cuGetErrorName", JAVA_INT, ADDRESS);
    errorString = functions.bind("cuGetErrorString", JAVA_INT, ADDRESS);
  }

  boolean lost() {
    return loss != null;
  }

  /** What a failed call throws, and what is remembered of it. */
  BackendException failure(String operation, int status) {
    String said =
        "%s: %s (%s, %d)"
            .formatted(operation, text(errorString, status), text(errorName, status), status);
    if (loss != null) {
      return new DeviceLostException("%s; the device was lost before: %s".formatted(said, loss));
    }
    if (poisons(status)) {
      loss = said;
      return new DeviceLostException(
          said
              + "; the device computes nothing any more for this process. This operation or one"
              + " before it failed: -Dvl4j.cuda.debug=true finds out which");
    }
    String more = explanation(status);
    return new CudaException(more.isEmpty() ? said : said + ": " + more, status);
  }

  /** Whether all later calls on the context fail, too. */
  private static boolean poisons(int status) {
    return switch (status) {
      case CUDA_ERROR_ECC_UNCORRECTABLE,
          CUDA_ERROR_NVLINK_UNCORRECTABLE,
          CUDA_ERROR_CONTAINED,
          CUDA_ERROR_ILLEGAL_ADDRESS,
          CUDA_ERROR_LAUNCH_TIMEOUT,
          CUDA_ERROR_CONTEXT_IS_DESTROYED,
          CUDA_ERROR_ASSERT,
          CUDA_ERROR_HARDWARE_STACK_ERROR,
          CUDA_ERROR_ILLEGAL_INSTRUCTION,
          CUDA_ERROR_MISALIGNED_ADDRESS,
          CUDA_ERROR_INVALID_ADDRESS_SPACE,
          CUDA_ERROR_INVALID_PC,
          CUDA_ERROR_LAUNCH_FAILED,
          CUDA_ERROR_TENSOR_MEMORY_LEAK,
          CUDA_ERROR_EXTERNAL_DEVICE,
          CUDA_ERROR_UNKNOWN ->
          true;
      default -> false;
    };
  }

  /** What somebody can do about it; empty if the driver's own words say enough. */
  private static String explanation(int status) {
    return switch (status) {
      case CUDA_ERROR_STUB_LIBRARY ->
          "this libcuda is the toolkit's stub, which programs are linked with; the library of the"
              + " installed driver must be found before it (LD_LIBRARY_PATH)";
      case CUDA_ERROR_NO_DEVICE ->
          "the driver sees no GPU: a container needs --gpus, and CUDA_VISIBLE_DEVICES may hide all";
      case CUDA_ERROR_SYSTEM_DRIVER_MISMATCH ->
          "libcuda and the kernel's driver are of different versions, as after an update: restart"
              + " the machine, or give the container the libcuda of the host's driver";
      case CUDA_ERROR_SYSTEM_NOT_READY ->
          "the machine's GPU services do not run: NVSwitch systems need nvidia-fabricmanager";
      case CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE ->
          "this libcuda is of the forward compatibility package, which this GPU does not support:"
              + " update the driver, or remove the package's folder from LD_LIBRARY_PATH";
      case CUDA_ERROR_NO_BINARY_FOR_GPU -> "the kernels were compiled for another kind of GPU";
      default -> "";
    };
  }

  private static String text(MethodHandle function, int status) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment out = arena.allocate(ADDRESS);
      int unknown = (int) function.invokeExact(status, out);
      return unknown == 0 ? Functions.text(out.get(ADDRESS, 0)) : "unknown error";
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
  }
}
