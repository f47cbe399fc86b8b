package dev.vl4j.kernels;

import static dev.vl4j.kernels.Twin.REFERENCE;

import dev.vl4j.kernels.Seeds.Fill;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every backend computes, within a stated tolerance of the reference. */
abstract class BackendContract {
  private static final int[] SIZES = {1, 3, 7, 13, 25, 31, 33, 64, 65, 100, 207};
  private static final int[] ROWS = {1, 2, 5, 17, 33};

  private static final OperandFormat[] ATTENTION_FORMATS = {OperandFormat.F32, OperandFormat.BF16};

  private Backend backend;
  private Seeds seeds;

  abstract Backend open();

  @BeforeEach
  void start(TestInfo test) {
    backend = open();
    seeds = new Seeds(test.getDisplayName());
  }

  @AfterEach
  void stop() {
    backend.close();
  }

  private Twin twin(Fill fill, int rows, int columns) {
    return Twin.of(backend, fill.values(seeds, rows * columns), rows, columns);
  }

  private Twin twin(int rows, int columns) {
    return twin(Fill.UNIT, rows, columns);
  }

  private Twin empty(int rows, int columns) {
    return Twin.empty(backend, rows, columns);
  }

  /** Depths cross the kernel's blocks, and widths are no multiples of a panel. */
  @ParameterizedTest
  @CsvSource({
    "1, 1",
    "3, 7",
    "31, 33",
    "33, 1",
    "64, 64",
    "65, 100",
    "207, 31",
    "511, 25",
    "512, 65",
    "513, 33",
    "1025, 13",
    "1500, 45"
  })
  void linear(int inFeatures, int outFeatures) {
    float[] values = seeds.values(outFeatures * inFeatures);
    for (DType dtype : DType.values()) {
      HostMatrix matrix = Seeds.matrix("weight", values, dtype, outFeatures, inFeatures);
      for (OperandFormat format : OperandFormat.values()) {
        for (int rows : new int[] {1, 2, 6, 11, 12, 13, 25}) {
          checkLinear(List.of(matrix), format, Fill.UNIT, rows);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void linearFills(Fill fill) {
    HostMatrix first = Seeds.matrix("first", seeds.values(33 * 65), DType.BF16, 33, 65);
    HostMatrix second = Seeds.matrix("second", seeds.values(7 * 65), DType.F16, 7, 65);
    for (OperandFormat format : OperandFormat.values()) {
      for (int rows = 1; rows <= 27; rows++) {
        checkLinear(List.of(first, second), format, fill, rows);
      }
      checkLinear(List.of(first, second, first), format, fill, 250);
    }
  }

  /** As where some layers of a checkpoint are quantised: each part keeps what it is stored in. */
  @ParameterizedTest
  @EnumSource
  void linearOfMixedParts(DType other) {
    HostMatrix first = Seeds.matrix("first", seeds.values(33 * 65), DType.I8, 33, 65);
    HostMatrix second = Seeds.matrix("second", seeds.values(7 * 65), other, 7, 65);
    for (OperandFormat format : OperandFormat.values()) {
      checkLinear(List.of(first, second, first), format, Fill.OUTLIERS, 25);
      checkLinear(List.of(second, first), format, Fill.UNIT, 13);
    }
  }

  /** Weights of -128 throughout, at which sums of products are largest. */
  @ParameterizedTest
  @ValueSource(ints = {1, 65, 1025})
  void linearOfLowestIntegers(int inFeatures) {
    HostMatrix lowest = lowest(33, inFeatures);
    for (Fill fill : Fill.values()) {
      for (int rows : new int[] {1, 12, 25}) {
        checkLinear(List.of(lowest), OperandFormat.INT8, fill, rows);
      }
    }
  }

  /** So deep that rows are cut wherever they are, and more than pass together. */
  @ParameterizedTest
  @EnumSource
  void linearOfDeepRows(OperandFormat format) {
    int inFeatures = 13000;
    HostMatrix matrix =
        Seeds.matrix("weight", seeds.values(40 * inFeatures), DType.BF16, 40, inFeatures);
    checkLinear(List.of(matrix), format, Fill.UNIT, 33);
    checkLinear(List.of(matrix), format, Fill.OUTLIERS, 170);
  }

  /** The sum of the longest row comes within 2^17 of what 32 bits hold. */
  @Test
  void linearOfLowestIntegersAtTheLargestDepth() {
    int depth = Quantization.LARGEST_DEPTH;
    float[] ones = new float[depth];
    Arrays.fill(ones, 1);
    Twin x = Twin.of(backend, ones, 1, depth);
    Twin out = empty(1, 3);
    List<HostMatrix> parts = List.of(lowest(3, depth));
    try (Linear tested = backend.prepare(parts, OperandFormat.INT8);
        Linear truth = REFERENCE.prepare(parts, OperandFormat.INT8)) {
      backend.linear(x.tested(), tested, Epilogue.NONE, out.tested());
      REFERENCE.linear(x.truth(), truth, Epilogue.NONE, out.truth());
    }
    out.compare("lowest integers", (row, column, want) -> 1e-6 * Math.abs(want));
  }

  private static HostMatrix lowest(int rows, int columns) {
    byte[] elements = new byte[rows * columns];
    Arrays.fill(elements, Byte.MIN_VALUE);
    float[] steps = new float[rows];
    Arrays.fill(steps, 1f / 128);
    return Seeds.int8Matrix("lowest", elements, steps, columns);
  }

  private void checkLinear(List<HostMatrix> parts, OperandFormat format, Fill fill, int rows) {
    int inFeatures = parts.getFirst().columns();
    int outFeatures = parts.stream().mapToInt(HostMatrix::rows).sum();
    Twin x = twin(fill, rows, inFeatures);
    Twin bias = twin(1, outFeatures);
    Twin residual = twin(rows, outFeatures);
    double largest = largest(REFERENCE.download(x.truth()));
    double sum = 2e-6 * Math.sqrt(inFeatures) * largest;
    try (Linear tested = backend.prepare(parts, format);
        Linear truth = REFERENCE.prepare(parts, format)) {
      for (Activation activation : Activation.values()) {
        for (int options = 0; options < 4; options++) {
          boolean withBias = (options & 1) != 0;
          boolean withResidual = (options & 2) != 0;
          Twin out = empty(rows, outFeatures);
          backend.linear(
              x.tested(),
              tested,
              new Epilogue(
                  withBias ? bias.tested() : null,
                  activation,
                  withResidual ? residual.tested() : null),
              out.tested());
          REFERENCE.linear(
              x.truth(),
              truth,
              new Epilogue(
                  withBias ? bias.truth() : null,
                  activation,
                  withResidual ? residual.truth() : null),
              out.truth());
          // The activations' slopes are below 1.2; bias and residual are below 1.
          double last = withBias || withResidual || activation != Activation.NONE ? 5e-7 : 0;
          out.compare(
              "linear %s x %s %s %s %s".formatted(rows, parts, format, activation, options),
              (row, column, want) -> 1.2 * sum + last + 1e-6 * Math.abs(want));
        }
      }
    }
  }

  private static double largest(float[] values) {
    double largest = 0;
    for (float value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }

  @ParameterizedTest
  @EnumSource
  void rmsNorm(Fill fill) {
    for (int columns : SIZES) {
      for (int rows : ROWS) {
        Twin x = twin(fill, rows, columns);
        Twin weight = twin(1, columns);
        Twin out = empty(rows, columns);
        backend.rmsNorm(x.tested(), weight.tested(), 1e-6f, out.tested());
        REFERENCE.rmsNorm(x.truth(), weight.truth(), 1e-6f, out.truth());
        out.compare("rmsNorm", (row, column, want) -> 2e-6 * Math.abs(want));
        backend.rmsNorm(x.tested(), weight.tested(), 1e-6f, x.tested());
        REFERENCE.rmsNorm(x.truth(), weight.truth(), 1e-6f, x.truth());
        x.compare("rmsNorm in place", (row, column, want) -> 2e-6 * Math.abs(want));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void layerNorm(Fill fill) {
    for (int columns : SIZES) {
      for (int rows : ROWS) {
        Twin x = twin(fill, rows, columns);
        Twin weight = twin(1, columns);
        Twin bias = twin(1, columns);
        Twin out = empty(rows, columns);
        backend.layerNorm(x.tested(), weight.tested(), bias.tested(), 1e-6f, out.tested());
        REFERENCE.layerNorm(x.truth(), weight.truth(), bias.truth(), 1e-6f, out.truth());
        out.compare("layerNorm", (row, column, want) -> 1e-5 * (1 + Math.abs(want)));
        backend.layerNorm(x.tested(), weight.tested(), bias.tested(), 1e-6f, x.tested());
        REFERENCE.layerNorm(x.truth(), weight.truth(), bias.truth(), 1e-6f, x.truth());
        x.compare("layerNorm in place", (row, column, want) -> 1e-5 * (1 + Math.abs(want)));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 12, 18, 20, 24, 32, 64, 72, 128})
  void heads(int headSize) {
    for (Fill fill : Fill.values()) {
      for (int heads : new int[] {1, 2, 5}) {
        for (int rows : ROWS) {
          Twin x = twin(fill, rows, heads * headSize);
          Twin weight = twin(1, headSize);
          backend.rmsNormHeads(x.tested(), weight.tested(), 1e-6f);
          REFERENCE.rmsNormHeads(x.truth(), weight.truth(), 1e-6f);
          x.compare("rmsNormHeads", (row, column, want) -> 2e-6 * Math.abs(want));

          Twin y = twin(fill, rows, heads * headSize);
          Twin cosine = twin(rows, headSize / 2);
          Twin sine = twin(rows, headSize / 2);
          double largest = largest(REFERENCE.download(y.truth()));
          backend.rotate(y.tested(), cosine.tested(), sine.tested());
          REFERENCE.rotate(y.truth(), cosine.truth(), sine.truth());
          y.compare("rotate", (row, column, want) -> 3e-7 * largest);
        }
      }
    }
  }

  /** Widths are no multiples of half a panel, and depths cross the kernel's blocks. */
  @ParameterizedTest
  @EnumSource
  void gatedLinear(Fill fill) {
    for (OperandFormat format : OperandFormat.values()) {
      for (DType dtype : DType.values()) {
        checkGated(format, dtype, fill, 13, 31, 65);
        checkGated(format, dtype, fill, 1, 1, 3);
      }
      checkGated(format, DType.BF16, fill, 3, 16, 512);
      checkGated(format, DType.BF16, fill, 25, 45, 1025);
      checkGated(format, DType.BF16, fill, 250, 71, 33);
    }
  }

  private void checkGated(
      OperandFormat format, DType dtype, Fill fill, int rows, int outFeatures, int inFeatures) {
    float[] values = seeds.values(2 * outFeatures * inFeatures);
    int half = outFeatures * inFeatures;
    HostMatrix gate =
        Seeds.matrix("gate", Arrays.copyOf(values, half), dtype, outFeatures, inFeatures);
    HostMatrix up =
        Seeds.matrix(
            "up", Arrays.copyOfRange(values, half, 2 * half), dtype, outFeatures, inFeatures);
    Twin x = twin(fill, rows, inFeatures);
    Twin out = empty(rows, outFeatures);
    Tensor both = REFERENCE.allocate(rows, 2 * outFeatures);
    try (Linear tested = backend.prepareGated(gate, up, format);
        Linear truth = REFERENCE.prepareGated(gate, up, format);
        Linear stacked = REFERENCE.prepare(List.of(gate, up), format)) {
      backend.linear(x.tested(), tested, Epilogue.NONE, out.tested());
      REFERENCE.linear(x.truth(), truth, Epilogue.NONE, out.truth());
      REFERENCE.linear(x.truth(), stacked, Epilogue.NONE, both);
    }
    float[] sums = REFERENCE.download(both);
    double error = 2e-6 * Math.sqrt(inFeatures) * largest(REFERENCE.download(x.truth()));
    // The slope of silu is below 1.1, and its value never beyond the gate's; 1e-26: where exp has
    // underflowed, a gate of -88 or less is as good as zero.
    out.compare(
        "gated linear %s".formatted(format),
        (row, column, want) -> {
          double gateSum = Math.abs(sums[row * 2 * outFeatures + column]);
          double upSum = Math.abs(sums[row * 2 * outFeatures + outFeatures + column]);
          return 1.1 * error * (gateSum + upSum + error) + 2e-6 * Math.abs(want) + 1e-26;
        });
  }

  @ParameterizedTest
  @EnumSource
  void tables(DType dtype) {
    for (int columns : SIZES) {
      HostMatrix matrix = Seeds.matrix("table", seeds.values(29 * columns), dtype, 29, columns);
      RowTable tested = backend.table(matrix);
      RowTable truth = REFERENCE.table(matrix);
      int[] rows = seeds.random.ints(24, 0, 29).toArray();
      Twin out = empty(24, columns);
      backend.gather(tested, rows, out.tested());
      REFERENCE.gather(truth, rows, out.truth());
      out.compare("gather", (row, column, want) -> 0);

      for (int taps : new int[] {1, 3, 4}) {
        Twin sum = twin(24 / taps, columns);
        float[] weights = seeds.values(24);
        backend.addInterpolated(tested, rows, weights, taps, sum.tested());
        REFERENCE.addInterpolated(truth, rows, weights, taps, sum.truth());
        sum.compare("addInterpolated", (row, column, want) -> 1e-6);
      }
    }
  }

  @Test
  void rows() {
    for (int columns : SIZES) {
      Twin x = twin(9, columns);
      Twin out = twin(13, columns);
      int[] sources = {8, 0, 3, 3};
      int[] destinations = {12, 5, 0, 7};
      backend.copyRows(x.tested(), sources, out.tested(), destinations);
      REFERENCE.copyRows(x.truth(), sources, out.truth(), destinations);
      out.compare("copyRows", (row, column, want) -> 0);

      int[] all = {12, 5, 0, 7, 1, 2, 3, 11, 4};
      backend.addRows(x.tested(), out.tested(), all);
      REFERENCE.addRows(x.truth(), out.truth(), all);
      out.compare("addRows", (row, column, want) -> 0);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 12",
    "2, 1, 18",
    "2, 2, 20",
    "8, 1, 24",
    "4, 2, 32",
    "3, 3, 64",
    "2, 2, 72",
    "16, 2, 128"
  })
  void attention(int heads, int keyValueHeads, int headSize) {
    float scale = (float) (1 / Math.sqrt(headSize));
    for (OperandFormat format : ATTENTION_FORMATS) {
      AttentionShape shape = new AttentionShape(heads, keyValueHeads, headSize, scale, format);
      for (int trial = 0; trial < 6; trial++) {
        List<Segment> segments = seeds.forest(1 + trial);
        int rows = Seeds.rows(segments);
        int width = (heads + 2 * keyValueHeads) * headSize;
        checkAttention(
            shape, segments, Twin.over(backend, seeds.values(rows * width), rows, width), 1);
      }
    }
  }

  /** Rows that are only attended to, as those of an earlier forward are. */
  @Test
  void attentionOfSomeRows() {
    for (OperandFormat format : ATTENTION_FORMATS) {
      AttentionShape shape = new AttentionShape(4, 2, 20, 0.2f, format);
      for (int trial = 0; trial < 12; trial++) {
        List<Segment> segments = seeds.fewerQueries(seeds.forest(1 + trial / 2));
        int rows = Seeds.rows(segments);
        checkAttention(shape, segments, Twin.over(backend, seeds.values(rows * 160), rows, 160), 1);
      }
    }
  }

  /** Logits of +-1e4 whose products are integers, so that float32 holds them exactly. */
  @Test
  void attentionHugeLogits() {
    List<Segment> segments = seeds.forest(4);
    int rows = Seeds.rows(segments);
    float[] values = new float[rows * 4 * 24];
    for (int row = 0; row < rows; row++) {
      for (int block = 0; block < 3; block++) {
        values[(row * 4 + block) * 24] = seeds.between(-100, 100);
      }
      for (int i = 0; i < 24; i++) {
        values[(row * 4 + 3) * 24 + i] = 100 * (2 * seeds.random.nextFloat() - 1);
      }
    }
    for (OperandFormat format : ATTENTION_FORMATS) {
      AttentionShape shape = new AttentionShape(2, 1, 24, 1, format);
      checkAttention(shape, segments, Twin.over(backend, values, rows, 4 * 24), 100);
    }
  }

  /** A context of several key tiles and of several tasks' query rows. */
  @Test
  void attentionLong() {
    for (OperandFormat format : ATTENTION_FORMATS) {
      AttentionShape shape = new AttentionShape(2, 1, 40, 0.3f, format);
      List<Segment> segments =
          List.of(
              Segment.bidirectionalRoot(0, 517),
              Segment.causalRoot(517, 300),
              new Segment(817, 201, 1, true));
      int rows = Seeds.rows(segments);
      checkAttention(shape, segments, Twin.over(backend, seeds.values(rows * 160), rows, 160), 1);
    }
  }

  /** Query, key and value are column views of one product, as the model has them. */
  private void checkAttention(
      AttentionShape shape, List<Segment> segments, Twin packed, double largest) {
    int queries = shape.heads() * shape.headSize();
    int keys = shape.keyValueHeads() * shape.headSize();
    Twin query = packed.columns(0, queries).pick(Seeds.queries(segments));
    Twin key = packed.columns(queries, queries + keys);
    Twin value = packed.columns(queries + keys, queries + 2 * keys);
    Twin out = empty(query.tested().rows(), queries);
    backend.attention(query.tested(), key.tested(), value.tested(), shape, segments, out.tested());
    REFERENCE.attention(query.truth(), key.truth(), value.truth(), shape, segments, out.truth());
    // A weight rounded to bfloat16 is off by 2^-9 of itself, and the weights sum to 1.
    double rounding = shape.operands() == OperandFormat.BF16 ? 0x1p-9 : 0;
    out.compare(
        "attention %s %s".formatted(shape, segments),
        (row, column, want) -> (rounding + 2e-5) * largest);
  }
}
