package dev.vl4j.ascend.fake;

import java.util.Map;
import java.util.function.DoubleUnaryOperator;

/** Operators on single elements. */
final class ElementOperators {
  private static final int ERF = 0;
  private static final int TANH = 1;

  private ElementOperators() {}

  static Map<String, Operator> all() {
    return Map.ofEntries(
        Map.entry("aclnnCast", ElementOperators::cast),
        Map.entry("aclnnAdd", call -> add(call, "left", "right", "rightFactor", "out")),
        Map.entry("aclnnInplaceAdd", call -> add(call, "sum", "other", "otherFactor", "sum")),
        Map.entry("aclnnMul", call -> multiply(call, "left", "right", "out")),
        Map.entry("aclnnInplaceMul", call -> multiply(call, "product", "other", "product")),
        Map.entry("aclnnMuls", ElementOperators::scale),
        Map.entry("aclnnInplaceZero", ElementOperators::zero),
        Map.entry("aclnnInplaceCopy", ElementOperators::copy),
        Map.entry("aclnnGeluV2", ElementOperators::gelu),
        Map.entry("aclnnSwiGlu", ElementOperators::swiGlu));
  }

  private static Runnable cast(OperatorCall call) {
    FakeTensor in = call.tensor("in");
    FakeTensor out = call.tensor("out");
    Element type = Element.of(call.arguments().int32("type"));
    call.require(type == out.element(), "out is %s, type %s".formatted(out, type));
    call.requireShape("out", out, in.shape());
    return () -> call.store(out, call.floats(in));
  }

  private static Runnable copy(OperatorCall call) {
    FakeTensor out = call.tensor("out");
    FakeTensor in = call.tensor("in");
    call.require(Broadcast.fits(in.shape(), out.shape()), "%s into %s".formatted(in, out));
    return () -> call.store(out, Broadcast.expand(call.floats(in), in.shape(), out.shape()));
  }

  /** Computed in float32, rounded once. */
  private static Runnable add(
      OperatorCall call, String leftName, String rightName, String factorName, String outName) {
    FakeTensor left = call.tensor(leftName);
    FakeTensor right = call.tensor(rightName);
    FakeTensor out = outName.equals(leftName) ? left : call.tensor(outName);
    float factor = (float) call.scalar(factorName);
    requireBroadcast(call, left, right, out, outName.equals(leftName));
    return () -> {
      float[] a = Broadcast.expand(call.floats(left), left.shape(), out.shape());
      float[] b = Broadcast.expand(call.floats(right), right.shape(), out.shape());
      float[] sums = new float[a.length];
      for (int i = 0; i < a.length; i++) {
        sums[i] = a[i] + factor * b[i];
      }
      call.store(out, sums);
    };
  }

  private static void requireBroadcast(
      OperatorCall call, FakeTensor left, FakeTensor right, FakeTensor out, boolean inPlace) {
    call.require(
        Broadcast.fits(left.shape(), out.shape()) && Broadcast.fits(right.shape(), out.shape()),
        "%s and %s into %s".formatted(left, right, out));
    for (FakeTensor tensor : new FakeTensor[] {left, right, out}) {
      call.requireElement("an operand", tensor, Element.F32, Element.F16, Element.BF16);
    }
    // Operands of two types meet in the wider one.
    Element wider = left.element() == right.element() ? left.element() : Element.F32;
    call.require(out.element() == wider || inPlace, "out is %s, expected %s".formatted(out, wider));
  }

  private static Runnable multiply(
      OperatorCall call, String leftName, String rightName, String outName) {
    FakeTensor left = call.tensor(leftName);
    FakeTensor right = call.tensor(rightName);
    FakeTensor out = outName.equals(leftName) ? left : call.tensor(outName);
    requireBroadcast(call, left, right, out, outName.equals(leftName));
    return () -> {
      float[] a = Broadcast.expand(call.floats(left), left.shape(), out.shape());
      float[] b = Broadcast.expand(call.floats(right), right.shape(), out.shape());
      float[] products = new float[a.length];
      for (int i = 0; i < a.length; i++) {
        products[i] = a[i] * b[i];
      }
      call.store(out, products);
    };
  }

  private static Runnable scale(OperatorCall call) {
    FakeTensor in = call.tensor("in");
    FakeTensor out = call.tensor("out");
    float factor = (float) call.scalar("factor");
    call.requireElement("in", in, Element.F32, Element.F16, Element.BF16);
    call.requireElement("out", out, in.element());
    call.requireShape("out", out, in.shape());
    return () -> {
      float[] values = call.floats(in);
      for (int i = 0; i < values.length; i++) {
        values[i] *= factor;
      }
      call.store(out, values);
    };
  }

  private static Runnable zero(OperatorCall call) {
    FakeTensor out = call.tensor("out");
    return () -> call.store(out, new float[Math.toIntExact(out.elements())]);
  }

  private static Runnable gelu(OperatorCall call) {
    FakeTensor in = call.tensor("in");
    FakeTensor out = call.tensor("out");
    long approximation = call.arguments().int64("approximation");
    call.require(approximation == ERF || approximation == TANH, "approximation " + approximation);
    call.requireElement("in", in, Element.F32, Element.F16, Element.BF16);
    call.requireElement("out", out, in.element());
    call.requireShape("out", out, in.shape());
    DoubleUnaryOperator gelu = approximation == TANH ? Functions::geluTanh : Functions::geluErf;
    return () -> {
      float[] values = call.floats(in);
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) gelu.applyAsDouble(values[i]);
      }
      call.store(out, values);
    };
  }

  private static Runnable swiGlu(OperatorCall call) {
    FakeTensor in = call.tensor("gateAndUp");
    FakeTensor out = call.tensor("out");
    long dimension = call.arguments().int64("dimension");
    call.require(dimension == -1 || dimension == in.dimensions() - 1, "dimension " + dimension);
    call.requireElement("gateAndUp", in, Element.F32, Element.F16, Element.BF16);
    call.requireElement("out", out, in.element());
    call.requireContiguous("gateAndUp", in);
    call.requireContiguous("out", out);
    call.require(in.size(-1) % 2 == 0, "an odd dimension of " + in);
    int half = Math.toIntExact(in.size(-1) / 2);
    long[] shape = in.shape().clone();
    shape[shape.length - 1] = half;
    call.requireShape("out", out, shape);
    return () -> {
      float[] values = call.floats(in);
      float[] result = new float[values.length / 2];
      for (int i = 0; i < result.length; i++) {
        int at = i / half * 2 * half + i % half;
        result[i] = (float) (Functions.silu(values[at]) * values[at + half]);
      }
      call.store(out, result);
    };
  }
}
