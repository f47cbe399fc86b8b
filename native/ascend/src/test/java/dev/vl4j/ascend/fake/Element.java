package dev.vl4j.ascend.fake;

import dev.vl4j.kernels.Formats;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A type of elements, by the numbers that the documentation gives. */
enum Element {
  F32(0, 4) {
    @Override
    double get(MemorySegment memory, long index) {
      return memory.get(FLOATS, index * 4);
    }

    @Override
    void set(MemorySegment memory, long index, double value) {
      memory.set(FLOATS, index * 4, (float) value);
    }
  },
  F16(1, 2) {
    @Override
    double get(MemorySegment memory, long index) {
      return Formats.f16ToFloat(memory.get(SHORTS, index * 2));
    }

    @Override
    void set(MemorySegment memory, long index, double value) {
      memory.set(SHORTS, index * 2, Float.floatToFloat16((float) value));
    }
  },
  BF16(27, 2) {
    @Override
    double get(MemorySegment memory, long index) {
      return Formats.bf16ToFloat(memory.get(SHORTS, index * 2));
    }

    @Override
    void set(MemorySegment memory, long index, double value) {
      int bits = Float.floatToRawIntBits(Formats.roundToBf16((float) value));
      memory.set(SHORTS, index * 2, (short) (bits >>> 16));
    }
  },
  I8(2, 1) {
    @Override
    double get(MemorySegment memory, long index) {
      return memory.get(ValueLayout.JAVA_BYTE, index);
    }

    @Override
    void set(MemorySegment memory, long index, double value) {
      memory.set(ValueLayout.JAVA_BYTE, index, (byte) value);
    }
  },
  U8(4, 1) {
    @Override
    double get(MemorySegment memory, long index) {
      return memory.get(ValueLayout.JAVA_BYTE, index) & 0xFF;
    }

    @Override
    void set(MemorySegment memory, long index, double value) {
      memory.set(ValueLayout.JAVA_BYTE, index, (byte) (int) value);
    }
  },
  BOOL(12, 1) {
    @Override
    double get(MemorySegment memory, long index) {
      return memory.get(ValueLayout.JAVA_BYTE, index);
    }

    @Override
    void set(MemorySegment memory, long index, double value) {
      memory.set(ValueLayout.JAVA_BYTE, index, (byte) (value == 0 ? 0 : 1));
    }
  },
  I32(3, 4) {
    @Override
    double get(MemorySegment memory, long index) {
      return memory.get(INTS, index * 4);
    }

    @Override
    void set(MemorySegment memory, long index, double value) {
      memory.set(INTS, index * 4, (int) value);
    }
  },
  I64(9, 8) {
    @Override
    double get(MemorySegment memory, long index) {
      return memory.get(LONGS, index * 8);
    }

    @Override
    void set(MemorySegment memory, long index, double value) {
      memory.set(LONGS, index * 8, (long) value);
    }
  };

  private static final ValueLayout.OfFloat FLOATS = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ValueLayout.OfShort SHORTS = ValueLayout.JAVA_SHORT_UNALIGNED;
  private static final ValueLayout.OfInt INTS = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfLong LONGS = ValueLayout.JAVA_LONG_UNALIGNED;

  private final int code;
  private final int bytes;

  Element(int code, int bytes) {
    this.code = code;
    this.bytes = bytes;
  }

  static Element of(int code) {
    for (Element element : values()) {
      if (element.code == code) {
        return element;
      }
    }
    throw new Status(Codes.BAD_ARGUMENT, "data type %d is not supported".formatted(code));
  }

  int bytes() {
    return bytes;
  }

  boolean isFloating() {
    return this == F32 || this == F16 || this == BF16;
  }

  boolean isIndex() {
    return this == I32 || this == I64;
  }

  /** Reads a run of elements. */
  final void read(MemorySegment from, long at, long stride, float[] values, int index, int count) {
    if (this == F32 && stride == 1) {
      MemorySegment.copy(from, FLOATS, at * 4, values, index, count);
    } else if (this == BF16) {
      for (int i = 0; i < count; i++) {
        values[index + i] = Formats.bf16ToFloat(from.get(SHORTS, (at + i * stride) * 2));
      }
    } else {
      for (int i = 0; i < count; i++) {
        values[index + i] = (float) get(from, at + i * stride);
      }
    }
  }

  /** Writes a run of elements. */
  final void write(float[] values, int index, int count, MemorySegment to, long at, long stride) {
    if (this == F32 && stride == 1) {
      MemorySegment.copy(values, index, to, FLOATS, at * 4, count);
    } else if (this == BF16) {
      for (int i = 0; i < count; i++) {
        int bits = Float.floatToRawIntBits(Formats.roundToBf16(values[index + i]));
        to.set(SHORTS, (at + i * stride) * 2, (short) (bits >>> 16));
      }
    } else {
      for (int i = 0; i < count; i++) {
        set(to, at + i * stride, values[index + i]);
      }
    }
  }

  /** The value of an element; those of all types fit into a double. */
  abstract double get(MemorySegment memory, long index);

  /** Rounds to float32 and then to the type, each time to nearest even. */
  abstract void set(MemorySegment memory, long index, double value);
}
