package dev.vl4j.kernels.reference;

import dev.vl4j.kernels.Activation;
import dev.vl4j.kernels.E4m3;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Quantization;
import org.jspecify.annotations.Nullable;

/** A linear layer, one element at a time. */
final class ReferenceProduct {
  private ReferenceProduct() {}

  static void run(
      ReferenceTensor in, ReferenceLinear layer, Epilogue epilogue, ReferenceTensor result) {
    @Nullable ReferenceTensor bias =
        epilogue.bias() == null ? null : ReferenceTensor.own(epilogue.bias());
    @Nullable ReferenceTensor residual =
        epilogue.residual() == null ? null : ReferenceTensor.own(epilogue.residual());
    int inFeatures = layer.inFeatures();
    float[] operand = new float[inFeatures];
    for (int row = 0; row < in.rows(); row++) {
      for (int k = 0; k < inFeatures; k++) {
        operand[k] = ReferenceLinear.round(in.get(row, k), layer.operands());
      }
      float scale =
          switch (layer.operands()) {
            case F32, BF16 -> 1;
            case INT8 -> quantise(operand);
            case FP8 -> quantiseToE4m3(operand);
          };
      double[] products = products(operand, scale, layer);
      for (int feature = 0; feature < layer.outFeatures(); feature++) {
        double sum = products[feature];
        if (layer.gated()) {
          sum = sum / (1 + Math.exp(-sum)) * products[layer.outFeatures() + feature];
        }
        sum += bias == null ? 0 : bias.get(0, feature);
        sum = activate(sum, epilogue.activation());
        sum += residual == null ? 0 : residual.get(row, feature);
        result.set(row, feature, sum);
      }
    }
  }

  /** A row in whole multiples of its scale. */
  private static float quantise(float[] row) {
    float largest = ReferenceLinear.largest(row, 0, row.length);
    float sum = Quantization.sumOfMagnitudes(row);
    float scale = Quantization.activationScale(sum, row.length, largest);
    for (int k = 0; k < row.length; k++) {
      row[k] = Quantization.round(row[k] * Quantization.inverse(scale));
    }
    return scale;
  }

  /** A row in numbers of E4M3 times its scale; outliers stay what they are. */
  private static float quantiseToE4m3(float[] row) {
    float scale = E4m3.scale(ReferenceLinear.largest(row, 0, row.length));
    long squares = 0;
    for (int k = 0; k < row.length; k++) {
      row[k] *= E4m3.inverse(scale);
      long size = E4m3.size(row[k]);
      squares += size * size;
    }
    for (int k = 0; k < row.length; k++) {
      if (!E4m3.isOutlier(E4m3.size(row[k]), squares)) {
        row[k] = E4m3.decode(E4m3.encode(row[k]));
      }
    }
    return scale;
  }

  /**
   * A row times all rows of the weights. Four sums grow side by side, each in its order: one alone
   * would wait for its own additions.
   */
  private static double[] products(float[] operand, float scale, ReferenceLinear layer) {
    int size = operand.length;
    float[] weights = layer.weights();
    double[] products = new double[layer.scales().length];
    int last = products.length - 1;
    for (int row = 0; row <= last; row += 4) {
      int a = row * size;
      int b = Math.min(row + 1, last) * size;
      int c = Math.min(row + 2, last) * size;
      int d = Math.min(row + 3, last) * size;
      double ofA = 0;
      double ofB = 0;
      double ofC = 0;
      double ofD = 0;
      for (int k = 0; k < size; k++) {
        double value = operand[k];
        ofA += value * weights[a + k];
        ofB += value * weights[b + k];
        ofC += value * weights[c + k];
        ofD += value * weights[d + k];
      }
      products[row] = ofA;
      // Past the end, these are the last row again, with its sum.
      products[Math.min(row + 1, last)] = ofB;
      products[Math.min(row + 2, last)] = ofC;
      products[Math.min(row + 3, last)] = ofD;
    }
    for (int row = 0; row <= last; row++) {
      products[row] = products[row] * scale * layer.scales()[row];
    }
    return products;
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
}
