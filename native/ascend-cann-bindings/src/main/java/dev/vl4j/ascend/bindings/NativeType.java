package dev.vl4j.ascend.bindings;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.ValueLayout;

/** How a value of C is passed. The letters are those of the declarations. */
public enum NativeType {
  /** A pointer, of the host or of a device, or a handle. */
  ADDRESS('a'),
  /** {@code int64_t}, {@code uint64_t} and {@code size_t}. */
  LONG('j'),
  /** {@code int32_t}, {@code uint32_t}, {@code int} and enumerations. */
  INT('i'),
  /** {@code int8_t}. */
  BYTE('b'),
  /** {@code bool}. */
  BOOLEAN('z'),
  /** {@code double}. */
  DOUBLE('d'),
  /** {@code float}. */
  FLOAT('f'),
  /** No result. */
  VOID('v');

  private final char letter;

  NativeType(char letter) {
    this.letter = letter;
  }

  /** One letter, as in {@link Declaration#toString}. */
  public char letter() {
    return letter;
  }

  /**
   * The layout by which Java passes it.
   *
   * @throws IllegalStateException for {@link #VOID}
   */
  public MemoryLayout layout() {
    return switch (this) {
      case ADDRESS -> ValueLayout.ADDRESS;
      case LONG -> ValueLayout.JAVA_LONG;
      case INT -> ValueLayout.JAVA_INT;
      case BYTE -> ValueLayout.JAVA_BYTE;
      case BOOLEAN -> ValueLayout.JAVA_BOOLEAN;
      case DOUBLE -> ValueLayout.JAVA_DOUBLE;
      case FLOAT -> ValueLayout.JAVA_FLOAT;
      case VOID -> throw new IllegalStateException("void has no layout");
    };
  }

  static NativeType of(String letter) {
    for (NativeType type : values()) {
      if (letter.equals(String.valueOf(type.letter))) {
        return type;
      }
    }
    throw new IllegalArgumentException("expected the letter of a type, found %s".formatted(letter));
  }
}
