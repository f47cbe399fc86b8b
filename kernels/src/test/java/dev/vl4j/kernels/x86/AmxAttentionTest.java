package dev.vl4j.kernels.x86;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * AMX's attention of a tile, its products run by {@link AmxMachine}, against plain loops; memory is
 * exactly what {@link AttentionSlot} promises.
 */
class AmxAttentionTest {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());
  private static final int KEYS = Bf16Code.KEY_TILE;
  private static final int PANEL = MachineCode.PANEL;
  private static final int WORD = Integer.BYTES;
  private static final float SCALE = 0.15f;

  static {
    System.out.println("tests.seed=" + SEED);
  }

  @BeforeAll
  static void needsAvx512() {
    assumeTrue(
        MachineCode.get().hasBf16(), "not tested here: the softmax, which needs AVX-512 BF16");
  }

  /** Operands of one tile of queries and some tiles of keys. */
  private static final class Problem implements AutoCloseable {
    final Arena arena = Arena.ofConfined();
    final Random random;
    final List<MemorySegment> memory = new ArrayList<>();
    final AttentionTiles kernels = AmxEmulation.attention(() -> memory);
    final int rows;
    final int size;
    final int columns;
    final int depthBytes;
    final int[] visible;
    final float[][] query;
    final List<float[][]> keys = new ArrayList<>();
    final List<float[][]> values = new ArrayList<>();
    final List<int[]> seenOfTiles = new ArrayList<>();
    final MemorySegment frame = readable(AttentionSlot.FRAME_BYTES, 8);
    final MemorySegment queries;
    final MemorySegment key;
    final MemorySegment value;
    final MemorySegment output;
    final MemorySegment state;
    final MemorySegment sums;
    final MemorySegment seen;

    Problem(int rows, int size, Random random) {
      this.rows = rows;
      this.size = size;
      this.random = random;
      int padded = pad(rows, kernels.rowPadding());
      int most = kernels.rows();
      depthBytes = pad(size * Short.BYTES, kernels.stepBytes());
      columns = pad(size, PANEL);
      OperandLayout layout = kernels.layout();
      queries = readable(layout.bytes(most, depthBytes), 64);
      key = readable((long) KEYS * depthBytes, 64);
      value = readable((long) KEYS * columns * Short.BYTES, 64);
      MemorySegment scores = writable((long) most * KEYS * Float.BYTES, 64);
      MemorySegment weights = writable((long) most * KEYS * Short.BYTES, 1024);
      output = writable((long) most * columns * Float.BYTES, 64);
      state = arena.allocate(padded * 64L, 64).fill(Bf16Code.NO_STATE);
      sums = arena.allocate(padded * 64L, 64);
      seen = arena.allocate(padded * 4L, 64);
      visible = new int[padded];
      int[] words = Bf16Code.attentionConstants(SCALE);
      MemorySegment constants = arena.allocateFrom(ValueLayout.JAVA_INT, words);
      put(AttentionSlot.QUERIES, queries.address());
      put(AttentionSlot.QUERY_STRIDE, layout.blockBytes(depthBytes));
      put(AttentionSlot.KEYS, key.address());
      put(AttentionSlot.KEY_PANEL_BYTES, (long) PANEL * depthBytes);
      put(AttentionSlot.VALUES, value.address());
      put(AttentionSlot.SCORES, scores.address());
      put(AttentionSlot.WEIGHTS, weights.address());
      put(AttentionSlot.OUTPUT, output.address());
      put(AttentionSlot.OUTPUT_STRIDE, (long) columns * Float.BYTES);
      put(AttentionSlot.STATE, state.address());
      put(AttentionSlot.SUMS, sums.address());
      put(AttentionSlot.VISIBLE, seen.address());
      put(AttentionSlot.DEPTH_STEPS, depthBytes / kernels.stepBytes());
      put(AttentionSlot.VALUE_PANELS, columns / PANEL);
      put(AttentionSlot.CONSTANTS, constants.address());
      query = new float[rows][size];
      for (int row = 0; row < rows; row++) {
        for (int i = 0; i < size; i++) {
          long line = layout.at(row, i * 2 / 64 * 64, depthBytes);
          query[row][i] = bf16(queries, line + i * 2 % 64, 4 * random.nextFloat() - 2);
        }
      }
    }

    private static int pad(int count, int multiple) {
      return Math.ceilDiv(count, multiple) * multiple;
    }

    private MemorySegment readable(long bytes, long alignment) {
      MemorySegment segment = arena.allocate(bytes, alignment);
      memory.add(segment.asReadOnly());
      return segment;
    }

    private MemorySegment writable(long bytes, long alignment) {
      MemorySegment segment = arena.allocate(bytes, alignment);
      memory.add(segment);
      return segment;
    }

    private void put(AttentionSlot slot, long value) {
      frame.set(ValueLayout.JAVA_LONG, slot.offset(), value);
    }

    /** Puts a value, cut to bfloat16, and gives what was put. */
    private static float bf16(MemorySegment to, long at, float value) {
      int bits = Float.floatToRawIntBits(value);
      to.set(ValueLayout.JAVA_SHORT, at, (short) (bits >>> 16));
      return Float.intBitsToFloat(bits & 0xFFFF0000);
    }

    /**
     * One tile of keys.
     *
     * @param factor on keys: a large one changes the rows' offsets
     */
    void tile(int panels, boolean masked, float factor) {
      int count = masked ? panels * PANEL - 9 : panels * PANEL;
      float[][] keysOfTile = new float[count][size];
      float[][] valuesOfTile = new float[count][size];
      key.fill((byte) 0);
      value.fill((byte) 0);
      for (int k = 0; k < count; k++) {
        for (int i = 0; i < size; i++) {
          int column = k / PANEL * PANEL * depthBytes + k % PANEL * WORD;
          int at = column + i / 2 * PANEL * WORD + i % 2 * Short.BYTES;
          keysOfTile[k][i] = bf16(key, at, factor * (2 * random.nextFloat() - 1));
          int panel = i / PANEL * PANEL * KEYS * Short.BYTES;
          int pair = panel + k / 2 * PANEL * WORD + i % PANEL * WORD;
          valuesOfTile[k][i] = bf16(value, pair + k % 2 * 2L, 2 * random.nextFloat() - 1);
        }
      }
      for (int row = 0; row < visible.length; row++) {
        visible[row] = masked ? 1 + Math.min(row, rows - 1) * (count - 1) / rows : count;
        seen.setAtIndex(ValueLayout.JAVA_INT, row, visible[row]);
      }
      put(AttentionSlot.KEY_PANELS, panels);
      kernels.attend(rows, masked, frame);
      keys.add(keysOfTile);
      values.add(valuesOfTile);
      seenOfTiles.add(visible.clone());
    }

    void check() {
      for (int row = 0; row < rows; row++) {
        double largest = Double.NEGATIVE_INFINITY;
        for (int tile = 0; tile < keys.size(); tile++) {
          for (int k = 0; k < seenOfTiles.get(tile)[row]; k++) {
            largest = Math.max(largest, score(row, keys.get(tile)[k]));
          }
        }
        double sum = 0;
        double[] expected = new double[size];
        for (int tile = 0; tile < keys.size(); tile++) {
          for (int k = 0; k < seenOfTiles.get(tile)[row]; k++) {
            double weight = Math.exp(score(row, keys.get(tile)[k]) - largest);
            sum += weight;
            for (int i = 0; i < size; i++) {
              expected[i] += weight * values.get(tile)[k][i];
            }
          }
        }
        float found = 0;
        for (int lane = 0; lane < 16; lane++) {
          found += sums.getAtIndex(ValueLayout.JAVA_FLOAT, row * 16L + lane);
        }
        for (int i = 0; i < size; i++) {
          float value = output.getAtIndex(ValueLayout.JAVA_FLOAT, (long) row * columns + i);
          // Weights are rounded to 8 bits, and a mean of values errs by no more than each.
          assertThat((double) value / found)
              .as("row %d of %d, element %d of %d", row, rows, i, size)
              .isCloseTo(expected[i] / sum, within(0x1p-8));
        }
      }
    }

    private double score(int row, float[] key) {
      double score = 0;
      for (int i = 0; i < size; i++) {
        score += (double) query[row][i] * key[i];
      }
      return SCALE * score;
    }

    @Override
    public void close() {
      arena.close();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 20, 32, 64, 72, 96, 128})
  void tiles(int size) {
    Random random = new Random(SEED ^ size);
    int[] heights =
        size == 64
            ? new int[] {1, 2, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 48, 49, 64}
            : new int[] {1, 16, 31, 50};
    for (int rows : heights) {
      try (Problem problem = new Problem(rows, size, random)) {
        problem.tile(4, false, 1);
        problem.tile(4, false, 8);
        problem.tile(2, false, 1);
        problem.tile(3, true, 2);
        problem.tile(1, true, 1);
        problem.check();
      }
    }
  }
}
