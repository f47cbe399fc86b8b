package dev.vl4j.ascend.fake;

import dev.vl4j.device.fake.FakeFault;
import java.util.List;
import java.util.Map;

/** Operators that move rows. */
final class MoveOperators {
  private MoveOperators() {}

  static Map<String, Operator> all() {
    return Map.of(
        "aclnnIndexSelect", call -> select(call, "in", call.arguments().int64("dimension")),
        "aclnnEmbedding", call -> select(call, "table", 0),
        "aclnnCat", MoveOperators::concatenate);
  }

  private static Runnable select(OperatorCall call, String from, long dimension) {
    FakeTensor in = call.tensor(from);
    FakeTensor indices = call.tensor("indices");
    FakeTensor out = call.tensor("out");
    call.require(dimension == 0, "dimension %d; the fake has 0".formatted(dimension));
    call.require(in.dimensions() == 2, "%s, expected 2 dimensions".formatted(in));
    call.requireElement("indices", indices, Element.I32, Element.I64);
    call.require(indices.dimensions() == 1, "indices " + indices);
    call.requireElement("out", out, in.element());
    call.requireShape("out", out, indices.size(0), in.size(1));
    int columns = Math.toIntExact(in.size(1));
    return () -> {
      float[] rows = call.floats(in);
      long[] numbers = call.longs(indices);
      float[] taken = new float[numbers.length * columns];
      for (int i = 0; i < numbers.length; i++) {
        if (numbers[i] < 0 || numbers[i] >= in.size(0)) {
          throw new FakeFault("row %d of %s".formatted(numbers[i], in));
        }
        System.arraycopy(rows, (int) numbers[i] * columns, taken, i * columns, columns);
      }
      call.store(out, taken);
    };
  }

  private static Runnable concatenate(OperatorCall call) {
    List<FakeTensor> parts = call.list("parts");
    FakeTensor out = call.tensor("out");
    call.require(call.arguments().int64("dimension") == 0, "the fake has dimension 0");
    long rows = 0;
    for (FakeTensor part : parts) {
      call.requireElement("a part", part, out.element());
      call.requireShape("a part", part, part.size(0), out.size(1));
      rows += part.size(0);
    }
    call.requireShape("out", out, rows, out.size(1));
    return () -> {
      float[] all = new float[Math.toIntExact(out.elements())];
      int at = 0;
      for (FakeTensor part : parts) {
        float[] values = call.floats(part);
        System.arraycopy(values, 0, all, at, values.length);
        at += values.length;
      }
      call.store(out, all);
    };
  }
}
