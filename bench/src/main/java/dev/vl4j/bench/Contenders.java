package dev.vl4j.bench;

import dev.vl4j.kernels.OperandFormat;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The contenders by name. All of them take bf16 weights, prepare them once outside of the measured
 * time and write float32.
 */
enum Contenders {
  /** Float32 activations, weights as they are. */
  VL4J_F32(Peaks.Limit.F32, "onednn-f32"),
  /** Float32 activations, rounded inside the time. */
  VL4J_BF16(Peaks.Limit.BF16, "onednn-bf16"),
  /** Float32 activations, quantised row by row inside the time. */
  VL4J_INT8(Peaks.Limit.INT8, "onednn-int8"),
  /** Float32 activations, weights widened to float32. */
  ONEDNN_F32(Peaks.Limit.F32, null),
  /** Bf16 activations are given. */
  ONEDNN_BF16(Peaks.Limit.BF16, null),
  /** Float32 activations, reordered to bf16 inside the time. */
  ONEDNN_BF16_FROM_F32(Peaks.Limit.BF16, "onednn-bf16"),
  /** Signed 8-bit activations are given. */
  ONEDNN_INT8(Peaks.Limit.INT8, null),
  /** Float32 activations, reordered to signed 8-bit by a known scale inside the time. */
  ONEDNN_INT8_FROM_F32(Peaks.Limit.INT8, "onednn-int8"),
  /** Unsigned 8-bit activations with a zero point of 128 are given. */
  ONEDNN_UINT8(Peaks.Limit.INT8, "onednn-int8"),
  /** Float32 throughout; packs the weights anew in every call, as its interface has it. */
  OPENBLAS_F32(Peaks.Limit.F32, "onednn-f32");

  private final Peaks.Limit peak;
  private final @Nullable String rival;

  Contenders(Peaks.Limit peak, @Nullable String rival) {
    this.peak = peak;
    this.rival = rival;
  }

  /** The name on a command line: {@code vl4j-bf16}. */
  String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** What bounds it. */
  Peaks.Limit peak() {
    return peak;
  }

  /** How far an element may be off, as a share of the norms of the row and column behind it. */
  double tolerance() {
    return switch (peak) {
      case F32 -> 1e-6;
      case BF16 -> 4e-3;
      case INT8, MEMORY -> 2e-2;
    };
  }

  /** The contender that it is measured against, or null. */
  @Nullable Contenders rival() {
    return rival == null ? null : named(rival);
  }

  static Contenders named(String label) {
    return Arrays.stream(values())
        .filter(contender -> contender.label().equals(label))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "contender: expected one of %s, found \"%s\""
                    .formatted(Arrays.stream(values()).map(Contenders::label).toList(), label)));
  }

  static List<Contenders> list(String labels) {
    return Arrays.stream(labels.split(",", -1)).map(Contenders::named).toList();
  }

  /** Why it cannot run in this build or on this machine, or null. */
  @Nullable String refusal() {
    return switch (this) {
      case VL4J_F32, VL4J_BF16, VL4J_INT8 -> {
        String format = label().substring("vl4j-".length());
        yield Vl4jGemm.formats().contains(format) ? null : "vl4j has no operand format " + format;
      }
      case OPENBLAS_F32 -> OpenBlasGemm.refusal();
      default -> OneDnnGemm.refusal();
    };
  }

  /**
   * Prepares the weights.
   *
   * @param coldBytes see {@link GemmProblem#COLD_BYTES}
   */
  Contender open(GemmProblem problem, int threads, long coldBytes) {
    return switch (this) {
      case VL4J_F32, VL4J_BF16, VL4J_INT8 ->
          new Vl4jGemm(
              problem,
              OperandFormat.valueOf(name().substring("VL4J_".length())),
              threads,
              coldBytes);
      case ONEDNN_F32 -> new OneDnnGemm(problem, OneDnnGemm.Recipe.F32, threads, coldBytes);
      case ONEDNN_BF16 -> new OneDnnGemm(problem, OneDnnGemm.Recipe.BF16, threads, coldBytes);
      case ONEDNN_BF16_FROM_F32 ->
          new OneDnnGemm(problem, OneDnnGemm.Recipe.BF16_FROM_F32, threads, coldBytes);
      case ONEDNN_INT8 -> new OneDnnGemm(problem, OneDnnGemm.Recipe.S8, threads, coldBytes);
      case ONEDNN_INT8_FROM_F32 ->
          new OneDnnGemm(problem, OneDnnGemm.Recipe.S8_FROM_F32, threads, coldBytes);
      case ONEDNN_UINT8 -> new OneDnnGemm(problem, OneDnnGemm.Recipe.U8, threads, coldBytes);
      case OPENBLAS_F32 -> new OpenBlasGemm(problem, threads, coldBytes);
    };
  }
}
