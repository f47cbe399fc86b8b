package dev.vl4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.kernels.BackendReport.Status;
import dev.vl4j.kernels.tier.Architecture;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The backends that this library has itself. */
class BackendsTest {
  @Test
  void reportsAreBestFirst() {
    List<BackendReport> reports = Backends.reports();
    assertThat(reports)
        .extracting(BackendReport::name)
        .containsExactly("cpu", "classpath", "reference");
    assertThat(reports.getFirst().isReady()).isTrue();
    assertThat(reports.getFirst().detail()).startsWith("Vector API, ").contains("products ");
    assertThat(reports.getFirst().devices()).containsExactly(Device.host());
    assertThat(reports.get(1).status()).isEqualTo(Status.ABSENT);
  }

  @Test
  void reportsStartNoThreads() {
    List<BackendReport> _ = Backends.reports(); // what the first one loads may have threads
    Set<Thread> before = Thread.getAllStackTraces().keySet();
    assertThat(Backends.reports()).isNotEmpty();
    assertThat(Thread.getAllStackTraces().keySet())
        .filteredOn(thread -> thread.getName().startsWith("vl4j"))
        .allMatch(before::contains);
  }

  @Test
  void theProcessorHasOneDevice() {
    for (String choice : List.of("auto", "cpu", "cpu:0")) {
      assertThat(Backends.choose(choice, BackendSettings.DEFAULT)).hasToString("cpu:0");
      try (Backend backend = Backends.open(choice, BackendSettings.DEFAULT.withThreads(3))) {
        assertThat(backend.description()).startsWith("cpu (").endsWith(", 3 threads)");
      }
    }
    assertThatThrownBy(() -> Backends.choose("cpu:1", BackendSettings.DEFAULT))
        .isInstanceOf(BackendException.class)
        .hasMessage("backend cpu: there is no device 1; expected one of: " + Device.host());
  }

  @Test
  void theReferenceIsChosenByItsName() {
    try (Backend backend = Backends.open("reference", BackendSettings.DEFAULT)) {
      assertThat(backend.description()).startsWith("reference");
    }
  }

  /** A limit that nobody keeps to would be worse than none. */
  @Test
  void limitOfMemoryIsKeptOrRefused() {
    assertThatThrownBy(
            () -> Backends.open("reference", BackendSettings.DEFAULT.withMemory(1 << 30)))
        .isInstanceOf(BackendException.class)
        .hasMessageStartingWith("backend reference:0 cannot be opened: memory: expected 0, ")
        .hasMessageEndingWith("found 1073741824");
    try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULT.withMemory(1 << 20))) {
      assertThatThrownBy(() -> backend.tensor(1024, 1024))
          .isInstanceOf(OutOfDeviceMemoryException.class)
          .hasMessageContaining("4194304 bytes needed");
    }
  }

  @Test
  void instructionSetsAreTheProcessorsAlone() {
    InstructionSets sets = Backends.capability("cpu", InstructionSets.class).orElseThrow();
    assertThat(sets.reports())
        .extracting(InstructionSetReport::name)
        .contains("amx-bf16", "avx2", "vector-api");
    assertThat(Backends.capability("reference", InstructionSets.class)).isEmpty();
  }

  /** A provider says of formats what its backend says. */
  @Test
  void formatsAreKnownBeforeABackendIsOpened() {
    for (String name : List.of("cpu", "reference")) {
      BackendChoice choice = Backends.choose(name, BackendSettings.DEFAULT.withThreads(1));
      FormatSupport formats = choice.capability(FormatSupport.class).orElseThrow();
      try (Backend backend = choice.open()) {
        for (OperandFormat format : OperandFormat.values()) {
          assertThat(formats.supports(format))
              .as("%s in %s", name, format)
              .isEqualTo(backend.supports(format));
        }
      }
    }
  }

  /** What a program says that has no Vector API. */
  static final class Program {
    private Program() {}

    public static void main(String[] arguments) {
      Backends.reports().forEach(System.out::println);
      for (String choice : List.of("auto", "cpu", "reference")) {
        try (Backend backend = Backends.open(choice, BackendSettings.DEFAULT)) {
          System.out.println(backend.description());
        } catch (BackendException e) {
          System.out.println(e.getMessage());
        }
      }
    }
  }

  @Test
  void withoutItsModuleTheProcessorIsRefusedAndNotReplaced() {
    String reason =
        "module jdk.incubator.vector is not loaded: start Java with"
            + " --add-modules jdk.incubator.vector";
    assertThat(AnotherJava.run(Program.class).lines())
        .contains(
            BackendReport.broken("cpu", List.of(reason)).toString(),
            "backend: none can run here: cpu (broken: " + reason + ")",
            "backend cpu: " + reason,
            "reference (plain loops, float64 sums)");
  }

  @Test
  void aTierThatCannotBeHadIsAReason() {
    boolean arm = Architecture.current() == Architecture.AARCH64;
    String elsewhere = arm ? "avx2" : "neon-i8mm";
    String said =
        AnotherJava.run(
            Program.class, "--add-modules=jdk.incubator.vector", "-Dvl4j.cpu.tier=" + elsewhere);
    assertThat(said)
        .contains(
            "backend cpu: cpu: property vl4j.cpu.tier forces %s: for %s"
                .formatted(elsewhere, arm ? "x86-64" : "aarch64"));
  }
}
