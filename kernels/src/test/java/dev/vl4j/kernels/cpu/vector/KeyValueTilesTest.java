package dev.vl4j.kernels.cpu.vector;

import static dev.vl4j.kernels.cpu.vector.KeyValueTiles.KEYS;
import static dev.vl4j.kernels.cpu.vector.Lanes.PANEL;
import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.kernels.AttentionShape;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Formats;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.Segment;
import dev.vl4j.kernels.cpu.family.CpuAttention.Context;
import dev.vl4j.kernels.cpu.family.CpuKeyValues;
import dev.vl4j.kernels.cpu.family.HeadFormat;
import dev.vl4j.kernels.cpu.family.HeadRows;
import dev.vl4j.kernels.memory.HostBlock;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Packed keys and values against the rows that they were packed from, element by element. */
@Execution(ExecutionMode.CONCURRENT)
class KeyValueTilesTest {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());
  private static final int LAYERS = 2;
  private static final int HEADS = 3;

  static {
    System.out.println("KeyValueTilesTest: -Dtests.seed=" + SEED);
  }

  private final Random random = new Random(SEED);
  private final Arena arena = Arena.ofAuto();

  /** Keys and values of more rows than a segment has, so that it starts anywhere in them. */
  private CpuKeyValues keyValues(AttentionShape shape, HeadFormat format, int rows) {
    long bytes = CpuKeyValues.bytes(shape, format, LAYERS, rows);
    MemorySegment memory = arena.allocate(bytes, Long.BYTES);
    for (long at = 0; at < bytes; at += Short.BYTES) {
      memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, (short) random.nextInt(0x4000));
    }
    return new CpuKeyValues(shape, format, LAYERS, rows, HostBlock.unowned(memory));
  }

  private static float element(HeadRows rows, int head, int row, int index) {
    long at = rows.at(head, row);
    return rows.format().dtype() == DType.F32
        ? rows.data().get(ValueLayout.JAVA_FLOAT_UNALIGNED, at + 4L * index)
        : Formats.bf16ToFloat(rows.data().get(ValueLayout.JAVA_SHORT_UNALIGNED, at + 2L * index));
  }

  private static float at(MemorySegment packed, long offset, long index) {
    return packed.get(ValueLayout.JAVA_FLOAT_UNALIGNED, offset + 4 * index);
  }

  /** A root, its child, and two children of that one, which end in, at and past a tile. */
  @ParameterizedTest
  @CsvSource({
    "1, F32",
    "2, BF16",
    "7, F32",
    "24, BF16",
    "33, BF16",
    "64, F32",
    "64, BF16",
    "72, F32",
    "72, BF16",
    "128, F32",
    "128, BF16",
    "511, F32"
  })
  void tilesHoldWhatRowsHold(int size, OperandFormat operands) {
    AttentionShape shape = new AttentionShape(HEADS, HEADS, size, 1, operands);
    DType dtype = operands == OperandFormat.F32 ? DType.F32 : DType.BF16;
    HeadFormat format = new HeadFormat(dtype, size, size);
    int[] lengths = {KEYS + 1 + random.nextInt(KEYS), 1 + random.nextInt(2 * KEYS), 0, 1};
    lengths[2] = 2 * KEYS - (lengths[0] + lengths[1]) % KEYS; // ends with a tile
    int[] parents = {Segment.ROOT, 0, 1, 1};
    List<Context> contexts = new ArrayList<>();
    for (int i = 0; i < lengths.length; i++) {
      int start = random.nextInt(9);
      CpuKeyValues rows = keyValues(shape, format, start + lengths[i] + random.nextInt(3));
      Segment segment = Segment.computed(rows, start, lengths[i], parents[i], true);
      if (i == 1) {
        segment = segment.withQueries(0);
      }
      int before = i == 0 ? 0 : contexts.get(parents[i]).length();
      contexts.add(new Context(segment, rows, before, 0, 0));
    }
    KeyValueTiles tiles = new KeyValueTiles(shape, contexts);
    MemorySegment packed = arena.allocate(tiles.bytes() + 64, 64);
    packed.fill((byte) -1);
    TilePacker packer = new TilePacker();
    int layer = random.nextInt(LAYERS);
    int head = random.nextInt(HEADS);
    for (int number = tiles.count() - 1; number >= 0; number--) {
      tiles.pack(number, layer, head, packed.asSlice(0, tiles.bytes()), packer);
    }
    for (int segment = 0; segment < lengths.length; segment++) {
      if (segment != 1) {
        assertTiles(tiles, contexts, segment, size, layer, head, packed);
      }
    }
    assertThat(packed.get(ValueLayout.JAVA_LONG_UNALIGNED, tiles.bytes())).isEqualTo(-1);
  }

  /** All that a segment's rows see, and the zeros around. */
  private static void assertTiles(
      KeyValueTiles tiles,
      List<Context> contexts,
      int segment,
      int size,
      int layer,
      int head,
      MemorySegment packed) {
    int length = contexts.get(segment).length();
    for (int key = 0; key < Lanes.wholePanels(length); key++) {
      KeyValueTiles.Place place = tiles.place(segment, key / KEYS);
      int inTile = key % KEYS;
      long keyAt = place.keys() + inTile / PANEL * place.keyPanelBytes();
      Context owner = contexts.get(segment);
      while (key < owner.before()) {
        owner = contexts.get(owner.segment().parent());
      }
      int row = owner.segment().start() + key - owner.before();
      for (int d = 0; d < Lanes.wholePanels(size); d++) {
        boolean there = key < length && d < size;
        long valueAt = place.values() + d / PANEL * place.valuePanelBytes();
        float value = there ? element(owner.keyValues().values(layer), head, row, d) : 0;
        assertSame(key, d, at(packed, valueAt, (long) inTile * PANEL + d % PANEL), value);
        if (d < size) {
          float element = there ? element(owner.keyValues().keys(layer), head, row, d) : 0;
          assertSame(key, d, at(packed, keyAt, (long) d * PANEL + inTile % PANEL), element);
        }
      }
    }
  }

  /** A million times, so words are only looked for where they are needed. */
  private static void assertSame(int key, int element, float packed, float row) {
    if (Float.floatToRawIntBits(packed) != Float.floatToRawIntBits(row)) {
      assertThat(packed).as("key %d, element %d, seed %d", key, element, SEED).isEqualTo(row);
    }
  }

  /** Tiles that are said to follow each other do. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void wholeTilesFollowEachOther(int more) {
    AttentionShape shape = new AttentionShape(1, 1, 24, 1, OperandFormat.F32);
    CpuKeyValues rows = keyValues(shape, new HeadFormat(DType.F32, 24, 24), 10 * KEYS);
    List<Context> contexts = new ArrayList<>();
    int[] lengths = {3 * KEYS + more, more * KEYS, KEYS - 2 * more};
    int before = 0;
    for (int i = 0; i < lengths.length; i++) {
      Segment segment = Segment.computed(rows, 0, lengths[i], i - 1, true);
      contexts.add(new Context(segment, rows, before, 0, 0));
      before += lengths[i];
    }
    KeyValueTiles tiles = new KeyValueTiles(shape, contexts);
    for (int segment = 0; segment < lengths.length; segment++) {
      int count = Math.ceilDiv(contexts.get(segment).length(), KEYS);
      for (int number = 0; number < count; number++) {
        KeyValueTiles.Place place = tiles.place(segment, number);
        assertThat(place.following()).isBetween(1, count - number);
        for (int next = 1; next < place.following(); next++) {
          assertThat(tiles.place(segment, number + next).keys())
              .isEqualTo(place.keys() + next * place.bytes());
        }
      }
      assertThat(tiles.place(segment, 0).following()).isEqualTo(segment == 0 ? 4 : 3);
    }
  }
}
