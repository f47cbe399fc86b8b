package dev.vl4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A result is bitwise the same alone, in a batch, as a branch of a tree and on any threads. */
abstract class BackendInvariance {
  private static final AttentionShape F32 = new AttentionShape(4, 2, 24, 0.2f, OperandFormat.F32);
  private static final AttentionShape BF16 = new AttentionShape(4, 2, 24, 0.2f, OperandFormat.BF16);
  private static final int WIDTH = (4 + 2 * 2) * 24;

  abstract Backend open(int threads);

  private static float[] slice(float[] values, int columns, int from, int to) {
    return Arrays.copyOfRange(values, from * columns, to * columns);
  }

  private static float[] linear(Backend backend, Linear weight, float[] x, int rows) {
    Tensor out = backend.allocate(rows, weight.outFeatures());
    backend.linear(backend.upload(x, rows, weight.inFeatures()), weight, Epilogue.NONE, out);
    return backend.download(out);
  }

  @ParameterizedTest
  @CsvSource({"F32, F32", "BF16, F32", "F16, F32", "BF16, BF16", "BF16, INT8", "I8, INT8"})
  void linearRowAlone(DType dtype, OperandFormat format) {
    Seeds seeds = new Seeds("linearRowAlone");
    try (Backend backend = open(2)) {
      for (int inFeatures : new int[] {65, 600}) {
        int outFeatures = 77;
        float[] values = seeds.values(outFeatures * inFeatures);
        float[] x = seeds.values(250 * inFeatures);
        HostMatrix matrix = Seeds.matrix("weight", values, dtype, outFeatures, inFeatures);
        for (Linear weight :
            List.of(
                backend.prepare(List.of(matrix), format),
                backend.prepareGated(matrix, matrix, format))) {
          float[] all = linear(backend, weight, x, 250);
          for (int rows = 1; rows <= 40; rows++) {
            int from = seeds.between(0, 250 - rows);
            assertThat(linear(backend, weight, slice(x, inFeatures, from, from + rows), rows))
                .as("rows %d from %d, gated %s", rows, from, weight.gated())
                .containsExactly(slice(all, outFeatures, from, from + rows));
          }
          weight.close();
        }
      }
    }
  }

  enum Norm {
    RMS,
    LAYER,
    HEADS;

    float[] of(Backend backend, float[] x, int rows, int columns, float[] weights) {
      Tensor in = backend.upload(x, rows, columns);
      Tensor weight = backend.upload(weights, 1, columns);
      switch (this) {
        case RMS -> backend.rmsNorm(in, weight, 1e-6f, in);
        case LAYER -> backend.layerNorm(in, weight, weight, 1e-6f, in);
        case HEADS -> backend.rmsNormHeads(in, weight.columns(0, columns / 4), 1e-6f);
      }
      return backend.download(in);
    }
  }

  @ParameterizedTest
  @EnumSource
  void normRowAlone(Norm norm) {
    Seeds seeds = new Seeds("normRowAlone");
    int columns = 100;
    float[] x = seeds.values(53 * columns);
    float[] weight = seeds.values(columns);
    try (Backend backend = open(2)) {
      float[] all = norm.of(backend, x, 53, columns, weight);
      for (int row = 0; row < 53; row++) {
        assertThat(norm.of(backend, slice(x, columns, row, row + 1), 1, columns, weight))
            .containsExactly(slice(all, columns, row, row + 1));
      }
    }
  }

  private static List<AttentionShape> shapes() {
    return List.of(F32, BF16);
  }

