package dev.vl4j.engine.model.weights;

import dev.vl4j.engine.ModelException;
import dev.vl4j.engine.Precision;
import dev.vl4j.engine.model.config.QuantizationConfig;
import dev.vl4j.engine.model.config.TensorNames;
import dev.vl4j.kernels.FormatSupport;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Support;
import dev.vl4j.loader.Checkpoint;
import dev.vl4j.loader.ElementType;
import dev.vl4j.loader.StoredTensor;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link Precision} comes to for one checkpoint on one backend.
 *
 * @param precision never {@link Precision#AUTO}
 * @param quantised operands of linear layers that are stored in int8
 * @param ordinary operands of all other linear layers
 * @param attention operands of attention
 * @param reason why it is so, for people
 */
public record ResolvedPrecision(
    Precision precision,
    OperandFormat quantised,
    OperandFormat ordinary,
    OperandFormat attention,
    String reason) {

  /**
   * @param quantization null if nothing is stored in int8
   */
  public static ResolvedPrecision of(
      Precision wanted,
      Checkpoint checkpoint,
      @Nullable QuantizationConfig quantization,
      FormatSupport backend) {
    return switch (wanted) {
      case AUTO -> automatic(checkpoint, quantization, backend);
      case F32 -> everywhere(wanted, OperandFormat.F32, OperandFormat.F32, backend);
      case BF16 -> everywhere(wanted, OperandFormat.BF16, OperandFormat.BF16, backend);
      case INT8 -> everywhere(wanted, OperandFormat.INT8, OperandFormat.BF16, backend);
      case FP8 -> everywhere(wanted, OperandFormat.FP8, OperandFormat.BF16, backend);
    };
  }

  /**
   * Refuses a precision that a backend does not have.
   *
   * @param name of the backend, for the message
   * @throws ModelException that says what has it
   */
  public static void require(Precision wanted, FormatSupport backend, String name) {
    if (wanted == Precision.AUTO
        || backend.supports(OperandFormat.valueOf(wanted.name())) != Support.NONE) {
      return;
    }
    String others =
        Arrays.stream(OperandFormat.values())
            .filter(format -> backend.supports(format) != Support.NONE)
            .map(format -> Precision.valueOf(format.name()).toString())
            .collect(Collectors.joining(", "));
    String where =
        switch (wanted) {
          case INT8 -> "processors, backend cpu, and most NVIDIA GPUs, backend cuda";
          case FP8 -> "NVIDIA GPUs of compute capability 8.9 or later, backend cuda";
          case AUTO, F32, BF16 -> "other backends";
        };
    throw new ModelException(
        "products in %s are not supported on %s, which has %s; what has them: %s"
            .formatted(OperandFormat.valueOf(wanted.name()), name, others, where));
  }

  private static ResolvedPrecision everywhere(
      Precision precision, OperandFormat linear, OperandFormat attention, FormatSupport backend) {
    String reason =
        backend.supports(linear) == Support.KERNELS
            ? "as asked for"
            : "as asked for, no %s kernels here: no faster than f32".formatted(precision);
    return new ResolvedPrecision(precision, linear, linear, attention, reason);
  }

  private static ResolvedPrecision automatic(
      Checkpoint checkpoint, @Nullable QuantizationConfig quantization, FormatSupport backend) {
    Set<ElementType> types = ordinaryTypes(checkpoint);
    boolean kernels = backend.supports(OperandFormat.BF16) == Support.KERNELS;
    boolean rounded = types.equals(Set.of(ElementType.BF16));
    OperandFormat ordinary = kernels && rounded ? OperandFormat.BF16 : OperandFormat.F32;
    String reason =
        "weights in %s%s".formatted(types, rounded && !kernels ? ", no bf16 kernels here" : "");
    if (quantization == null) {
      return automatic(ordinary, ordinary, ordinary, reason);
    }
    OperandFormat attention = kernels ? OperandFormat.BF16 : OperandFormat.F32;
    boolean integers = backend.supports(OperandFormat.INT8) != Support.NONE;
    return automatic(
        integers ? OperandFormat.INT8 : attention,
        ordinary,
        attention,
        "%s; other layers %s: %s"
            .formatted(
                integers ? "as stored" : "stored in int8, no products in int8 here",
                Precision.valueOf(ordinary.name()),
                reason));
  }

  private static ResolvedPrecision automatic(
      OperandFormat quantised, OperandFormat ordinary, OperandFormat attention, String reason) {
    return new ResolvedPrecision(
        Precision.valueOf(quantised.name()), quantised, ordinary, attention, reason);
  }

  /** In what the weights of linear layers are stored, other than int8. */
  private static Set<ElementType> ordinaryTypes(Checkpoint checkpoint) {
    Set<ElementType> types = new TreeSet<>();
    for (String name : checkpoint.names()) {
      StoredTensor tensor = checkpoint.tensor(name);
      if (isLinear(tensor) && tensor.type() != ElementType.I8) {
        types.add(tensor.type());
      }
    }
    return types;
  }

  /** Tables of tokens and positions are looked up in, and the head is two rows of one. */
  private static boolean isLinear(StoredTensor tensor) {
    String name = tensor.name();
    return name.endsWith(".weight")
        && tensor.shape().size() >= 2
        && !name.endsWith("_embed.weight")
        && !TensorNames.isEmbeddings(name)
        && !name.equals(TensorNames.HEAD)
        && !name.equals(TensorNames.CLASSIFIER);
  }
}
