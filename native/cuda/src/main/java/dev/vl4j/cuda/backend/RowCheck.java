package dev.vl4j.cuda.backend;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Readback;
import dev.vl4j.kernels.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Looks whether a row of a product has the same bits however many rows there are, in a shallow
 * product and in one that is so deep that a library likes to split its sums.
 */
final class RowCheck {
  private static final int[] ROWS = {1, 16, 64, 200};
  private static final int[] DEPTHS = {256, 4096};
  private static final int OUT_FEATURES = 32;
  private static final long SEED = 1;

  private final Backend backend;
  private final SplittableRandom random = new SplittableRandom(SEED);

  private RowCheck(Backend backend) {
    this.backend = backend;
  }

  /** Of some formats those in which a row depends on its batch. */
  static List<OperandFormat> dependent(Backend backend, List<OperandFormat> formats) {
    RowCheck check = new RowCheck(backend);
    List<OperandFormat> dependent = new ArrayList<>();
    for (OperandFormat format : formats) {
      for (int depth : DEPTHS) {
        if (!check.rowsAgree(format, depth) && !dependent.contains(format)) {
          dependent.add(format);
        }
      }
    }
    return dependent;
  }

  private boolean rowsAgree(OperandFormat format, int depth) {
    int most = ROWS[ROWS.length - 1];
    try (Arena arena = Arena.ofConfined();
        Linear weight = backend.prepare(List.of(weight(arena, depth)), format);
        Forward forward = backend.begin()) {
      Tensor x = forward.tensor(most, depth);
      forward.upload(values(most * depth), x);
      List<Readback> results = new ArrayList<>();
      for (int rows : ROWS) {
        Tensor y = forward.tensor(rows, OUT_FEATURES);
        forward.linear(x.rows(0, rows), weight, Epilogue.NONE, y);
        results.add(forward.read(y));
      }
      float[] all = results.getLast().await();
      return results.stream().map(Readback::await).allMatch(rows -> isBeginning(rows, all));
    }
  }

  private static boolean isBeginning(float[] part, float[] whole) {
    return Arrays.equals(part, 0, part.length, whole, 0, part.length);
  }

  private HostMatrix weight(Arena arena, int depth) {
    MemorySegment data =
        arena.allocateFrom(
            ValueLayout.JAVA_FLOAT.withOrder(ByteOrder.LITTLE_ENDIAN),
            values(OUT_FEATURES * depth));
    return new HostMatrix("row check", data, DType.F32, OUT_FEATURES, depth);
  }

  private float[] values(int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextDouble(-1, 1);
    }
    return values;
  }
}
