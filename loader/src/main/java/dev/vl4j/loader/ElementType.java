package dev.vl4j.loader;

import java.util.Optional;

/** How one element of a stored tensor is encoded; the constants carry the safetensors names. */
public enum ElementType {
  /** A truth value: 0 or 1. */
  BOOL(1),
  /** An unsigned integer of 8 bits. */
  U8(1),
  /** A signed integer of 8 bits. */
  I8(1),
  /** A signed integer of 16 bits. */
  I16(2),
  /** An unsigned integer of 16 bits. */
  U16(2),
  /** IEEE 754 binary16. */
  F16(2),
  /** bfloat16: the upper half of a binary32. */
  BF16(2),
  /** A signed integer of 32 bits. */
  I32(4),
  /** An unsigned integer of 32 bits. */
  U32(4),
  /** IEEE 754 binary32. */
  F32(4),
  /** IEEE 754 binary64. */
  F64(8),
  /** A signed integer of 64 bits. */
  I64(8),
  /** An unsigned integer of 64 bits. */
  U64(8),
  /** 8 bits, with an exponent of 4 and a fraction of 3. */
  F8_E4M3(1),
  /** 8 bits, with an exponent of 5 and a fraction of 2. */
  F8_E5M2(1);

  private final int bytes;

  ElementType(int bytes) {
    this.bytes = bytes;
  }

  /** Size of one element in bytes. */
  public int bytes() {
    return bytes;
  }

  /** The type that a safetensors header calls {@code dtype}; empty if this reader knows none. */
  public static Optional<ElementType> named(String dtype) {
    for (ElementType type : values()) {
      if (type.name().equals(dtype)) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }
}
