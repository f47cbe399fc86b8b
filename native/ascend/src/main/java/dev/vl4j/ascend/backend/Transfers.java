package dev.vl4j.ascend.backend;

import dev.vl4j.ascend.operator.ElementType;
import dev.vl4j.ascend.operator.View;
import dev.vl4j.device.backend.ForwardScope;
import dev.vl4j.device.backend.Readbacks;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.kernels.Readback;
import dev.vl4j.kernels.RotaryEmbedding;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;

/** Copies between arrays and the device, none of which is waited for. */
final class Transfers {
  private final Session session;
  private final Readbacks readbacks;

  Transfers(Session session, Readbacks readbacks) {
    this.session = session;
    this.readbacks = readbacks;
  }

  void upload(int[] values, long to) {
    session
        .staging()
        .upload(
            (long) values.length * Integer.BYTES,
            memory -> MemorySegment.copy(values, 0, memory, ValueLayout.JAVA_INT, 0, values.length),
            to);
  }

  void upload(float[] values, long to) {
    session
        .staging()
        .upload(
            (long) values.length * Float.BYTES,
            memory ->
                MemorySegment.copy(values, 0, memory, ValueLayout.JAVA_FLOAT, 0, values.length),
            to);
  }

  /** Values, row-major, as many as {@code out} has elements. */
  void upload(float[] values, AscendTensor out) {
    View to = out.written();
    if (values.length == 0) {
      return;
    }
    try (DeviceBlock block = session.temporary(ElementType.F32, to.shape())) {
      upload(values, block.address());
      session.operators().copy(View.dense(block.address(), ElementType.F32, to.shape()), to);
    }
  }

  /** Samples, and what they stand for: see {@link dev.vl4j.kernels.Forward}. */
  void upload(byte[] samples, float[][] tables, AscendTensor out) {
    float[] values = new float[samples.length];
    int columns = out.columns();
    int share = columns / tables.length;
    for (int i = 0; i < values.length; i++) {
      values[i] = tables[i % columns / share][samples[i] & 0xFF];
    }
    upload(values, out);
  }

  /**
   * Cosines of all rows, then their sines, as {@link AscendRotary} has them. Rows at one position
   * share what is computed.
   *
   * @param positions [axes][rows]
   */
  void rotary(RotaryEmbedding embedding, int[][] positions, int rows, long table) {
    int pairs = embedding.pairs();
    int size = 2 * pairs;
    Map<Integer, float[]> known = new HashMap<>();
    session
        .staging()
        .upload(
            2L * rows * size * Float.BYTES,
            memory -> {
              for (int row = 0; row < rows; row++) {
                for (int pair = 0; pair < pairs; pair++) {
                  int position = positions[embedding.axes()[pair]][row];
                  float[] turns = known.computeIfAbsent(position, at -> turns(embedding, at));
                  long cosine = (long) row * size + pair;
                  long sine = ((long) rows + row) * size + pair;
                  for (int half = 0; half < 2; half++) {
                    memory.setAtIndex(
                        ValueLayout.JAVA_FLOAT, cosine + (long) half * pairs, turns[pair]);
                    memory.setAtIndex(
                        ValueLayout.JAVA_FLOAT, sine + (long) half * pairs, turns[pairs + pair]);
                  }
                }
              }
            },
            table);
  }

  /** Cosines of all pairs at a position, then their sines. */
  private static float[] turns(RotaryEmbedding embedding, int position) {
    int pairs = embedding.pairs();
    float[] turns = new float[2 * pairs];
    for (int pair = 0; pair < pairs; pair++) {
      float angle = position * embedding.frequencies()[pair];
      turns[pair] = (float) Math.cos(angle) * embedding.scale();
      turns[pairs + pair] = (float) Math.sin(angle) * embedding.scale();
    }
    return turns;
  }

  /**
   * Starts to bring elements to the host.
   *
   * @param scope of the forward that has computed them
   */
  Readback read(AscendTensor x, ForwardScope scope) {
    View from = x.elements();
    long bytes = from.elements() * Float.BYTES;
    try (DeviceBlock block = session.pool().allocate(bytes)) {
      if (bytes > 0) {
        session.operators().copy(from, View.dense(block.address(), ElementType.F32, from.shape()));
      }
      return readbacks.start(
          scope, bytes, memory -> session.npu().download(memory, block.address(), bytes));
    }
  }
}
