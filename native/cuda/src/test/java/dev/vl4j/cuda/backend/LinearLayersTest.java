package dev.vl4j.cuda.backend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.cuda.fake.FakeCuda;
import dev.vl4j.cuda.fake.FakeDevice;
import dev.vl4j.kernels.Activation;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.OwnedTensor;
import dev.vl4j.kernels.Tensor;
import dev.vl4j.kernels.reference.ReferenceBackend;
import dev.vl4j.testkit.Seeds;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Layers of the widths that models have, whose products do more than those of odd widths: bias,
 * activation and residual in all combinations, written to where products can write and to where
 * they cannot.
 */
class LinearLayersTest {
  private static final int ROWS = 5;
  private static final int IN = 64;
  private static final int OUT = 48;

  @RegisterExtension final FakeGpus gpus = new FakeGpus();
  private final Seeds seeds = new Seeds("layers");
  private final float[] x = seeds.values(ROWS * IN);
  private final float[] residual = seeds.values(ROWS * OUT);
  private final float[] exactBias = sixteenths(seeds.values(OUT));
  private final float[] bias = seeds.values(OUT);
  private final HostMatrix weight =
      Seeds.matrix("weight", seeds.values(OUT * IN), DType.BF16, OUT, IN);

  /** Kernels that the last layer launched besides its product. */
  private int launches;

