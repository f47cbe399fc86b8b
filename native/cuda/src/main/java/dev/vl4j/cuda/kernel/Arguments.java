package dev.vl4j.cuda.kernel;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.vl4j.kernels.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/** Room for a kernel's arguments. The driver copies them at the launch, so it serves the next. */
public final class Arguments {
  private static final int MOST = 24;

  private final MemorySegment values;
  private final MemorySegment pointers;
  private final int[] sizes = new int[MOST];
  private int count;

  /**
   * @param arena of the room
   */
  Arguments(Arena arena) {
    values = arena.allocate(JAVA_LONG, MOST);
    pointers = arena.allocate(ADDRESS, MOST);
    for (int i = 0; i < MOST; i++) {
      pointers.setAtIndex(ADDRESS, i, values.asSlice(8L * i, 8));
    }
  }

  /** Begins anew. */
  Arguments clear() {
    count = 0;
    return this;
  }

  /** A pointer or a 64-bit integer. */
  Arguments with(long value) {
    sizes[count] = Long.BYTES;
    values.set(JAVA_LONG, 8L * count++, value);
    return this;
  }

  Arguments with(int value) {
    sizes[count] = Integer.BYTES;
    values.set(JAVA_LONG, 8L * count++, value & 0xffff_ffffL);
    return this;
  }

  Arguments with(float value) {
    return with(Float.floatToRawIntBits(value));
  }

  /** Where a matrix lies: its address and its stride. */
  Arguments place(Matrix matrix) {
    return with(matrix.address()).with(matrix.stride());
  }

  /** Where a matrix lies, and its format. */
  Arguments typed(Matrix matrix) {
    return place(matrix).format(matrix.element());
  }

  /** Where rows of codes lie: their address and stride, and the address of the scales. */
  Arguments coded(CodedMatrix matrix) {
    return with(matrix.codes()).with(matrix.stride()).with(matrix.scales());
  }

  /** A format, by its number in {@code common.cu}. */
  Arguments format(DType element) {
    return with(
        switch (element) {
          case F32 -> 0;
          case BF16 -> 1;
          case F16 -> 2;
          case I8 -> 3;
        });
  }

  /** The size of each in bytes. */
  public List<Integer> bytes() {
    return Arrays.stream(sizes, 0, count).boxed().toList();
  }

  /** The arguments, in 8 bytes each, of which the lowest count. */
  long[] words() {
    return values.asSlice(0, 8L * count).toArray(JAVA_LONG);
  }

  /** Begins anew, with arguments that {@link #words} gave. */
  void setWords(long[] words) {
    count = words.length;
    MemorySegment.copy(words, 0, values, JAVA_LONG, 0, count);
  }

  /** Pointers to the arguments, as cuLaunchKernel takes them. */
  public MemorySegment pointers() {
    return pointers;
  }
}
