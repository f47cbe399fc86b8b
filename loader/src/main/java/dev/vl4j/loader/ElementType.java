package dev.vl4j.loader;

import java.util.Optional;

/** How one element of a stored tensor is encoded; the constants carry the safetensors names. */
public enum ElementType {
  BOOL(1),
  U8(1),
  I8(1),
  I16(2),
  U16(2),
  F16(2),
  BF16(2),
  I32(4),
  U32(4),
  F32(4),
  F64(8),
  I64(8),
  U64(8),
  F8_E4M3(1),
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
