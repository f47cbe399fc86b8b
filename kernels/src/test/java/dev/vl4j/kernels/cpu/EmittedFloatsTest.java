package dev.vl4j.kernels.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.vl4j.kernels.Activation;
import dev.vl4j.kernels.AttentionPlan;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HeadNorm;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.KeyValues;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.Operand;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Rotary;
import dev.vl4j.kernels.RotaryEmbedding;
import dev.vl4j.kernels.Segment;
import dev.vl4j.kernels.Tensor;
import dev.vl4j.kernels.cpu.vector.Lanes;
import dev.vl4j.kernels.x86.FloatsAloneCode;
import dev.vl4j.kernels.x86.MachineCode;
import dev.vl4j.kernels.x86.PortableCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Float32 layers and attention by machine code against the same by the Vector API, bit by bit. */
class EmittedFloatsTest {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());

  static {
    System.out.println("EmittedFloatsTest: -Dtests.seed=" + SEED);
  }

  private final Random random = new Random(SEED);

  @BeforeEach
  void onlyWhereThereAreKernels() {
    assumeTrue(
        FloatsAloneCode.get().hasFloats(Lanes.FLOAT.vectorBitSize()),
        "not tested here: there are no float32 kernels of this width");
  }

  /** Ordinary numbers, large ones and tiny ones, over all ranges of the activations. */
  private float[] values(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      float unit = random.nextFloat(-1, 1);
      values[i] =
          switch (random.nextInt(8)) {
            case 0 -> 30 * unit;
            case 1 -> 1e-4f * unit;
            default -> unit;
          };
    }
    return values;
  }

  private static Backend backend(MachineCode code) {
    return new CpuBackend(2, 0, new CpuCode(code, CpuCode.get().aarch64()));
  }

  /** Runs the same with machine code and without. */
  private void assertSame(String what, Function<Backend, float[]> run) {
    try (Backend vectors = backend(PortableCode.get());
        Backend emitted = backend(FloatsAloneCode.get())) {
      assertThat(bits(run.apply(emitted)))
          .as("%s, seed %d", what, SEED)
          .containsExactly(bits(run.apply(vectors)));
    }
  }

  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToIntBits(values[i]); // what is no number is one
    }
    return bits;
  }

  private static Tensor upload(Forward forward, float[] values, int columns) {
    Tensor tensor = forward.tensor(values.length / columns, columns);
    forward.upload(values, tensor);
    return tensor;
  }

  private static HostMatrix matrix(float[] values, DType dtype, int rows, int columns) {
    MemorySegment data = Arena.ofAuto().allocate((long) values.length * dtype.bytes(), 64);
    for (int i = 0; i < values.length; i++) {
      switch (dtype) {
        case F32 -> data.setAtIndex(ValueLayout.JAVA_FLOAT, i, values[i]);
        case F16 -> data.setAtIndex(ValueLayout.JAVA_SHORT, i, Float.floatToFloat16(values[i]));
        case BF16 ->
            data.setAtIndex(
                ValueLayout.JAVA_SHORT, i, (short) (Float.floatToIntBits(values[i]) >>> 16));
        case I8 -> throw new IllegalArgumentException("no " + dtype);
      }
    }
    return new HostMatrix("weight", data, dtype, rows, columns);
  }

  /**
   * Depths below, at and past a kernel's turn and a step of depth; panels that are partly there.
   */
  @ParameterizedTest
  @CsvSource({
    "1, 1, 1, F32, F32",
    "2, 3, 33, F32, F32",
    "3, 4, 16, BF16, F32",
    "4, 64, 31, BF16, F32",
    "5, 65, 64, F16, F32",
    "6, 511, 48, BF16, F32",
    "13, 513, 16, F32, F32",
    "121, 1029, 40, BF16, F32",
    "125, 70, 80, BF16, BF16",
    "7, 30, 50, F32, BF16",
    "19, 130, 70, F32, INT8"
  })
  void linearLayers(
      int rows, int inFeatures, int outFeatures, DType dtype, OperandFormat operands) {
    float[] x = values(rows * inFeatures);
    HostMatrix first = matrix(values(outFeatures * inFeatures), dtype, outFeatures, inFeatures);
    HostMatrix second = matrix(values(outFeatures * inFeatures), dtype, outFeatures, inFeatures);
    float[] bias = values(outFeatures);
    float[] residual = values(rows * outFeatures);
    for (Activation activation : Activation.values()) {
      for (int adds = 0; adds < 4; adds++) {
        boolean hasBias = (adds & 1) != 0;
        boolean hasResidual = (adds & 2) != 0;
        assertSame(
            "%s, bias %s, residual %s".formatted(activation, hasBias, hasResidual),
            backend -> {
              try (Linear weight = backend.prepare(List.of(first), operands);
                  Forward forward = backend.begin()) {
                Epilogue epilogue =
                    new Epilogue(
                        hasBias ? upload(forward, bias, outFeatures) : null,
                        activation,
                        hasResidual ? upload(forward, residual, outFeatures) : null);
                return linear(forward, x, weight, epilogue);
              }
            });
      }
    }
    assertSame(
        "gated",
        backend -> {
          try (Linear weight = backend.prepareGated(first, second, operands);
              Forward forward = backend.begin()) {
            return linear(forward, x, weight, Epilogue.NONE);
          }
        });
  }

  private static float[] linear(Forward forward, float[] x, Linear weight, Epilogue epilogue) {
    Tensor in = upload(forward, x, weight.inFeatures());
    Tensor out = forward.tensor(in.rows(), weight.outFeatures());
    forward.linear(in, weight, epilogue, out);
    return forward.read(out).await();
  }

  /** Sums of rows in views of wider tensors, in whole vectors and not. */
  @ParameterizedTest
  @ValueSource(ints = {1, 8, 31, 96})
  void sums(int columns) {
    int rows = 1 + random.nextInt(40);
    int wider = columns + random.nextInt(9);
    float[] x = values(rows * wider);
    float[] to = values(rows * (wider + 3));
    assertSame(
        "%d columns".formatted(columns),
        backend -> {
          try (Forward forward = backend.begin()) {
            Tensor out = upload(forward, to, wider + 3);
            int first = wider - columns;
            forward.add(
                upload(forward, x, wider).columns(0, columns), out.columns(first, first + columns));
            return forward.read(out).await();
          }
        });
  }

  /** A segment, its child and a grandchild in both directions, over several tiles of keys. */
  @ParameterizedTest
  @ValueSource(ints = {2, 8, 20, 32, 64, 72, 128})
  void attention(int headSize) {
    int[] lengths = {130 + random.nextInt(9), 1 + random.nextInt(150), 1 + random.nextInt(20)};
    attention(headSize, lengths, false);
  }

  /** More whole tiles of keys than a call takes; blocks of rows that see them all. */
  @Test
  void attentionOfManyKeys() {
    attention(8, new int[] {1030, 120 + random.nextInt(20), 7}, false);
  }

  /** What is no number stays so in the rows that see it, and gets into no other. */
  @Test
  void attentionOfWhatIsNoNumber() {
    attention(64, new int[] {130, 1 + random.nextInt(150), 5}, true);
  }

  private void attention(int headSize, int[] lengths, boolean broken) {
    int heads = 4;
    int keyValueHeads = 2;
    int columns = (heads + 2 * keyValueHeads) * headSize;
    int rows = lengths[0] + lengths[1] + lengths[2];
    float[] projected = values(rows * columns);
    if (broken) {
      projected[(lengths[0] - 2) * columns + heads * headSize] = Float.NaN;
      projected[5 * columns] = Float.POSITIVE_INFINITY;
    }
    float[] weight = values(headSize);
    float[] frequencies = values(headSize / 2);
    int[] positions = random.ints(rows, 0, 1000).toArray();
    RotaryEmbedding embedding = new RotaryEmbedding(frequencies, new int[headSize / 2], 1);
    for (OperandFormat operands : List.of(OperandFormat.F32, OperandFormat.BF16)) {
      AttentionShape shape = new AttentionShape(heads, keyValueHeads, headSize, 0.3f, operands);
      assertSame(
          "heads of %d in %s".formatted(headSize, operands),
          backend -> {
            try (Forward forward = backend.begin()) {
              KeyValues keyValues = forward.keyValues(shape, rows);
              List<Segment> segments = new ArrayList<>();
              int start = 0;
              for (int i = 0; i < lengths.length; i++) {
                segments.add(Segment.computed(keyValues, start, lengths[i], i - 1, i < 2));
                start += lengths[i];
              }
              AttentionPlan plan = forward.attention(shape, segments);
              HeadNorm norm = new HeadNorm(upload(forward, weight, headSize), 1e-6f);
              Rotary rotary = forward.rotary(embedding, new int[][] {positions});
              Operand queries = forward.queries(rows, shape);
              Tensor in = upload(forward, projected, columns);
              forward.queryKeyValues(in, norm, norm, rotary, plan, 0, queries);
              Tensor out = forward.tensor(rows, heads * headSize);
              forward.attention(queries, plan, 0, out);
              return forward.read(out).await();
            }
          });
    }
  }
}
