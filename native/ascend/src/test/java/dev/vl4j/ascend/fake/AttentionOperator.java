package dev.vl4j.ascend.fake;

import dev.vl4j.device.fake.FakeFault;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Fused attention on packed sequences (layout TND): rows of all sequences one after another, their
 * ends in two arrays. Limits are those that the documentation has for an Ascend 910B.
 */
final class AttentionOperator {
  private static final String LAYOUT = "TND";
  private static final long ALL = Integer.MAX_VALUE;
  private static final int MASK = 2048;
  private static final int NO_MASK = 0;
  private static final int CAUSAL = 3;
  private static final MemorySegment TRIANGLE = triangle();

  private AttentionOperator() {}

  static Runnable prepare(OperatorCall call, String... more) {
    Arguments arguments = call.arguments();
    call.requireNull(
        "positionShift",
        "dequantScale1",
        "quantScale1",
        "dequantScale2",
        "quantScale2",
        "quantOffset2",
        "antiquantScale",
        "antiquantOffset",
        "blockTable",
        "queryPadding",
        "keyPadding",
        "keyAntiquantScale",
        "keyAntiquantOffset",
        "valueAntiquantScale",
        "valueAntiquantOffset",
        "sharedKeys",
        "sharedValues",
        "sharedLength");
    call.requireNull(more);
    call.require(arguments.text("layout").equals(LAYOUT), "a layout other than TND");
    call.require(!arguments.bool("returnsLogSumExp"), "the log-sum-exp is not supported here");
    call.require(
        arguments.int64("keysBefore") == ALL && arguments.int64("keysAfter") == ALL, "a window");
    for (String zero :
        new String[] {
          "precisionMode", "blockSize", "antiquantMode", "keyAntiquantMode", "valueAntiquantMode"
        }) {
      call.require(arguments.int64(zero) == 0, zero + " is not 0");
    }
    FakeTensor query = call.tensor("query");
    FakeTensor keys = call.only("keys");
    FakeTensor values = call.only("values");
    FakeTensor out = call.tensor("out");
    // A place for it is asked for also where it is not wanted.
    FakeTensor logSumExp = call.tensor("logSumExp");
    call.requireElement("logSumExp", logSumExp, Element.F32);
    Sequences sequences = Sequences.of(call, query, keys, values, out);
    long mode = arguments.int64("sparseMode");
    call.require(mode == NO_MASK || mode == CAUSAL, "sparseMode " + mode);
    FakeTensor mask = call.optional("mask");
    if (mode == CAUSAL) {
      call.require(mask != null, "no mask");
      requireMask(call, mask);
    } else {
      call.require(mask == null, "a mask with sparseMode 0");
    }
    float scale = (float) arguments.float64("scale");
    return () -> {
      if (mask != null) {
        requireTriangle(call, mask);
      }
      call.store(
          out,
          sequences.attend(
              call.floats(query), call.floats(keys), call.floats(values), scale, mode == CAUSAL));
    };
  }

  private static void requireMask(OperatorCall call, FakeTensor mask) {
    call.requireShape("mask", mask, MASK, MASK);
    call.requireElement("mask", mask, Element.BOOL, Element.I8, Element.U8);
    call.requireContiguous("mask", mask);
  }

  /** 1 hides, above the diagonal. It is read by each attention, so it is compared as a whole. */
  private static void requireTriangle(OperatorCall call, FakeTensor mask) {
    MemorySegment hidden = call.bytes(mask);
    long i = hidden.mismatch(TRIANGLE);
    if (i >= 0) {
      throw new FakeFault(
          "the mask has %d at %d, %d"
              .formatted(hidden.get(ValueLayout.JAVA_BYTE, i), i / MASK, i % MASK));
    }
  }

  private static MemorySegment triangle() {
    byte[] hidden = new byte[MASK * MASK];
    for (int row = 0; row < MASK; row++) {
      Arrays.fill(hidden, row * MASK + row + 1, (row + 1) * MASK, (byte) 1);
    }
    return MemorySegment.ofArray(hidden);
  }
}
