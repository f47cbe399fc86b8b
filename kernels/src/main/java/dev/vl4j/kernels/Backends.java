package dev.vl4j.kernels;

import dev.vl4j.kernels.cpu.CpuBackend;
import dev.vl4j.kernels.reference.ReferenceBackend;
import dev.vl4j.kernels.x86.MachineCode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The ladder that chooses a backend. {@code auto} takes the first usable one; a backend that is
 * asked for by name and cannot run is an error, never replaced by another.
 */
public final class Backends {
  private static final String VECTOR_MODULE = "jdk.incubator.vector";

  private Backends() {}

  /** Every backend, best first, with the reason why it can or cannot run here. */
  public static List<BackendReport> reports() {
    List<BackendReport> reports = new ArrayList<>();
    String refusal = cpuRefusal();
    if (refusal == null) {
      try (Backend cpu = new CpuBackend(Runtime.getRuntime().availableProcessors())) {
        reports.add(new BackendReport("cpu", true, cpu.description()));
      } catch (BackendException e) {
        reports.add(new BackendReport("cpu", false, String.valueOf(e.getMessage())));
      }
    } else {
      reports.add(new BackendReport("cpu", false, refusal));
    }
    reports.add(
        new BackendReport(
            "reference", true, "plain loops, slow: the truth that others are tested by"));
    return reports;
  }

  /**
   * Every instruction set that the processor backend has kernels for, the highest first.
   *
   * @throws BackendException if the property {@code vl4j.cpu.tier} asks for what cannot be had
   */
  public static List<InstructionSetReport> instructionSets() {
    return MachineCode.get().reports().stream()
        .map(report ->
            new InstructionSetReport(
                report.tier().toString(),
                report.refusal().isEmpty(),
                report.refusal().isEmpty() ? report.tier().use() : report.refusal()))
        .toList();
  }

  /**
   * Opens a backend.
   *
   * @param name {@code auto}, {@code cpu} or {@code reference}
   * @param threads compute threads; 0 for one per processor
   * @throws BackendException if it cannot run here, with the reason
   */
  public static Backend open(String name, int threads) {
    if (threads < 0) {
      throw new BackendException("threads: expected 0 or more, found " + threads);
    }
    int count = threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
    return switch (name) {
      case "auto", "cpu" -> {
        String refusal = cpuRefusal();
        if (refusal != null) {
          throw new BackendException("backend cpu: " + refusal);
        }
        yield new CpuBackend(count);
      }
      case "reference" -> new ReferenceBackend();
      default ->
          throw new BackendException(
              "backend: expected auto, cpu or reference, found \"%s\"".formatted(name));
    };
  }

  /** Why the Vector API cannot be used, or null. Asked before any class that needs it is loaded. */
  private static @Nullable String cpuRefusal() {
    if (ModuleLayer.boot().findModule(VECTOR_MODULE).isEmpty()) {
      return "module %s is not loaded: start Java with --add-modules %s"
          .formatted(VECTOR_MODULE, VECTOR_MODULE);
    }
    return null;
  }
}
