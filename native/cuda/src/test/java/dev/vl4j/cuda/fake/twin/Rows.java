package dev.vl4j.cuda.fake.twin;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import dev.vl4j.cuda.fake.Launch;
import java.lang.foreign.MemorySegment;

/**
 * Rows in the memory of a launch.
 *
 * @param stride elements from one row to the next
 * @param format as in {@code rows.cu}
 */
record Rows(Launch launch, long address, int stride, int format) {
  static final int FLOAT32 = 0;
  static final int BFLOAT16 = 1;
  static final int FLOAT16 = 2;
  static final int INT8 = 3;

  boolean isPresent() {
    return address != 0;
  }

  private int bytes() {
    return bytes(format);
  }

  static int bytes(int format) {
    return switch (format) {
      case FLOAT32 -> 4;
      case BFLOAT16, FLOAT16 -> 2;
      case INT8 -> 1;
      default -> throw new IllegalArgumentException("format " + format);
    };
  }

  /** Elements of a row from its first on. */
  float[] read(long row, int count) {
    return read(row, 0, count, 1);
  }

  /**
   * Elements of a row.
   *
   * @param step what a 1 of {@link #INT8} stands for
   */
  float[] read(long row, int from, int count, float step) {
    float[] values = new float[count];
    if (count == 0) {
      return values;
    }
    MemorySegment segment =
        launch.read(address + (row * stride + from) * bytes(), (long) count * bytes());
    for (int i = 0; i < count; i++) {
      values[i] =
          switch (format) {
            case FLOAT32 -> segment.get(JAVA_FLOAT_UNALIGNED, 4L * i);
            case BFLOAT16 -> Float.intBitsToFloat(segment.get(JAVA_SHORT_UNALIGNED, 2L * i) << 16);
            case FLOAT16 -> Float.float16ToFloat(segment.get(JAVA_SHORT_UNALIGNED, 2L * i));
            default -> segment.get(JAVA_BYTE, i) * step;
          };
    }
    return values;
  }

  /** Writes elements of a row, rounded to the format. */
  void write(long row, int from, float[] values) {
    if (values.length == 0) {
      return;
    }
    MemorySegment segment =
        launch.write(address + (row * stride + from) * bytes(), (long) values.length * bytes());
    for (int i = 0; i < values.length; i++) {
      if (format == FLOAT32) {
        segment.set(JAVA_FLOAT_UNALIGNED, 4L * i, values[i]);
      } else {
        segment.set(JAVA_SHORT_UNALIGNED, 2L * i, Functions.bf16(values[i]));
      }
    }
  }

  /** An integer of a table without gaps. */
  static int integer(Launch launch, long table, long index) {
    return launch.read(table + 4 * index, 4).get(JAVA_INT_UNALIGNED, 0);
  }

  /** A number of a table without gaps. */
  static float number(Launch launch, long table, long index) {
    return launch.read(table + 4 * index, 4).get(JAVA_FLOAT_UNALIGNED, 0);
  }
}
