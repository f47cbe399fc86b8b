package dev.vl4j.ascend.fake;

import java.util.Map;

/** Products. Sums are float32, and rounded once to the operands' type. */
final class MatrixOperators {
  private static final int KEEP_TYPE = 0;
  private static final int DOWN = 1;
  private static final int USE_F16 = 2;

  private MatrixOperators() {}

  static Map<String, Operator> all() {
    return Map.of(
        "aclnnMm", call -> product(call, 2),
        "aclnnMatmul", call -> product(call, 2),
        "aclnnBatchMatMul", call -> product(call, 3),
        "aclnnAddmm", MatrixOperators::addmm,
        "aclnnSoftmax", MatrixOperators::softmax);
  }

  private static void requireOperands(
      OperatorCall call, FakeTensor left, FakeTensor right, FakeTensor out) {
    byte math = call.arguments().int8("cubeMathType");
    call.requireElement("left", left, Element.F32, Element.F16, Element.BF16);
    call.requireElement("right", right, left.element());
    call.requireElement("out", out, left.element());
    call.require(
        math == KEEP_TYPE || (math == DOWN && left.element() == Element.F32),
        "cubeMathType %d for %s%s"
            .formatted(math, left.element(), math == USE_F16 ? ", which has no F16" : ""));
    int last = left.dimensions() - 1;
    call.require(
        left.size(last) == right.size(last - 1)
            && out.size(last - 1) == left.size(last - 1)
            && out.size(last) == right.size(last),
        "%s times %s into %s".formatted(left, right, out));
    for (FakeTensor tensor : new FakeTensor[] {left, right}) {
      call.require(tensor.elements() > 0, "an empty operand " + tensor);
    }
  }

  private static Runnable product(OperatorCall call, int dimensions) {
    FakeTensor left = call.tensor("left");
    FakeTensor right = call.tensor("right");
    FakeTensor out = call.tensor("out");
    for (FakeTensor tensor : new FakeTensor[] {left, right, out}) {
      call.require(
          tensor.dimensions() == dimensions,
          "%s, expected %d dimensions".formatted(tensor, dimensions));
    }
    requireOperands(call, left, right, out);
    int batch = dimensions == 3 ? Math.toIntExact(left.size(0)) : 1;
    call.require(dimensions == 2 || right.size(0) == batch, "batches differ");
    int rows = Math.toIntExact(left.size(-2));
    int depth = Math.toIntExact(left.size(-1));
    int columns = Math.toIntExact(right.size(-1));
    return () -> {
      float[] a = call.floats(left);
      float[] b = call.floats(right);
      float[] sums = new float[batch * rows * columns];
      for (int i = 0; i < batch; i++) {
        multiply(
            a,
            i * rows * depth,
            b,
            i * depth * columns,
            sums,
            i * rows * columns,
            rows,
            depth,
            columns);
      }
      call.store(out, sums);
    };
  }

  private static void multiply(
      float[] a,
      int aAt,
      float[] b,
      int bAt,
      float[] sums,
      int at,
      int rows,
      int depth,
      int columns) {
    for (int row = 0; row < rows; row++) {
      for (int k = 0; k < depth; k++) {
        float x = a[aAt + row * depth + k];
        for (int column = 0; column < columns; column++) {
          sums[at + row * columns + column] += x * b[bAt + k * columns + column];
        }
      }
    }
  }

  private static Runnable addmm(OperatorCall call) {
    FakeTensor bias = call.tensor("bias");
    FakeTensor left = call.tensor("left");
    FakeTensor right = call.tensor("right");
    FakeTensor out = call.tensor("out");
    call.require(call.scalar("biasFactor") == 1, "a factor of the bias");
    call.require(call.scalar("productFactor") == 1, "a factor of the product");
    requireOperands(call, left, right, out);
    call.requireElement("bias", bias, left.element());
    call.require(Broadcast.fits(bias.shape(), out.shape()), "bias %s for %s".formatted(bias, out));
    int rows = Math.toIntExact(left.size(0));
    int depth = Math.toIntExact(left.size(1));
    int columns = Math.toIntExact(right.size(1));
    return () -> {
      float[] sums = new float[rows * columns];
      multiply(call.floats(left), 0, call.floats(right), 0, sums, 0, rows, depth, columns);
      float[] biases = Broadcast.expand(call.floats(bias), bias.shape(), out.shape());
      for (int i = 0; i < sums.length; i++) {
        sums[i] += biases[i];
      }
      call.store(out, sums);
    };
  }

  private static Runnable softmax(OperatorCall call) {
    FakeTensor in = call.tensor("in");
    FakeTensor out = call.tensor("out");
    long dimension = call.arguments().int64("dimension");
    call.require(dimension == -1 || dimension == in.dimensions() - 1, "dimension " + dimension);
    call.requireElement("in", in, Element.F32, Element.F16, Element.BF16);
    call.requireElement("out", out, in.element());
    call.requireShape("out", out, in.shape());
    int columns = Math.toIntExact(in.size(-1));
    return () -> {
      float[] values = call.floats(in);
      for (int from = 0; from < values.length; from += columns) {
        double largest = Double.NEGATIVE_INFINITY;
        for (int i = from; i < from + columns; i++) {
          largest = Math.max(largest, values[i]);
        }
        double sum = 0;
        for (int i = from; i < from + columns; i++) {
          sum += Math.exp(values[i] - largest);
        }
        for (int i = from; i < from + columns; i++) {
          values[i] = (float) (Math.exp(values[i] - largest) / sum);
        }
      }
      call.store(out, values);
    };
  }
}
