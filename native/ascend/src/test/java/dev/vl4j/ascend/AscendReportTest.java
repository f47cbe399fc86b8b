package dev.vl4j.ascend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.ascend.fake.FakeCann;
import dev.vl4j.ascend.library.LibrarySearch;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.BackendReport;
import dev.vl4j.kernels.Device;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What the report makes of machines. */
@EnabledOnOs(OS.LINUX)
class AscendReportTest {
  @TempDir private Path root;

  private LibrarySearch search(FakeCann machine) {
    return new LibrarySearch(null, Map.of(), root, "amd64", _ -> machine.libraries());
  }

  private BackendReport report(FakeCann.Builder builder) {
    try (FakeCann machine = builder.build()) {
      AscendReport found = AscendReport.make(search(machine));
      assertThat(found.libraries().isPresent()).isEqualTo(found.report().isReady());
      return found.report();
    }
  }

  private static FakeCann.Builder machine() {
    return FakeCann.builder();
  }

  @Test
  void devicesOfTheFamilyAreReady() {
    BackendReport report = report(machine().soc("Ascend910B2").devices(2, 1 << 20));
    assertThat(report.status()).isEqualTo(BackendReport.Status.READY);
    assertThat(report.devices())
        .containsExactly(new Device(0, "Ascend910B2", 0), new Device(1, "Ascend910B2", 0));
    assertThat(report.details()).singleElement().asString().startsWith("AscendCL 1.");
  }

  @Test
  void aMachineWithoutCannIsNoFault() {
    LibrarySearch nothing =
        new LibrarySearch(
            null,
            Map.of(),
            root,
            "amd64",
            name -> {
              throw new BackendException(name + ": cannot open shared object file");
            });
    BackendReport report = AscendReport.make(nothing).report();
    assertThat(report.status()).isEqualTo(BackendReport.Status.ABSENT);
    assertThat(report.details()).containsExactly("libascendcl.so is nowhere to be found");
  }

  @Test
  void librariesThatDoNotOpenAreAFault() {
    LibrarySearch incomplete =
        new LibrarySearch(
            null,
            Map.of(),
            root,
            "amd64",
            name -> {
              throw new BackendException("libc_sec.so: cannot open shared object file");
            });
    BackendReport report = AscendReport.make(incomplete).report();
    assertThat(report.status()).isEqualTo(BackendReport.Status.BROKEN);
    assertThat(report.details()).containsExactly("libc_sec.so: cannot open shared object file");
  }

  @Test
  void aToolkitsStubIsNoRuntime() {
    BackendReport report = report(machine().stub());
    assertThat(report.status()).isEqualTo(BackendReport.Status.ABSENT);
    assertThat(report.detail()).contains("ACL_ERROR_COMPILING_STUB_MODE, 100039", "stub");
  }

  @Test
  void aMachineWithoutDevicesIsNoFault() {
    BackendReport report = report(machine().devices(0, 0));
    assertThat(report.status()).isEqualTo(BackendReport.Status.ABSENT);
  }

  @Test
  void otherProcessorsAreRefusedWithTheReason() {
    BackendReport small = report(machine().soc("Ascend310P3"));
    assertThat(small.status()).isEqualTo(BackendReport.Status.BROKEN);
    assertThat(small.detail()).contains("Ascend310P3 is not supported", "no bfloat16");
    BackendReport old = report(machine().soc("Ascend910A"));
    assertThat(old.status()).isEqualTo(BackendReport.Status.BROKEN);
    assertThat(old.detail()).contains("Ascend910A is not supported");
  }

  @Test
  void aVersionThatIsTooOldIsNamed() {
    BackendReport report = report(machine().without("aclrtGetDeviceCount"));
    assertThat(report.status()).isEqualTo(BackendReport.Status.BROKEN);
    assertThat(report.detail()).contains("no function aclrtGetDeviceCount");
  }

  /** The calling thread may have opened a device, which stays its own. */
  @Test
  void aReportChangesNoDeviceOfTheCaller() throws Exception {
    try (FakeCann machine = FakeCann.builder().devices(2, 1 << 20).build()) {
      var cann = new dev.vl4j.ascend.driver.Cann(machine.libraries());
      cann.init();
      cann.setDevice(1);
      long stream = cann.createStream();
      assertThat(AscendReport.make(search(machine)).report().isReady()).isTrue();
      cann.synchronize(stream);
      cann.destroyStream(stream);
      cann.resetDevice(1);
    }
  }
}
