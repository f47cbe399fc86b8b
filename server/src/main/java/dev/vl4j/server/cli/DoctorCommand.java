package dev.vl4j.server.cli;

import dev.vl4j.engine.Diagnostics;
import dev.vl4j.engine.Precision;
import dev.vl4j.engine.media.MediaLibraries;
import dev.vl4j.engine.media.PageRenderer;
import dev.vl4j.engine.media.VideoDecoder;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.BackendReport;
import dev.vl4j.kernels.BackendSettings;
import dev.vl4j.kernels.Backends;
import dev.vl4j.kernels.Device;
import dev.vl4j.kernels.FormatSupport;
import dev.vl4j.kernels.FreeMemory;
import dev.vl4j.kernels.InstructionSetReport;
import dev.vl4j.kernels.InstructionSets;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Reproducibility;
import dev.vl4j.kernels.Support;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;

/** Says what this machine offers and what stands in the way. */
@Command(name = "doctor", description = "Show JDK, processor, backends and tokenizer library.")
final class DoctorCommand implements Callable<Integer> {
  // Earlier releases of 25 can corrupt pinned objects under G1 (JDK-8377811).
  private static final Runtime.Version OLDEST_GOOD = Runtime.Version.parse("25.0.3");

  private final Streams streams;

  DoctorCommand(Streams streams) {
    this.streams = streams;
  }

  @Override
  public Integer call() {
    Runtime.Version version = Runtime.version();
    line(
        "JDK",
        "%s, %s%s"
            .formatted(
                version,
                property("java.vendor"),
                version.compareToIgnoreOptional(OLDEST_GOOD) < 0
                    ? " -- TOO OLD, install " + OLDEST_GOOD + " or newer"
                    : ""));
    line("", property("java.home"));
    line("system", property("os.name") + " " + property("os.arch"));
    line("heap", InspectCommand.size(Runtime.getRuntime().maxMemory()) + " at most");
    CpuFeatures cpu = CpuFeatures.detect();
    line("CPU", cpu.model() + ", " + Runtime.getRuntime().availableProcessors() + " processors");
    line("", cpu.describe());
    line(
        "vectors",
        ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()
            ? "module jdk.incubator.vector is there"
            : "module jdk.incubator.vector is NOT there: add --add-modules jdk.incubator.vector");
    List<BackendReport> reports = Backends.reports();
    reports.forEach(this::backend);
    reports.forEach(report -> instructionSets(report.name()));
    boolean usable = automatic();
    line("tokens", Errors.oneLine(Diagnostics.tokenizerNatives()));
    line("videos", media(MediaLibraries.videoDecoder().map(VideoDecoder::name), "vl4j-ffmpeg"));
    line("pages", media(MediaLibraries.pageRenderer().map(PageRenderer::name), "vl4j-pdf"));
    streams.out().flush();
    return usable ? 0 : Errors.UNEXPECTED;
  }

  private static String media(Optional<String> name, String library) {
    return name.map(Errors::oneLine)
        .orElse("no library is there that reads such files; %s is one".formatted(library));
  }

  private void backend(BackendReport report) {
    String name = "backend";
    String start = "%s: %s: ".formatted(report.name(), report.status());
    for (String detail : report.details()) {
      line(name, start + Errors.oneLine(detail));
      name = "";
      start = report.name() + ": ";
    }
    Backends.capability(report.name(), Reproducibility.class)
        .ifPresent(promised -> line("", "%s: results %s".formatted(report.name(), promised)));
    formats(report);
    for (Device device : report.devices()) {
      line(
          "",
          "%s:%d: %s%s"
              .formatted(
                  report.name(),
                  device.number(),
                  Errors.oneLine(device.name()),
                  device.memoryBytes() == 0
                      ? ""
                      : ", "
                          + InspectCommand.size(device.memoryBytes())
                          + freeMemory(report.name(), device.number())));
    }
  }

  /** In what a backend multiplies that is ready. */
  private void formats(BackendReport report) {
    if (report.status() != BackendReport.Status.READY) {
      return;
    }
    Backends.capability(report.name(), FormatSupport.class)
        .ifPresent(formats ->
            line(
                "",
                "%s: --dtype %s"
                    .formatted(
                        report.name(),
                        Arrays.stream(OperandFormat.values())
                            .filter(format -> formats.supports(format) != Support.NONE)
                            .map(format -> Precision.valueOf(format.name()).toString())
                            .collect(Collectors.joining(", ")))));
  }

  private static String freeMemory(String backend, int device) {
    try {
      return Backends.capability(backend, FreeMemory.class)
          .map(memory -> ", %s free".formatted(InspectCommand.size(memory.bytes(device))))
          .orElse("");
    } catch (BackendException e) {
      return ", free memory is not known: " + Errors.message(e);
    }
  }

  /** Those of a backend that has several. */
  private void instructionSets(String backend) {
    try {
      List<InstructionSetReport> sets =
          Backends.capability(backend, InstructionSets.class)
              .map(InstructionSets::reports)
              .orElse(List.of());
      for (InstructionSetReport report : sets) {
        line(
            "kernels",
            "%s: %s: %s"
                .formatted(
                    report.name(),
                    report.usable() ? "usable" : "not usable",
                    Errors.oneLine(report.detail())));
      }
    } catch (BackendException e) {
      line("kernels", Errors.message(e));
    }
  }

  /** Whether a model would find a backend that nobody named. */
  private boolean automatic() {
    try {
      line("auto", Backends.choose(Backends.AUTO, BackendSettings.DEFAULT).toString());
      return true;
    } catch (BackendException e) {
      line("auto", Errors.message(e));
      return false;
    }
  }

  private static String property(String name) {
    return System.getProperty(name, "unknown");
  }

  private void line(String name, String value) {
    streams.out().printf("%-8s %s%n", name, value);
  }
}
