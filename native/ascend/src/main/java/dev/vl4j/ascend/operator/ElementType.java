package dev.vl4j.ascend.operator;

import static dev.vl4j.ascend.bindings.AscendConstants.*;

/** Types of elements that operators are called with. */
public enum ElementType {
  F32(ACL_FLOAT, 4),
  BF16(ACL_BF16, 2),
  I32(ACL_INT32, 4),
  /** For masks. */
  U8(ACL_UINT8, 1);

  private final int code;
  private final int bytes;

  ElementType(int code, int bytes) {
    this.code = code;
    this.bytes = bytes;
  }

  /** The number that CANN knows it by. */
  int code() {
    return code;
  }

  /** Bytes of an element. */
  public int bytes() {
    return bytes;
  }
}
