package dev.vl4j.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** Random operands. The seed is printed, and {@code -Dtests.seed=...} brings a run back. */
final class Seeds {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());
  private static final int[] LENGTHS = {1, 2, 3, 7, 13, 25, 31, 33, 64, 65, 100, 127, 129, 150};

  static {
    System.out.println("tests.seed=" + SEED);
  }

  final Random random;

  /** Each test has its own sequence, so that it repeats when it is run alone. */
  Seeds(String test) {
    random = new Random(SEED ^ test.hashCode());
  }

  static long seed() {
    return SEED;
  }

  /** {@code count} values in [-1, 1). */
  float[] values(int count) {
    return Fill.UNIT.values(this, count);
  }

  int between(int from, int to) {
    return random.nextInt(from, to + 1);
  }

  /** What to fill an operand with. */
  enum Fill {
    UNIT,
    ZERO,
    LARGE,
    TINY,
    NEGATIVE,
    /** A few elements are hundreds of times larger than the others. */
    OUTLIERS;

    float[] values(Seeds seeds, int count) {
      float[] values = new float[count];
      for (int i = 0; i < count; i++) {
        float unit = seeds.random.nextFloat();
        values[i] =
            switch (this) {
              case UNIT -> 2 * unit - 1;
              case ZERO -> 0;
              case LARGE -> 1e4f * (2 * unit - 1);
              case TINY -> 1e-20f * (2 * unit - 1);
              case NEGATIVE -> -unit;
              case OUTLIERS ->
                  (2 * unit - 1) * (seeds.random.nextInt(50) == 0 ? seeds.between(20, 1000) : 1);
            };
      }
      return values;
    }
  }

  /** A matrix in memory that is aligned to nothing, as in a checkpoint file. */
  static HostMatrix matrix(String name, float[] values, DType dtype, int rows, int columns) {
    if (dtype == DType.I8) {
      return quantised(name, values, rows, columns);
    }
    ValueLayout.OfShort bits16 =
        ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    ValueLayout.OfFloat f32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    long bytes = (long) rows * columns * dtype.bytes();
    MemorySegment data = Arena.ofAuto().allocate(bytes + 1).asSlice(1);
    for (int i = 0; i < values.length; i++) {
      float value = values[i];
      switch (dtype) {
        case F32 -> data.set(f32, 4L * i, value);
        case BF16 ->
            data.set(
                bits16,
                2L * i,
                (short) (Float.floatToRawIntBits(Formats.roundToBf16(value)) >>> 16));
        case F16 -> data.set(bits16, 2L * i, Float.floatToFloat16(value));
        case I8 -> throw new IllegalStateException();
      }
    }
    return new HostMatrix(name, data, dtype, rows, columns);
  }

  /** Each row in steps of its largest magnitude / 127.5, so that -128 occurs. */
  private static HostMatrix quantised(String name, float[] values, int rows, int columns) {
    byte[] elements = new byte[values.length];
    float[] steps = new float[rows];
    for (int row = 0; row < rows; row++) {
      int first = row * columns;
      for (int i = first; i < first + columns; i++) {
        steps[row] = Math.max(steps[row], Math.abs(values[i]) / 127.5f);
      }
      for (int i = first; i < first + columns; i++) {
        double q = steps[row] == 0 ? 0 : Math.rint(values[i] / steps[row]);
        elements[i] = (byte) Math.clamp(q, -128, 127);
      }
    }
    return int8Matrix(name, elements, steps, columns);
  }

  /** A matrix of integers, in memory that is aligned to nothing. */
  static HostMatrix int8Matrix(String name, byte[] elements, float[] steps, int columns) {
    MemorySegment data = Arena.ofAuto().allocate(elements.length + 1L).asSlice(1);
    MemorySegment.copy(elements, 0, data, ValueLayout.JAVA_BYTE, 0, elements.length);
    return new HostMatrix(name, data, DType.I8, steps.length, columns, steps);
  }

  /** Trees of depth 3 at most, whose segments lie in memory in any order. */
  List<Segment> forest(int count) {
    List<Integer> order = new ArrayList<>();
    int[] length = new int[count];
    int[] parent = new int[count];
    int[] depth = new int[count];
    for (int i = 0; i < count; i++) {
      order.add(i);
      length[i] = LENGTHS[random.nextInt(LENGTHS.length)];
      parent[i] = random.nextInt(i + 1) - 1;
      if (parent[i] != Segment.ROOT && depth[parent[i]] == 2) {
        parent[i] = Segment.ROOT;
      }
      depth[i] = parent[i] == Segment.ROOT ? 0 : depth[parent[i]] + 1;
    }
    Collections.shuffle(order, random);
    int[] start = new int[count];
    int rows = 0;
    for (int i : order) {
      start[i] = rows;
      rows += length[i];
    }
    List<Segment> segments = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      segments.add(new Segment(start[i], length[i], parent[i], random.nextInt(3) > 0));
    }
    return segments;
  }

  /** The same forest, in which only some rows attend: none, one, all, or any number. */
  List<Segment> fewerQueries(List<Segment> segments) {
    List<Segment> fewer = new ArrayList<>();
    for (Segment segment : segments) {
      int queries =
          switch (random.nextInt(4)) {
            case 0 -> fewer.size() + 1 == segments.size() ? 1 : 0;
            case 1 -> 1;
            case 2 -> segment.length();
            default -> between(1, segment.length());
          };
      fewer.add(segment.withQueries(queries));
    }
    return fewer;
  }

  static int rows(List<Segment> segments) {
    return segments.stream().mapToInt(Segment::length).sum();
  }

  /** The rows that attend, in order. */
  static int[] queries(List<Segment> segments) {
    return segments.stream()
        .flatMapToInt(s -> IntStream.range(s.start() + s.firstQuery(), s.start() + s.length()))
        .sorted()
        .toArray();
  }
}
