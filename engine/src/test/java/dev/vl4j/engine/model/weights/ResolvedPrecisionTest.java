package dev.vl4j.engine.model.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.vl4j.engine.ModelException;
import dev.vl4j.engine.Precision;
import dev.vl4j.engine.model.Fixtures;
import dev.vl4j.engine.model.config.QuantizationConfig;
import dev.vl4j.kernels.FormatSupport;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Support;
import dev.vl4j.loader.Checkpoint;
import dev.vl4j.loader.ModelDirectory;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a precision comes to, on backends with and without kernels for bfloat16. */
class ResolvedPrecisionTest {
  private static final OperandFormat F32 = OperandFormat.F32;
  private static final OperandFormat BF16 = OperandFormat.BF16;
  private static final OperandFormat INT8 = OperandFormat.INT8;
  private static final OperandFormat FP8 = OperandFormat.FP8;

  private static FormatSupport with(Set<OperandFormat> kernels, Support otherwise) {
    return format -> kernels.contains(format) ? Support.KERNELS : otherwise;
  }

  private static ResolvedPrecision resolve(Precision wanted, String checkpoint, boolean kernels) {
    return resolve(
        wanted,
        checkpoint,
        with(kernels ? Set.of(F32, BF16, INT8) : Set.of(F32), Support.EMULATED));
  }

  private static ResolvedPrecision resolve(
      Precision wanted, String checkpoint, FormatSupport backend) {
    ModelDirectory directory = Fixtures.directory(checkpoint);
    try (Checkpoint opened = directory.openCheckpoint()) {
      return ResolvedPrecision.of(
          wanted, opened, QuantizationConfig.read(directory.config()), backend);
    }
  }

  private static void check(
      ResolvedPrecision found,
      Precision precision,
      OperandFormat quantised,
      OperandFormat ordinary,
      OperandFormat attention) {
    assertThat(found)
        .isEqualTo(
            new ResolvedPrecision(precision, quantised, ordinary, attention, found.reason()));
  }

  @Test
  void automaticallyAsWeightsAreStored() {
    for (String bf16 : new String[] {"tied_gqa2", "untied_gqa1_sharded"}) {
      ResolvedPrecision with = resolve(Precision.AUTO, bf16, true);
      check(with, Precision.BF16, BF16, BF16, BF16);
      assertThat(with.reason()).isEqualTo("weights in [BF16]");
      ResolvedPrecision without = resolve(Precision.AUTO, bf16, false);
      check(without, Precision.F32, F32, F32, F32);
      assertThat(without.reason()).isEqualTo("weights in [BF16], no bf16 kernels here");
    }
    for (String other : new String[] {"gqa8_f32", "heads72_f16"}) {
      check(resolve(Precision.AUTO, other, true), Precision.F32, F32, F32, F32);
      check(resolve(Precision.AUTO, other, false), Precision.F32, F32, F32, F32);
    }
  }

  @Test
  void automaticallyInt8WhereItIsStored() {
    for (String checkpoint : Fixtures.QUANTISED) {
      ResolvedPrecision with = resolve(Precision.AUTO, checkpoint, true);
      check(with, Precision.INT8, INT8, BF16, BF16);
      assertThat(with.reason()).isEqualTo("as stored; other layers bf16: weights in [BF16]");
      check(resolve(Precision.AUTO, checkpoint, false), Precision.INT8, INT8, F32, F32);
    }
  }

  /** Weights in int8 are widened where integers cannot be multiplied. */
  @Test
  void automaticallyWidenedWhereIntegersAreNotMultiplied() {
    for (String checkpoint : Fixtures.QUANTISED) {
      ResolvedPrecision found =
          resolve(Precision.AUTO, checkpoint, with(Set.of(F32, BF16), Support.NONE));
      check(found, Precision.BF16, BF16, BF16, BF16);
      assertThat(found.reason())
          .isEqualTo(
              "stored in int8, no products in int8 here; other layers bf16: weights in [BF16]");
      check(
          resolve(Precision.AUTO, checkpoint, with(Set.of(F32), Support.NONE)),
          Precision.F32,
          F32,
          F32,
          F32);
    }
  }

  /** What a backend does not have is refused by what has it. */
  @Test
  void refusedWhereItIsNot() {
    FormatSupport cpu = format -> format == FP8 ? Support.NONE : Support.EMULATED;
    FormatSupport gpu = with(Set.of(F32, BF16), Support.NONE);
    for (Precision precision : Precision.values()) {
      if (precision != Precision.FP8) {
        ResolvedPrecision.require(precision, cpu, "cpu:0");
      }
    }
    assertThatExceptionOfType(ModelException.class)
        .isThrownBy(() -> ResolvedPrecision.require(Precision.FP8, cpu, "cpu:0"))
        .withMessage(
            "products in FP8 are not supported on cpu:0, which has f32, bf16, int8; what has them:"
                + " NVIDIA GPUs of compute capability 8.9 or later, backend cuda");
    assertThatExceptionOfType(ModelException.class)
        .isThrownBy(() -> ResolvedPrecision.require(Precision.INT8, gpu, "cuda:0"))
        .withMessage(
            "products in INT8 are not supported on cuda:0, which has f32, bf16; what has them:"
                + " processors, backend cpu, and most NVIDIA GPUs, backend cuda");
  }

  @Test
  void asAskedForWhateverThereIs() {
    for (String checkpoint : new String[] {"tied_gqa2", "gqa8_f32", "w8a8_text"}) {
      for (boolean kernels : new boolean[] {true, false}) {
        check(resolve(Precision.F32, checkpoint, kernels), Precision.F32, F32, F32, F32);
        check(resolve(Precision.BF16, checkpoint, kernels), Precision.BF16, BF16, BF16, BF16);
        check(resolve(Precision.INT8, checkpoint, kernels), Precision.INT8, INT8, INT8, BF16);
        check(resolve(Precision.FP8, checkpoint, kernels), Precision.FP8, FP8, FP8, BF16);
      }
    }
  }
}
