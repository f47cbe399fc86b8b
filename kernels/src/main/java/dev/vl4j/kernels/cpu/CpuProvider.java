package dev.vl4j.kernels.cpu;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.BackendProvider;
import dev.vl4j.kernels.BackendReport;
import dev.vl4j.kernels.BackendSettings;
import dev.vl4j.kernels.Device;
import dev.vl4j.kernels.FormatSupport;
import dev.vl4j.kernels.InstructionSetReport;
import dev.vl4j.kernels.InstructionSets;
import dev.vl4j.kernels.Reproducibility;
import java.util.List;
import java.util.Optional;

/**
 * Provides {@code cpu}. Looks for the Vector API's module before any class that needs it is loaded.
 */
public final class CpuProvider implements BackendProvider {
  private static final String NAME = "cpu";
  private static final String VECTOR_MODULE = "jdk.incubator.vector";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public int rank() {
    return 100;
  }

  @Override
  public BackendReport report() {
    if (ModuleLayer.boot().findModule(VECTOR_MODULE).isEmpty()) {
      return BackendReport.broken(
          NAME,
          List.of(
              "module %s is not loaded: start Java with --add-modules %s"
                  .formatted(VECTOR_MODULE, VECTOR_MODULE)));
    }
    return BackendReport.ready(
        NAME, List.of(CpuBackend.describe(CpuCode.get())), List.of(Device.host()));
  }

  @Override
  public Backend open(BackendSettings settings) {
    return new CpuBackend(settings.threadCount(), settings.memory());
  }

  @Override
  public <T> Optional<T> capability(Class<T> type) {
    if (type == InstructionSets.class) {
      InstructionSets sets = CpuProvider::instructionSets;
      return Optional.of(type.cast(sets));
    }
    if (type == Reproducibility.class) {
      return Optional.of(type.cast(Reproducibility.BITWISE));
    }
    if (type == FormatSupport.class) {
      FormatSupport formats = operands -> CpuKernels.support(CpuCode.get(), operands);
      return Optional.of(type.cast(formats));
    }
    return Optional.empty();
  }

  private static List<InstructionSetReport> instructionSets() {
    return CpuCode.get().choice().reports().stream()
        .map(report ->
            new InstructionSetReport(
                report.tier().toString(),
                report.refusal().isEmpty(),
                report.refusal().isEmpty() ? report.tier().use() : report.refusal()))
        .toList();
  }
}