  private static float[] sixteenths(float[] values) {
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.round(16 * values[i]) / 16f;
    }
    return values;
  }

  /** Which layer, from where to where. */
  private record Layer(
      OperandFormat format,
      Activation activation,
      Bias bias,
      boolean residual,
      Place from,
      Place to) {}

  private enum Bias {
    NONE,
    /** Of values that bfloat16 has. */
    EXACT,
    /** Of other values. */
    ROUNDED,
    /** In the forward's own memory, in the middle of a row. */
    VIEW
  }

  private enum Place {
    /** A tensor as products like it. */
    DENSE,
    /** Columns of a wider tensor, aligned. */
    COLUMNS,
    /** Columns of a wider tensor that begin anywhere. */
    ODD_COLUMNS,
    OPERAND;

    private Tensor tensor(Forward forward, int columns) {
      return switch (this) {
        case DENSE, OPERAND -> forward.tensor(ROWS, columns);
        case COLUMNS -> forward.tensor(ROWS, columns + 16).columns(8, columns + 8);
        case ODD_COLUMNS -> forward.tensor(ROWS, columns + 3).columns(1, columns + 1);
      };
    }
  }

  private static List<Layer> layers(OperandFormat format) {
    List<Layer> layers = new ArrayList<>();
    for (Activation activation : Activation.values()) {
      for (Bias bias : Bias.values()) {
        for (boolean residual : new boolean[] {false, true}) {
          for (Place to : Place.values()) {
            if (!(residual && to == Place.OPERAND)) {
              Place from = Place.values()[layers.size() % Place.values().length];
              layers.add(new Layer(format, activation, bias, residual, from, to));
            }
          }
        }
      }
    }
    return layers;
  }

  private float[] run(Backend backend, Layer layer) {
    return run(backend, layer, null);
  }

  /**
   * @param machine whose kernels to count, or null
   */
  private float[] run(Backend backend, Layer layer, @Nullable FakeCuda machine) {
    try (Linear linear = backend.prepare(List.of(weight), layer.format);
        Linear reader = backend.prepare(List.of(identity(OUT)), layer.format);
        OwnedTensor exact = backend.upload(exactBias, 1, OUT);
        OwnedTensor rounded = backend.upload(bias, 1, OUT);
        Forward forward = backend.begin()) {
      Tensor in = layer.from.tensor(forward, IN);
      forward.upload(x, in);
      Tensor added = layer.to.tensor(forward, OUT);
      forward.upload(residual, added);
      Tensor view = forward.tensor(1, OUT + 5).columns(3, OUT + 3);
      forward.upload(bias, view);
      Epilogue epilogue =
          new Epilogue(
              switch (layer.bias) {
                case NONE -> null;
                case EXACT -> exact;
                case ROUNDED -> rounded;
                case VIEW -> view;
              },
              layer.activation,
              layer.residual ? added : null);
      Operand read = in;
      if (layer.from == Place.OPERAND) {
        try (Linear same = backend.prepare(List.of(identity(IN)), layer.format)) {
          read = forward.operand(ROWS, linear);
          forward.linear(in, same, Epilogue.NONE, read);
        }
      }
      Tensor tensor = layer.to.tensor(forward, OUT);
      Operand out = layer.to == Place.OPERAND ? forward.operand(ROWS, reader) : tensor;
      launches = -launches(machine, forward);
      forward.linear(read, linear, epilogue, out);
      launches += launches(machine, forward);
      if (layer.to == Place.OPERAND) {
        forward.linear(out, reader, Epilogue.NONE, tensor);
      }
      return forward.read(tensor).await();
    }
  }

  private static int launches(@Nullable FakeCuda machine, Forward forward) {
    // Launches are enqueued at the latest when a copy is.
    forward.upload(new float[1], forward.tensor(1, 1));
    return machine == null ? 0 : machine.calls("cuLaunchKernel");
  }

  /** Multiplied with it, an operand in bfloat16 is what it is. */
  private static HostMatrix identity(int size) {
    float[] values = new float[size * size];
    for (int i = 0; i < size; i++) {
      values[i * size + i] = 1;
    }
    return Seeds.matrix("identity", values, DType.F32, size, size);
  }

  @ParameterizedTest
  @EnumSource(names = {"F32", "BF16", "FP8", "INT8"})
  void everyCombinationIsWhatTheReferenceComputes(OperandFormat format) {
    compareWithReference(gpus.machine(), format);
  }

  /** There, it is a kernel that multiplies by scales, not cuBLASLt. */
  @Test
  void everyCombinationInFp8IsWhatTheReferenceComputesOnAda() {
    compareWithReference(gpus.add(FakeCuda.builder().device(FakeDevice.ADA)), OperandFormat.FP8);
  }

  private void compareWithReference(FakeCuda machine, OperandFormat format) {
    try (ReferenceBackend reference = new ReferenceBackend();
        CudaBackend backend = gpus.open(machine, FakeGpus.SMALL_MEMORY)) {
      for (Layer layer : layers(format)) {
        float[] got = run(backend, layer);
        float[] want = run(reference, layer);
        assertThat(got).hasSameSizeAs(want);
        // An operand is rounded, perhaps the other way than the reference's.
        double rounding = layer.to == Place.OPERAND ? step(format) : 0;
        for (int i = 0; i < want.length; i++) {
          double allowed = 2e-5 + rounding * Math.abs(want[i]);
          assertThat((double) got[i])
              .as("%s, element %d, seed %d", layer, i, Seeds.seed())
              .isBetween(want[i] - allowed, want[i] + allowed);
        }
      }
    }
  }

  private static double step(OperandFormat format) {
    return switch (format) {
      case F32 -> 0;
      case BF16 -> 0x1p-7;
      case FP8 -> 0x1p-3;
      case INT8 -> 1 / 127.0;
    };
  }

  private static Layer rounded(
      Activation activation, Bias bias, boolean residual, Place from, Place to) {
    return new Layer(OperandFormat.BF16, activation, bias, residual, from, to);
  }

  @Test
  void aProductDoesWhatItCan() {
    List<Layer> alone =
        List.of(
            // Vision: queries, keys and values; the first layer of an MLP; the second one.
            rounded(Activation.NONE, Bias.ROUNDED, false, Place.OPERAND, Place.DENSE),
            rounded(Activation.GELU_TANH, Bias.EXACT, false, Place.OPERAND, Place.OPERAND),
            rounded(Activation.NONE, Bias.ROUNDED, true, Place.OPERAND, Place.DENSE),
            // Text: columns of a wider tensor; what is added to the residual stream.
            rounded(Activation.NONE, Bias.NONE, false, Place.OPERAND, Place.COLUMNS),
            rounded(Activation.NONE, Bias.NONE, true, Place.OPERAND, Place.DENSE),
            new Layer(
                OperandFormat.F32, Activation.NONE, Bias.NONE, true, Place.DENSE, Place.DENSE));
    List<Layer> withAKernel =
        List.of(
            rounded(Activation.GELU_ERF, Bias.EXACT, false, Place.OPERAND, Place.OPERAND),
            rounded(Activation.GELU_TANH, Bias.ROUNDED, false, Place.OPERAND, Place.OPERAND),
            rounded(Activation.NONE, Bias.NONE, false, Place.DENSE, Place.DENSE),
            new Layer(
                OperandFormat.F32, Activation.NONE, Bias.EXACT, false, Place.DENSE, Place.DENSE));
    FakeCuda machine = gpus.machine();
    try (CudaBackend backend = gpus.open(machine, FakeGpus.SMALL_MEMORY)) {
      for (Layer layer : alone) {
        float[] _ = run(backend, layer, machine);
        assertThat(launches).as(layer.toString()).isZero();
      }
      for (Layer layer : withAKernel) {
        float[] _ = run(backend, layer, machine);
        assertThat(launches).as(layer.toString()).isEqualTo(1);
      }
    }
  }

  /** The copy of a bias in bfloat16 is of what was uploaded. */
  @Test
  void aBiasThatChangesIsReadAsItIs() {
    Layer layer =
        new Layer(
            OperandFormat.BF16, Activation.NONE, Bias.EXACT, false, Place.DENSE, Place.OPERAND);
    try (CudaBackend backend = gpus.open(gpus.machine(), FakeGpus.SMALL_MEMORY);
        OwnedTensor changing = backend.upload(exactBias, 1, OUT);
        Linear linear = backend.prepare(List.of(weight), layer.format);
        Linear reader = backend.prepare(List.of(identity(OUT)), layer.format);
        Forward forward = backend.begin()) {
      Tensor in = forward.tensor(ROWS, IN);
      forward.upload(new float[ROWS * IN], in);
      forward.add(changing.columns(8, 16), changing.columns(0, 8));
      Operand out = forward.operand(ROWS, reader);
      forward.linear(in, linear, Epilogue.bias(changing), out);
      Tensor seen = forward.tensor(ROWS, OUT);
      forward.linear(out, reader, Epilogue.NONE, seen);
      float[] values = forward.read(seen).await();
      for (int i = 0; i < OUT; i++) {
        float expected = exactBias[i] + (i < 8 ? exactBias[i + 8] : 0);
        assertThat(values[i]).isEqualTo(expected);
      }
    }
  }
}
