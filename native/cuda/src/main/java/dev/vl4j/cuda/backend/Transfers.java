package dev.vl4j.cuda.backend;

import dev.vl4j.cuda.kernel.Kernels;
import dev.vl4j.cuda.kernel.Matrix;
import dev.vl4j.device.backend.ForwardScope;
import dev.vl4j.device.backend.Readbacks;
import dev.vl4j.device.memory.DeviceBlock;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Readback;
import dev.vl4j.kernels.RotaryEmbedding;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Copies between arrays and the device, none of which is waited for. */
final class Transfers {
  private final Session session;
  private final Kernels kernels;
  private final Readbacks readbacks;

  Transfers(Session session, Readbacks readbacks) {
    this.session = session;
    this.kernels = session.kernels();
    this.readbacks = readbacks;
  }

  private static void put(int[] values, MemorySegment memory, long at) {
    MemorySegment.copy(values, 0, memory, ValueLayout.JAVA_INT, at, values.length);
  }

  private static void put(float[] values, MemorySegment memory, long at) {
    MemorySegment.copy(values, 0, memory, ValueLayout.JAVA_FLOAT, at, values.length);
  }

  private DeviceBlock temporary(long bytes) {
    return session.pool().allocate(bytes);
  }

  void upload(int[] values, long to) {
    session
        .staging()
        .upload((long) values.length * Integer.BYTES, memory -> put(values, memory, 0), to);
  }

  void upload(float[] values, long to) {
    session
        .staging()
        .upload((long) values.length * Float.BYTES, memory -> put(values, memory, 0), to);
  }

  /** Values, row-major, as many as {@code out} has elements. */
  void upload(float[] values, CudaTensor out) {
    Matrix to = out.written();
    if (out.isDense()) {
      upload(values, to.address());
      return;
    }
    try (DeviceBlock dense = temporary((long) values.length * Float.BYTES)) {
      upload(values, dense.address());
      kernels.convert(dense(dense, out), 0, to);
    }
  }

  private static Matrix dense(DeviceBlock block, CudaTensor shape) {
    return Matrix.dense(block.address(), DType.F32, shape.rows(), shape.columns());
  }

  /** Samples, and what they stand for: see {@link dev.vl4j.kernels.Forward}. */
  void upload(byte[] samples, float[][] tables, CudaTensor out) {
    long tableBytes = (long) tables[0].length * Float.BYTES;
    long samplesAt = tables.length * tableBytes;
    try (DeviceBlock inputs = temporary(samplesAt + samples.length)) {
      session
          .staging()
          .upload(
              inputs.bytes(),
              memory -> {
                for (int i = 0; i < tables.length; i++) {
                  put(tables[i], memory, i * tableBytes);
                }
                MemorySegment.copy(
                    samples, 0, memory, ValueLayout.JAVA_BYTE, samplesAt, samples.length);
              },
              inputs.address());
      kernels.lookUp(inputs.address() + samplesAt, inputs.address(), tables.length, out.written());
    }
  }

  /**
   * Cosines and sines.
   *
   * @param positions [axes][rows]
   * @param table float32 [rows][2 * pairs]
   */
  void rotary(RotaryEmbedding embedding, int[][] positions, int rows, long table) {
    int pairs = embedding.pairs();
    long axesAt = (long) pairs * Float.BYTES;
    long positionsAt = axesAt + (long) pairs * Integer.BYTES;
    long axisBytes = (long) rows * Integer.BYTES;
    try (DeviceBlock inputs = temporary(positionsAt + positions.length * axisBytes)) {
      session
          .staging()
          .upload(
              inputs.bytes(),
              memory -> {
                put(embedding.frequencies(), memory, 0);
                put(embedding.axes(), memory, axesAt);
                for (int axis = 0; axis < positions.length; axis++) {
                  put(positions[axis], memory, positionsAt + axis * axisBytes);
                }
              },
              inputs.address());
      session
          .attentionKernels()
          .rotaryTable(
              inputs.address(),
              inputs.address() + axesAt,
              embedding.scale(),
              inputs.address() + positionsAt,
              rows,
              pairs,
              table);
    }
  }

  /**
   * Starts to bring elements to the host.
   *
   * @param scope of the forward that has computed them
   */
  Readback read(CudaTensor x, ForwardScope scope) {
    long bytes = CudaTensor.bytes(x.rows(), x.columns());
    if (bytes == 0 || x.isDense()) {
      return read(x.matrix().address(), bytes, scope);
    }
    try (DeviceBlock dense = temporary(bytes)) {
      kernels.convert(x.matrix(), 0, dense(dense, x));
      return read(dense.address(), bytes, scope);
    }
  }

  private Readback read(long address, long bytes, ForwardScope scope) {
    return readbacks.start(
        scope,
        bytes,
        memory -> session.driver().memory().download(memory, address, bytes, session.stream()));
  }
}
