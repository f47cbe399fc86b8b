package dev.vl4j.testkit;

import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Formats;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.RotaryEmbedding;
import dev.vl4j.kernels.Segment;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Random operands. The seed is printed, and {@code -Dtests.seed=...} brings a run back. */
public final class Seeds {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());
  private static final int[] LENGTHS = {1, 2, 3, 7, 13, 25, 31, 33, 64, 65, 100, 127, 129, 150};

  static {
    System.out.println("tests.seed=" + SEED);
  }

  private final Random random;

  /** Each test has its own sequence, so that it repeats when it is run alone. */
  public Seeds(String test) {
    random = new Random(SEED ^ test.hashCode());
  }

  /** The seed of this run, for messages. */
  public static long seed() {
    return SEED;
  }

  /**
   * Whether tests that try a part, of cases or of repetitions, try all: {@code
   * -Dtests.thorough=true}.
   */
  public static boolean thorough() {
    return Boolean.getBoolean("tests.thorough");
  }

  /** So many of these, others in each run; all of them where tests are {@link #thorough}. */
  public <T> List<T> some(int count, List<T> all) {
    if (thorough()) {
      return all;
    }
    List<T> some = new ArrayList<>(all);
    Collections.shuffle(some, random);
    return some.subList(0, count);
  }

  /** This sequence. */
  public Random random() {
    return random;
  }

  /** {@code count} values in [-1, 1). */
  public float[] values(int count) {
    return Fill.UNIT.values(this, count);
  }

  /** A number from {@code from} to {@code to}, both included. */
  public int between(int from, int to) {
    return random.nextInt(from, to + 1);
  }

  /** What to fill an operand with. */
  public enum Fill {
    /** In [-1, 1). */
    UNIT,
    /** Nothing but 0. */
    ZERO,
    /** In [-10,000, 10,000). */
    LARGE,
    /** In [-1e-20, 1e-20), whose squares are 0 in float32. */
    TINY,
    /** In (-1, 0]. */
    NEGATIVE,
    /** A few elements are hundreds of times larger than the others. */
    OUTLIERS;

    /** So many numbers of this kind, [count]. */
    public float[] values(Seeds seeds, int count) {
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
  public static HostMatrix matrix(String name, float[] values, DType dtype, int rows, int columns) {
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

  /** Each row in scales of its largest magnitude / 127.5, so that -128 occurs. */
  private static HostMatrix quantised(String name, float[] values, int rows, int columns) {
    byte[] elements = new byte[values.length];
    float[] scales = new float[rows];
    for (int row = 0; row < rows; row++) {
      int first = row * columns;
      for (int i = first; i < first + columns; i++) {
        scales[row] = Math.max(scales[row], Math.abs(values[i]) / 127.5f);
      }
      for (int i = first; i < first + columns; i++) {
        double q = scales[row] == 0 ? 0 : Math.rint(values[i] / scales[row]);
        elements[i] = (byte) Math.clamp(q, -128, 127);
      }
    }
    return int8Matrix(name, elements, scales, columns);
  }

  /** A matrix of integers, in memory that is aligned to nothing. */
  public static HostMatrix int8Matrix(String name, byte[] elements, float[] scales, int columns) {
    MemorySegment data = Arena.ofAuto().allocate(elements.length + 1L).asSlice(1);
    MemorySegment.copy(elements, 0, data, ValueLayout.JAVA_BYTE, 0, elements.length);
    return new HostMatrix(name, data, DType.I8, scales.length, columns, scales);
  }

  /** A rotary embedding whose pairs follow axes in any order, with frequencies from 1 to 1e-6. */
  public RotaryEmbedding rotary(int pairs, int axes) {
    float[] frequencies = new float[pairs];
    for (int i = 0; i < pairs; i++) {
      frequencies[i] = (float) Math.pow(1e-6, random.nextFloat());
    }
    int[] follows = random.ints(pairs, 0, axes).toArray();
    return new RotaryEmbedding(frequencies, follows, random.nextBoolean() ? 1 : 1.25f);
  }

  /** Positions on each axis, [axes][rows], most of them small, some as large as models have. */
  public int[][] positions(int axes, int rows) {
    int[][] positions = new int[axes][rows];
    for (int[] axis : positions) {
      Arrays.setAll(axis, row -> random.nextInt(random.nextInt(4) == 0 ? 262_144 : 300));
    }
    return positions;
  }

  /** Trees of depth 3 at most, whose keys and values lie in one place, in any order. */
  public Forest forest(int count) {
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
    List<Forest.Branch> branches = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      branches.add(
          new Forest.Branch(
              length[i], parent[i], random.nextInt(3) > 0, length[i], false, 0, start[i]));
    }
    return new Forest(branches);
  }

  /** The same forest, in which only some computed rows attend: none, one, all, or any number. */
  public Forest fewerQueries(Forest forest) {
    List<Forest.Branch> fewer = new ArrayList<>();
    for (Forest.Branch branch : forest.branches()) {
      int queries =
          switch (random.nextInt(4)) {
            case 0 -> fewer.size() + 1 == forest.branches().size() ? 1 : 0;
            case 1 -> 1;
            case 2 -> branch.length();
            default -> between(1, branch.length());
          };
      fewer.add(branch.stored() ? branch : branch.withQueries(queries));
    }
    return new Forest(fewer);
  }

  /**
   * The same forest, in which about half of the segments are there from an earlier forward. Each
   * lies in a place of its own or, with a gap before it, in one of two that several share; what is
   * computed has places of its own.
   */
  public Forest stored(Forest forest) {
    List<Forest.Branch> some = new ArrayList<>();
    int[] shared = new int[2];
    int place = 2 * shared.length;
    for (int i = 0; i < forest.branches().size(); i++) {
      Forest.Branch branch = forest.branches().get(i);
      // The last one is computed, so that something is.
      boolean stored = i + 1 < forest.branches().size() && random.nextBoolean();
      int which = random.nextInt(shared.length + 1);
      if (which == shared.length) {
        some.add(branch.at(place++, 0, stored));
      } else {
        int start = shared[which] + random.nextInt(3);
        some.add(branch.at(stored ? which : shared.length + which, start, stored));
        shared[which] = start + branch.length();
      }
    }
    return new Forest(some);
  }
}
