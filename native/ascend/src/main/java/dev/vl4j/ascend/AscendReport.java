package dev.vl4j.ascend;

import static dev.vl4j.ascend.bindings.AscendConstants.ACL_ERROR_COMPILING_STUB_MODE;
import static dev.vl4j.ascend.bindings.AscendConstants.ACL_ERROR_RT_NO_DEVICE;

import dev.vl4j.ascend.device.Npu;
import dev.vl4j.ascend.driver.AscendException;
import dev.vl4j.ascend.driver.Cann;
import dev.vl4j.ascend.library.AscendLibraries;
import dev.vl4j.ascend.library.LibrarySearch;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.BackendReport;
import dev.vl4j.kernels.Device;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Whether this machine has what the backend needs.
 *
 * @param libraries empty unless the report is ready
 */
record AscendReport(BackendReport report, Optional<AscendLibraries> libraries) {
  static final String NAME = "ascend";

  /** Asks the machine; sets a device for as long as it takes to ask for its name. */
  static AscendReport make(LibrarySearch search) {
    String system = System.getProperty("os.name", "");
    if (!system.equals("Linux")) {
      return absent(List.of("CANN is called on Linux, and this is " + system));
    }
    try {
      LibrarySearch.Result found = search.find();
      if (found.libraries().isEmpty()) {
        return found.isThere() ? broken(found.reasons()) : absent(found.reasons());
      }
      return make(found.libraries().get(), found.reasons());
    } catch (IllegalCallerException e) {
      return broken(
          List.of(
              "Java denies native access (%s): start it with --enable-native-access=%s"
                  .formatted(
                      e.getMessage(),
                      AscendReport.class.getModule().isNamed()
                          ? "dev.vl4j.device," + AscendReport.class.getModule().getName()
                          : "ALL-UNNAMED")));
    }
  }

  /**
   * @param notes on libraries that do not open, and that others may do without
   */
  private static AscendReport make(AscendLibraries libraries, List<String> notes) {
    Cann cann = new Cann(libraries);
    int count;
    String soc;
    try {
      cann.init();
      count = cann.deviceCount();
      if (count == 0) {
        return absent(List.of("the driver sees no NPU"));
      }
      soc = socName(cann);
    } catch (AscendException e) {
      List<String> reason = List.of(libraries.runtime().name() + ": " + e.getMessage());
      return isAbsence(e.status()) ? absent(reason) : broken(reason);
    } catch (BackendException e) {
      return broken(List.of(libraries.runtime().name() + ": " + e.getMessage()));
    }
    String refusal = Npu.refusal(soc);
    if (!refusal.isEmpty()) {
      return broken(List.of(refusal));
    }
    List<Device> devices = new ArrayList<>();
    for (int number = 0; number < count; number++) {
      // Its memory is known once it is opened.
      devices.add(new Device(number, soc, 0));
    }
    List<String> details = new ArrayList<>();
    details.add("AscendCL %s (%s)".formatted(cann.version(), libraries.name()));
    details.addAll(notes);
    return new AscendReport(BackendReport.ready(NAME, details, devices), Optional.of(libraries));
  }

  /** A toolkit's stub, or software without a device, is nothing that somebody has to mend. */
  private static boolean isAbsence(int status) {
    return status == ACL_ERROR_COMPILING_STUB_MODE || status == ACL_ERROR_RT_NO_DEVICE;
  }

  /**
   * The processor's name, for which a device must be set. It is set on a thread of its own, so that
   * the calling one keeps the device that it may have.
   */
  private static String socName(Cann cann) {
    FutureTask<String> asking =
        new FutureTask<>(() -> {
          cann.setDevice(0);
          try {
            return cann.socName();
          } finally {
            cann.resetDevice(0);
          }
        });
    Thread.ofPlatform().name("ascend-report").start(asking);
    try {
      return asking.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof BackendException failure) {
        throw failure;
      }
      throw new AssertionError(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BackendException("interrupted while the NPU was asked for its name", e);
    }
  }

  private static AscendReport absent(List<String> reasons) {
    return new AscendReport(BackendReport.absent(NAME, reasons), Optional.empty());
  }

  private static AscendReport broken(List<String> reasons) {
    return new AscendReport(BackendReport.broken(NAME, reasons), Optional.empty());
  }
}
