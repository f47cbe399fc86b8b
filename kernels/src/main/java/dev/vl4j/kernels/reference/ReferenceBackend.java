package dev.vl4j.kernels.reference;

import dev.vl4j.kernels.Activation;
import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Formats;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Operands;
import dev.vl4j.kernels.Quantization;
import dev.vl4j.kernels.RowTable;
import dev.vl4j.kernels.Segment;
import dev.vl4j.kernels.Tensor;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The truth the other backends are tested against: every operation as its formula reads, in plain
 * loops, with sums in float64 and only the result rounded to float32.
 */
public final class ReferenceBackend implements Backend {
  public ReferenceBackend() {}

  @Override
  public String description() {
    return "reference (plain loops, float64 sums)";
  }

  @Override
  public Tensor allocate(int rows, int columns) {
    float[] storage = new float[Math.multiplyExact(rows, columns)];
    // Contents are undefined by contract: make whoever relies on zeros fail.
    Arrays.fill(storage, Float.NaN);
    return ReferenceTensor.of(storage, rows, columns);
  }

  @Override
  public Tensor upload(float[] values, int rows, int columns) {
    Operands.upload(values, rows, columns);
    return ReferenceTensor.of(values.clone(), rows, columns);
  }

  @Override
  public float[] download(Tensor tensor) {
    ReferenceTensor source = own(tensor);
    float[] values = new float[source.rows() * source.columns()];
    for (int row = 0; row < source.rows(); row++) {
      for (int column = 0; column < source.columns(); column++) {
        values[row * source.columns() + column] = source.get(row, column);
      }
    }
    return values;
  }

  @Override
  public Linear prepare(List<HostMatrix> parts, OperandFormat operands) {
    Operands.prepare(parts);
    return ReferenceLinear.of(parts, false, operands);
  }

  @Override
  public Linear prepareGated(HostMatrix gate, HostMatrix up, OperandFormat operands) {
    Operands.prepareGated(gate, up);
    return ReferenceLinear.of(List.of(gate, up), true, operands);
  }

  @Override
  public RowTable table(HostMatrix matrix) {
    return new ReferenceTable(matrix);
  }

  @Override
  public void linear(Tensor x, Linear weight, Epilogue epilogue, Tensor out) {
    Operands.linear(x, weight, epilogue, out);
    if (!(weight instanceof ReferenceLinear layer)) {
      throw new BackendException("linear: the weight was prepared by another backend");
    }
    ReferenceTensor in = own(x);
    ReferenceTensor result = own(out);
    @Nullable ReferenceTensor bias = epilogue.bias() == null ? null : own(epilogue.bias());
    @Nullable ReferenceTensor residual =
        epilogue.residual() == null ? null : own(epilogue.residual());
    int inFeatures = layer.inFeatures();
    float[] operand = new float[inFeatures];
    for (int row = 0; row < in.rows(); row++) {
      for (int k = 0; k < inFeatures; k++) {
        operand[k] = round(in.get(row, k), layer.operands());
      }
      float step = layer.operands() == OperandFormat.INT8 ? quantise(operand) : 1;
      for (int feature = 0; feature < layer.outFeatures(); feature++) {
        double sum = product(operand, step, layer, feature);
        if (layer.gated()) {
          double up = product(operand, step, layer, layer.outFeatures() + feature);
          sum = sum / (1 + Math.exp(-sum)) * up;
        }
        sum += bias == null ? 0 : bias.get(0, feature);
        sum = activate(sum, epilogue.activation());
        sum += residual == null ? 0 : residual.get(row, feature);
        result.set(row, feature, sum);
      }
    }
  }

  /** A row in whole numbers of steps. */
  private static float quantise(float[] row) {
    float largest = 0;
    for (float value : row) {
      largest = Math.max(largest, Math.abs(value));
    }
    float sum = Quantization.sumOfMagnitudes(row);
    float step = Quantization.activationStep(sum, row.length, largest);
    for (int k = 0; k < row.length; k++) {
      row[k] = Quantization.round(row[k] * Quantization.inverse(step));
    }
    return step;
  }

  private static double product(float[] operand, float step, ReferenceLinear layer, int row) {
    double sum = 0;
    for (int k = 0; k < operand.length; k++) {
      sum += (double) operand[k] * layer.weights()[row * operand.length + k];
    }
    return sum * step * layer.steps()[row];
  }

  static float round(float value, OperandFormat operands) {
    return operands == OperandFormat.BF16 ? Formats.roundToBf16(value) : value;
  }

  private static double activate(double x, Activation activation) {
    return switch (activation) {
      case NONE -> x;
      case GELU_TANH ->
          0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
      case GELU_ERF -> 0.5 * x * (1 + erf(x / Math.sqrt(2)));
    };
  }

  /**
   * The error function by {@code 2/sqrt(pi) exp(-x^2) sum_n 2^n x^(2n+1) / (2n+1)!!} (Abramowitz
   * and Stegun 7.1.6), whose terms have one sign, so nothing cancels.
   */
  private static double erf(double x) {
    // 1 - erf(6) is below float64's resolution at 1.
    if (Math.abs(x) > 6) {
      return Math.signum(x);
    }
    double term = x;
    double sum = x;
    for (int n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= 2 * x * x / (2 * n + 1);
      sum += term;
    }
    return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
  }

  @Override
  public void rmsNorm(Tensor x, Tensor weight, float epsilon, Tensor out) {
    Operands.rmsNorm(x, weight, out);
    for (int row = 0; row < x.rows(); row++) {
      rmsNorm(own(x), row, 0, own(weight), epsilon, own(out));
    }
  }