  private static float[] attention(
      Backend backend, AttentionShape shape, float[] packed, List<Segment> segments) {
    Tensor x = backend.upload(packed, Seeds.rows(segments), WIDTH);
    int[] queries = Seeds.queries(segments);
    Tensor query = backend.allocate(queries.length, 96);
    backend.copyRows(
        x.columns(0, 96), queries, query, IntStream.range(0, queries.length).toArray());
    Tensor out = backend.allocate(queries.length, 96);
    backend.attention(query, x.columns(96, 144), x.columns(144, 192), shape, segments, out);
    return backend.download(out);
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void attentionSequenceAlone(AttentionShape shape) {
    Seeds seeds = new Seeds("attentionSequenceAlone");
    try (Backend backend = open(2)) {
      List<Segment> batch = new ArrayList<>();
      int rows = 0;
      for (int length : new int[] {1, 7, 150, 33, 128, 129, 64, 300, 3}) {
        batch.add(new Segment(rows, length, Segment.ROOT, batch.size() % 3 != 2));
        rows += length;
      }
      float[] packed = seeds.values(rows * WIDTH);
      float[] all = attention(backend, shape, packed, batch);
      for (Segment one : batch) {
        int end = one.start() + one.length();
        Segment alone = new Segment(0, one.length(), Segment.ROOT, one.causal());
        assertThat(
                attention(backend, shape, slice(packed, WIDTH, one.start(), end), List.of(alone)))
            .as("%s", one)
            .containsExactly(slice(all, 96, one.start(), end));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void attentionBranchEqualsWholeSequence(AttentionShape shape) {
    Seeds seeds = new Seeds("attentionBranch");
    try (Backend backend = open(2)) {
      for (int prefix : new int[] {1, 5, 31, 64, 127, 128, 129, 200}) {
        for (int own : new int[] {1, 3, 63, 65, 140}) {
          float[] packed = seeds.values((prefix + own) * WIDTH);
          float[] whole =
              attention(backend, shape, packed, List.of(Segment.causalRoot(0, prefix + own)));
          List<Segment> branch =
              List.of(Segment.causalRoot(0, prefix), new Segment(prefix, own, 0, true));
          assertThat(attention(backend, shape, packed, branch))
              .as("prefix %d, own %d", prefix, own)
              .containsExactly(whole);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void attentionOfSomeRowsEqualsThatOfAll(AttentionShape shape) {
    Seeds seeds = new Seeds("attentionOfSomeRows");
    try (Backend backend = open(2)) {
      for (int trial = 0; trial < 12; trial++) {
        List<Segment> segments = seeds.forest(1 + trial / 2);
        float[] packed = seeds.values(Seeds.rows(segments) * WIDTH);
        float[] all = attention(backend, shape, packed, segments);
        List<Segment> fewer = seeds.fewerQueries(segments);
        int[] queries = Seeds.queries(fewer);
        float[] expected = new float[queries.length * 96];
        for (int i = 0; i < queries.length; i++) {
          System.arraycopy(all, queries[i] * 96, expected, i * 96, 96);
        }
        assertThat(attention(backend, shape, packed, fewer))
            .as("%s", fewer)
            .containsExactly(expected);
      }
    }
  }

  @Test
  void threads() {
    Seeds seeds = new Seeds("threads");
    List<Segment> segments = seeds.forest(7);
    float[] packed = seeds.values(Seeds.rows(segments) * WIDTH);
    float[] x = seeds.values(77 * 600);
    HostMatrix matrix = Seeds.matrix("weight", seeds.values(203 * 600), DType.BF16, 203, 600);
    List<float[]> expected = List.of();
    for (int threads = 1; threads <= 3; threads++) {
      try (Backend backend = open(threads)) {
        List<float[]> results = new ArrayList<>();
        for (AttentionShape shape : shapes()) {
          results.add(attention(backend, shape, packed, segments));
        }
        for (OperandFormat format : OperandFormat.values()) {
          results.add(linear(backend, backend.prepare(List.of(matrix), format), x, 77));
        }
        for (Norm norm : Norm.values()) {
          results.add(norm.of(backend, x, 77, 600, slice(x, 600, 0, 1)));
        }
        if (threads == 1) {
          expected = results;
        }
        for (int i = 0; i < results.size(); i++) {
          assertThat(results.get(i)).as("%d threads", threads).containsExactly(expected.get(i));
        }
      }
    }
  }
}
