package dev.vl4j.ascend.fake;

import dev.vl4j.kernels.Formats;

/** Packed sequences that attention is computed of. */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Sequences(
    int heads, int keyValueHeads, int headSize, long[] queryEnds, long[] keyEnds, boolean rounds) {
  static Sequences of(
      OperatorCall call, FakeTensor query, FakeTensor keys, FakeTensor values, FakeTensor out) {
    Arguments arguments = call.arguments();
    int heads = Math.toIntExact(arguments.int64("heads"));
    int keyValueHeads = Math.toIntExact(arguments.int64("keyValueHeads"));
    call.require(query.dimensions() == 3, "query is " + query);
    int headSize = Math.toIntExact(query.size(2));
    call.require(headSize == 128 || headSize == 192, "heads of size %d".formatted(headSize));
    call.require(
        keyValueHeads > 0 && heads % keyValueHeads == 0 && heads / keyValueHeads <= 64,
        "%d heads, %d of keys".formatted(heads, keyValueHeads));
    call.requireShape("query", query, query.size(0), heads, headSize);
    call.requireShape("keys", keys, keys.size(0), keyValueHeads, headSize);
    call.requireShape("values", values, keys.size(0), keyValueHeads, headSize);
    call.requireShape("out", out, query.shape());
    for (FakeTensor tensor : new FakeTensor[] {query, keys, values, out}) {
      call.requireElement("an operand", tensor, Element.BF16);
      call.requireContiguous("an operand", tensor);
    }
    long[] queryEnds = call.ints("queryLengths");
    long[] keyEnds = call.ints("keyLengths");
    call.require(queryEnds.length == keyEnds.length && queryEnds.length > 0, "sequences");
    requireEnds(call, queryEnds, query.size(0));
    requireEnds(call, keyEnds, keys.size(0));
    return new Sequences(heads, keyValueHeads, headSize, queryEnds, keyEnds, true);
  }

  /** Lengths add up: each is the sum of those before and its own. */
  private static void requireEnds(OperatorCall call, long[] ends, long rows) {
    long before = 0;
    for (long end : ends) {
      call.require(end >= before, "lengths that do not add up");
      before = end;
    }
    call.require(before == rows, "lengths of %d rows in all, of %d".formatted(before, rows));
  }

  float[] attend(float[] query, float[] keys, float[] values, float scale, boolean causal) {
    float[] out = new float[query.length];
    int queryStart = 0;
    int keyStart = 0;
    for (int i = 0; i < queryEnds.length; i++) {
      int queries = (int) queryEnds[i] - queryStart;
      int length = (int) keyEnds[i] - keyStart;
      for (int row = 0; row < queries; row++) {
        // The last query is beside the last key.
        int visible = causal ? length - queries + row + 1 : length;
        for (int head = 0; head < heads; head++) {
          attend(query, keys, values, scale, queryStart + row, head, keyStart, visible, out);
        }
      }
      queryStart += queries;
      keyStart += length;
    }
    return out;
  }

  private void attend(
      float[] query,
      float[] keys,
      float[] values,
      float scale,
      int row,
      int head,
      int keyStart,
      int visible,
      float[] out) {
    int from = (row * heads + head) * headSize;
    int keyHead = head / (heads / keyValueHeads);
    float[] weights = new float[Math.max(visible, 0)];
    float largest = Float.NEGATIVE_INFINITY;
    for (int key = 0; key < visible; key++) {
      int at = ((keyStart + key) * keyValueHeads + keyHead) * headSize;
      float sum = 0;
      for (int i = 0; i < headSize; i++) {
        sum += query[from + i] * keys[at + i];
      }
      weights[key] = sum * scale;
      largest = Math.max(largest, weights[key]);
    }
    float total = 0;
    for (int key = 0; key < visible; key++) {
      weights[key] = (float) Math.exp(weights[key] - largest);
      total += weights[key];
      // Weights meet values in the operands' type.
      weights[key] = rounds ? Formats.roundToBf16(weights[key]) : weights[key];
    }
    for (int i = 0; i < headSize; i++) {
      float sum = 0;
      for (int key = 0; key < visible; key++) {
        int at = ((keyStart + key) * keyValueHeads + keyHead) * headSize;
        sum += weights[key] * values[at + i];
      }
      out[from + i] = total == 0 ? 0 : sum / total;
    }
  }
}
