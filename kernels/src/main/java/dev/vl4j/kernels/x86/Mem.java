package dev.vl4j.kernels.x86;

import org.jspecify.annotations.Nullable;

/**
 * A memory operand, {@code [base + index * scale + displacement]}.
 *
 * @param index null for none; not RSP, which has no encoding as an index
 * @param scale 1, 2, 4 or 8
 * @param displacement bytes
 */
record Mem(Gp base, @Nullable Gp index, int scale, int displacement) implements Operand {
  Mem {
    if (index == Gp.RSP || Integer.bitCount(scale) != 1 || scale < 1 || scale > 8) {
      throw new IllegalArgumentException("no encoding for index %s * %d".formatted(index, scale));
    }
  }

  static Mem at(Gp base) {
    return new Mem(base, null, 1, 0);
  }

  static Mem at(Gp base, int displacement) {
    return new Mem(base, null, 1, displacement);
  }

  static Mem at(Gp base, Gp index, int scale, int displacement) {
    return new Mem(base, index, scale, displacement);
  }
}
