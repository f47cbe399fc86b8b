package dev.vl4j.ascend.driver;

import static dev.vl4j.ascend.bindings.AscendConstants.*;

import dev.vl4j.ascend.bindings.AscendConstants;
import java.util.Map;
import java.util.TreeMap;

/** What CANN's statuses are called and mean. */
final class Statuses {
  /** Of this kind, a device computes nothing any more. */
  private static final int FIRST_OF_DEVICES = 507000;

  private static final int LAST_OF_DEVICES = 507999;

  private static final Map<Integer, String> NAMES = names();

  private Statuses() {}

  private static Map<Integer, String> names() {
    Map<Integer, String> names = new TreeMap<>();
    AscendConstants.ALL.forEach((name, value) -> {
      if (name.startsWith("ACL_ERROR_") || name.startsWith("ACLNN_ERR_")) {
        names.put(value, name);
      }
    });
    return Map.copyOf(names);
  }

  /** {@code ACL_ERROR_RT_AICORE_EXCEPTION, 507015}, or the number alone. */
  static String name(int status) {
    String name = NAMES.get(status);
    return name == null ? "status " + status : "%s, %d".formatted(name, status);
  }

  /** Whether all later calls on the device fail, too. */
  static boolean poisons(int status) {
    return status == ACL_ERROR_RT_DEVICE_TASK_ABORT
        || status == ACL_ERROR_RT_STREAM_ABORT
        || (status >= FIRST_OF_DEVICES && status <= LAST_OF_DEVICES);
  }

  static boolean isOutOfMemory(int status) {
    return status == ACL_ERROR_RT_DEVICE_OOM
        || status == ACL_ERROR_RT_MEMORY_ALLOCATION
        || status == ACL_ERROR_BAD_ALLOC;
  }

  /** What it means or what somebody can do about it; empty if its name says enough. */
  static String explanation(int status) {
    return switch (status) {
      case ACL_ERROR_COMPILING_STUB_MODE ->
          "this library is the toolkit's stub, which programs are linked with; the folders devlib"
              + " and stub must not be in LD_LIBRARY_PATH";
      case ACL_ERROR_UNINITIALIZE -> "aclInit was not called, or failed";
      case ACL_ERROR_RT_INVALID_DEVICEID ->
          "there is no such device; ASCEND_RT_VISIBLE_DEVICES may hide it";
      case ACL_ERROR_RT_CONTEXT_NULL -> "the calling thread has no device";
      case ACL_ERROR_RT_STREAM_CONTEXT -> "the stream is another device's";
      case ACL_ERROR_RT_WAIT_TIMEOUT, ACL_ERROR_RT_STREAM_SYNC_TIMEOUT ->
          "the device has not answered in time";
      case ACL_ERROR_RT_NO_DEVICE ->
          "the driver sees no NPU: a container needs its device files and driver folders";
      case ACL_ERROR_RT_AICORE_EXCEPTION,
          ACL_ERROR_RT_AICPU_EXCEPTION,
          ACL_ERROR_RT_VECTOR_CORE_EXCEPTION ->
          "an operator failed on the device";
      case ACL_ERROR_RT_AICORE_TIMEOUT -> "an operator did not end on the device";
      case ACL_ERROR_RT_HBM_MULTI_BIT_ECC_ERROR, ACL_ERROR_RT_DEVICE_MEM_ERROR ->
          "the device's memory is damaged";
      case ACLNN_ERR_PARAM_NULLPTR, ACLNN_ERR_PARAM_INVALID ->
          "this version of CANN does not take these arguments";
      case ACLNN_ERR_INNER_TILING_ERROR, ACLNN_ERR_INNER_INFERSHAPE_ERROR ->
          "this version of CANN does not take these shapes";
      case ACLNN_ERR_INNER_OPP_PATH_NOT_FOUND ->
          "ASCEND_OPP_PATH is not set: run the toolkit's set_env.sh before Java starts";
      case ACLNN_ERR_INNER_FIND_KERNEL_ERROR, ACLNN_ERR_INNER_OPP_KERNEL_PKG_NOT_FOUND ->
          "the package of operators for this processor is not installed (Ascend-cann-kernels)";
      default -> "";
    };
  }
}
