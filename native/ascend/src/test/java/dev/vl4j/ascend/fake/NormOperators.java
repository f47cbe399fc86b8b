package dev.vl4j.ascend.fake;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Norms and the rotary embedding. */
final class NormOperators {
  private static final int HALF = 0;
  private static final int MOST_HEAD_SIZE = 896;

  private NormOperators() {}

  static Map<String, Operator> all() {
    return Map.of(
        "aclnnRmsNorm", NormOperators::rmsNorm,
        "aclnnLayerNorm", NormOperators::layerNorm,
        "aclnnRotaryPositionEmbedding", NormOperators::rotary);
  }

  private static Runnable rmsNorm(OperatorCall call) {
    FakeTensor in = call.tensor("in");
    FakeTensor gamma = call.tensor("gamma");
    FakeTensor out = call.tensor("out");
    FakeTensor inverse = call.tensor("inverseDeviation");
    double epsilon = call.arguments().float64("epsilon");
    call.requireElement("in", in, Element.F32, Element.F16, Element.BF16);
    call.requireElement("gamma", gamma, in.element());
    call.requireElement("out", out, in.element());
    call.requireElement("inverseDeviation", inverse, Element.F32);
    call.requireShape("out", out, in.shape());
    call.requireShape("gamma", gamma, in.size(-1));
    long[] rows = in.shape().clone();
    rows[rows.length - 1] = 1;
    call.requireShape("inverseDeviation", inverse, rows);
    int columns = Math.toIntExact(in.size(-1));
    return () -> {
      float[] values = call.floats(in);
      float[] factors = call.floats(gamma);
      float[] inverses = new float[values.length / columns];
      for (int row = 0; row < inverses.length; row++) {
        double squares = 0;
        for (int i = 0; i < columns; i++) {
          double value = values[row * columns + i];
          squares += value * value;
        }
        inverses[row] = (float) (1 / Math.sqrt(squares / columns + epsilon));
        for (int i = 0; i < columns; i++) {
          values[row * columns + i] *= inverses[row] * factors[i];
        }
      }
      call.store(out, values);
      call.store(inverse, inverses);
    };
  }

  private static Runnable layerNorm(OperatorCall call) {
    FakeTensor in = call.tensor("in");
    FakeTensor gamma = call.optional("gamma");
    FakeTensor beta = call.optional("beta");
    FakeTensor out = call.tensor("out");
    double epsilon = call.arguments().float64("epsilon");
    long[] shape = call.ints("shape");
    call.requireNull("mean", "inverseDeviation");
    call.requireElement("in", in, Element.F32, Element.F16, Element.BF16);
    call.requireElement("out", out, in.element());
    call.requireShape("out", out, in.shape());
    call.require(shape.length == 1 && shape[0] == in.size(-1), "shape of the norm");
    int columns = Math.toIntExact(in.size(-1));
    requireVector(call, "gamma", gamma, in, columns);
    requireVector(call, "beta", beta, in, columns);
    return () -> {
      float[] values = call.floats(in);
      float[] factors = gamma == null ? null : call.floats(gamma);
      float[] addends = beta == null ? null : call.floats(beta);
      for (int from = 0; from < values.length; from += columns) {
        double mean = 0;
        for (int i = 0; i < columns; i++) {
          mean += values[from + i];
        }
        mean /= columns;
        double variance = 0;
        for (int i = 0; i < columns; i++) {
          variance += (values[from + i] - mean) * (values[from + i] - mean);
        }
        double inverse = 1 / Math.sqrt(variance / columns + epsilon);
        for (int i = 0; i < columns; i++) {
          double norm = (values[from + i] - mean) * inverse;
          values[from + i] =
              (float)
                  (norm * (factors == null ? 1 : factors[i]) + (addends == null ? 0 : addends[i]));
        }
      }
      call.store(out, values);
    };
  }

  private static void requireVector(
      OperatorCall call, String name, @Nullable FakeTensor vector, FakeTensor in, int columns) {
    if (vector != null) {
      call.requireElement(name, vector, in.element());
      call.requireShape(name, vector, columns);
    }
  }

  /** Element i of a head turns with element i + half, whose cosine and sine are given once more. */
  private static Runnable rotary(OperatorCall call) {
    FakeTensor in = call.tensor("in");
    FakeTensor cosines = call.tensor("cosines");
    FakeTensor sines = call.tensor("sines");
    FakeTensor out = call.tensor("out");
    call.require(call.arguments().int64("mode") == HALF, "a mode other than halves");
    call.require(in.dimensions() == 4, "in is %s, expected 4 dimensions".formatted(in));
    call.requireElement("in", in, Element.F32, Element.F16, Element.BF16);
    call.requireElement("cosines", cosines, in.element());
    call.requireElement("sines", sines, in.element());
    call.requireElement("out", out, in.element());
    call.requireShape("out", out, in.shape());
    // Rows are the second dimension, heads the third.
    call.requireShape("cosines", cosines, 1, in.size(1), 1, in.size(3));
    call.requireShape("sines", sines, 1, in.size(1), 1, in.size(3));
    call.require(
        in.size(3) % 2 == 0 && in.size(3) <= MOST_HEAD_SIZE, "heads of size " + in.size(3));
    call.requireContiguous("in", in);
    call.requireContiguous("out", out);
    call.requireContiguous("cosines", cosines);
    call.requireContiguous("sines", sines);
    int rows = Math.toIntExact(in.size(1));
    int heads = Math.toIntExact(in.size(2));
    int size = Math.toIntExact(in.size(3));
    return () -> {
      float[] values = call.floats(in);
      float[] cos = call.floats(cosines);
      float[] sin = call.floats(sines);
      float[] turned = new float[values.length];
      for (int i = 0; i < values.length; i++) {
        int place = i % size;
        int row = i / size / heads % rows;
        int other = place < size / 2 ? i + size / 2 : i - size / 2;
        float across = place < size / 2 ? -values[other] : values[other];
        turned[i] = values[i] * cos[row * size + place] + across * sin[row * size + place];
      }
      call.store(out, turned);
    };
  }
}