  @Override
  public void rmsNormHeads(Tensor x, Tensor weight, float epsilon) {
    Operands.rmsNormHeads(x, weight);
    for (int row = 0; row < x.rows(); row++) {
      for (int column = 0; column < x.columns(); column += weight.columns()) {
        rmsNorm(own(x), row, column, own(weight), epsilon, own(x));
      }
    }
  }

  /** Normalises {@code weight.columns()} elements of one row, from column {@code from} on. */
  private static void rmsNorm(
      ReferenceTensor x,
      int row,
      int from,
      ReferenceTensor weight,
      float epsilon,
      ReferenceTensor out) {
    int length = weight.columns();
    double squares = 0;
    for (int i = 0; i < length; i++) {
      double value = x.get(row, from + i);
      squares += value * value;
    }
    double scale = 1 / Math.sqrt(squares / length + epsilon);
    for (int i = 0; i < length; i++) {
      out.set(row, from + i, x.get(row, from + i) * scale * weight.get(0, i));
    }
  }

  @Override
  public void layerNorm(Tensor x, Tensor weight, Tensor bias, float epsilon, Tensor out) {
    Operands.layerNorm(x, weight, bias, out);
    ReferenceTensor in = own(x);
    int columns = x.columns();
    for (int row = 0; row < x.rows(); row++) {
      double sum = 0;
      for (int i = 0; i < columns; i++) {
        sum += in.get(row, i);
      }
      double mean = sum / columns;
      double squares = 0;
      for (int i = 0; i < columns; i++) {
        squares += (in.get(row, i) - mean) * (in.get(row, i) - mean);
      }
      double scale = 1 / Math.sqrt(squares / columns + epsilon);
      for (int i = 0; i < columns; i++) {
        double normal = (in.get(row, i) - mean) * scale;
        own(out).set(row, i, normal * own(weight).get(0, i) + own(bias).get(0, i));
      }
    }
  }

  @Override
  public void rotate(Tensor x, Tensor cosine, Tensor sine) {
    Operands.rotate(x, cosine, sine);
    ReferenceTensor values = own(x);
    int half = cosine.columns();
    for (int row = 0; row < x.rows(); row++) {
      for (int head = 0; head < x.columns(); head += 2 * half) {
        for (int i = 0; i < half; i++) {
          double c = own(cosine).get(row, i);
          double s = own(sine).get(row, i);
          double first = values.get(row, head + i);
          double second = values.get(row, head + half + i);
          values.set(row, head + i, first * c - second * s);
          values.set(row, head + half + i, second * c + first * s);
        }
      }
    }
  }

  @Override
  public void attention(
      Tensor query,
      Tensor key,
      Tensor value,
      AttentionShape shape,
      List<Segment> segments,
      Tensor out) {
    Operands.attention(query, key, value, shape, segments, out);
    ReferenceAttention attention =
        new ReferenceAttention(own(query), own(key), own(value), shape, own(out));
    int[] queryStarts = Segment.queryStarts(segments);
    for (int s = 0; s < segments.size(); s++) {
      Segment segment = segments.get(s);
      for (int i = 0; i < segment.queries(); i++) {
        int row = segment.start() + segment.firstQuery() + i;
        attention.row(queryStarts[s] + i, ReferenceAttention.visible(segments, segment, row));
      }
    }
  }

  @Override
  public void gather(RowTable table, int[] rows, Tensor out) {
    Operands.gather(table, rows, out);
    for (int row = 0; row < rows.length; row++) {
      for (int column = 0; column < table.columns(); column++) {
        own(out).set(row, column, own(table).get(rows[row], column));
      }
    }
  }

  @Override
  public void addInterpolated(RowTable table, int[] rows, float[] weights, int taps, Tensor out) {
    Operands.addInterpolated(table, rows, weights, taps, out);
    for (int row = 0; row < out.rows(); row++) {
      for (int column = 0; column < table.columns(); column++) {
        double sum = 0;
        for (int tap = row * taps; tap < (row + 1) * taps; tap++) {
          sum += (double) weights[tap] * own(table).get(rows[tap], column);
        }
        own(out).set(row, column, own(out).get(row, column) + sum);
      }
    }
  }

  @Override
  public void copyRows(Tensor x, int[] sources, Tensor out, int[] destinations) {
    Operands.copyRows(x, sources, out, destinations);
    for (int i = 0; i < sources.length; i++) {
      for (int column = 0; column < x.columns(); column++) {
        own(out).set(destinations[i], column, own(x).get(sources[i], column));
      }
    }
  }

  @Override
  public void addRows(Tensor x, Tensor out, int[] destinations) {
    Operands.addRows(x, out, destinations);
    for (int row = 0; row < destinations.length; row++) {
      for (int column = 0; column < x.columns(); column++) {
        float sum = own(out).get(destinations[row], column) + own(x).get(row, column);
        own(out).set(destinations[row], column, sum);
      }
    }
  }

  @Override
  public void close() {}

  private static ReferenceTensor own(Tensor tensor) {
    if (tensor instanceof ReferenceTensor own) {
      return own;
    }
    throw new BackendException("reference: a tensor of another backend: " + tensor.getClass());
  }

  private static ReferenceTable own(RowTable table) {
    if (table instanceof ReferenceTable own) {
      return own;
    }
    throw new BackendException("reference: a table of another backend: " + table.getClass());
  }
}
