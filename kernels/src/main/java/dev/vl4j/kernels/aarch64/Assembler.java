package dev.vl4j.kernels.aarch64;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Encodes the instructions that kernels use, one word each. Destinations come first, as in Arm's
 * manual; {@code 4s} and the like are in the methods' names where there is a choice.
 */
final class Assembler {
  private static final int CONDITION_NE = 1;

  private int[] words = new int[64];
  private int count;

  /** The code so far. */
  byte[] toBytes() {
    ByteBuffer bytes = ByteBuffer.allocate(count * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asIntBuffer().put(words, 0, count);
    return bytes.array();
  }

  /** Where the next instruction will be, in instructions. */
  int position() {
    return count;
  }

  private void emit(int word) {
    if (count == words.length) {
      words = Arrays.copyOf(words, 2 * count);
    }
    words[count++] = word;
  }

  // Products.

  /** {@code d[i][j] += sum over 4 k of n[i][k] * m[j][k]}: rows of 4 bfloat16, float32 sums. */
  void bfmmla(Vec d, Vec n, Vec m) {
    three(0x6E40EC00, d, n, m);
  }

  /** {@code d[i][j] += sum over 8 k of n[i][k] * m[j][k]}: rows of 8 signed bytes, int32 sums. */
  void smmla(Vec d, Vec n, Vec m) {
    three(0x4E80A400, d, n, m);
  }

  /** {@code d[i] += sum over 4 k of n[i][k] * m[i][k]}: signed bytes, int32 sums. */
  void sdot(Vec d, Vec n, Vec m) {
    three(0x4E809400, d, n, m);
  }

  /** The same, where m is one of its four words everywhere. */
  void sdot(Vec d, Vec n, Vec m, int index) {
    check(index >= 0 && index < 4, "element", index);
    three(0x4F80E000 | (index & 1) << 21 | (index >> 1) << 11, d, n, m);
  }

  // Other arithmetic on vectors.

  /** Rounds four float32 to bfloat16 into the low half; the high half becomes zero. */
  void bfcvtn(Vec d, Vec n) {
    two(0x0EA16800, d, n);
  }

  /** Rounds four float32 to bfloat16 into the high half; the low half stays. */
  void bfcvtn2(Vec d, Vec n) {
    two(0x4EA16800, d, n);
  }

  void fadd4s(Vec d, Vec n, Vec m) {
    three(0x4E20D400, d, n, m);
  }

  void add4s(Vec d, Vec n, Vec m) {
    three(0x4EA08400, d, n, m);
  }

  /** Sums of neighbours: those of n, then those of m. */
  void addp4s(Vec d, Vec n, Vec m) {
    three(0x4EA0BC00, d, n, m);
  }

  /** The low halves. */
  void zip1x2d(Vec d, Vec n, Vec m) {
    three(0x4EC03800, d, n, m);
  }

  /** The high halves. */
  void zip2x2d(Vec d, Vec n, Vec m) {
    three(0x4EC07800, d, n, m);
  }

  void zero(Vec d) {
    emit(0x6F00E400 | d.number());
  }

  /** Both halves are the register. */
  void dup2d(Vec d, Gp n) {
    emit(0x4E080C00 | n.number() << 5 | d.number());
  }

  private void two(int opcode, Vec d, Vec n) {
    emit(opcode | n.number() << 5 | d.number());
  }

  private void three(int opcode, Vec d, Vec n, Vec m) {
    emit(opcode | m.number() << 16 | n.number() << 5 | d.number());
  }

  // Memory.

  /** Loads 16 bytes from the base and adds the step to it. */
  void ldrPost(Vec t, Gp base, int step) {
    emit(0x3CC00400 | signed(step, 1, 9) << 12 | base.number() << 5 | t.number());
  }

  /** Stores 16 bytes at the base and adds the step to it. */
  void strPost(Vec t, Gp base, int step) {
    emit(0x3C800400 | signed(step, 1, 9) << 12 | base.number() << 5 | t.number());
  }

  /** Loads 32 bytes. */
  void ldp(Vec first, Vec second, Gp base, int offset) {
    pair(0xAD400000, first, second, base, signed(offset, 16, 7));
  }

  /** Stores 32 bytes. */
  void stp(Vec first, Vec second, Gp base, int offset) {
    pair(0xAD000000, first, second, base, signed(offset, 16, 7));
  }

  /** Loads two words of 64 bits from the base and adds the step to it. */
  void ldpPost(Gp first, Gp second, Gp base, int step) {
    emit(
        0xA8C00000
            | signed(step, 8, 7) << 15
            | second.number() << 10
            | base.number() << 5
            | first.number());
  }

  /** Stores the low halves of two vectors on the stack, which grows by 16 bytes. */
  void pushLowHalves(Vec first, Vec second) {
    pair(0x6D800000, first, second, Gp.SP, signed(-16, 8, 7));
  }

  /** Loads what {@link #pushLowHalves} stored. */
  void popLowHalves(Vec first, Vec second) {
    pair(0x6CC00000, first, second, Gp.SP, signed(16, 8, 7));
  }

  private void pair(int opcode, Vec first, Vec second, Gp base, int offset) {
    emit(opcode | offset << 15 | second.number() << 10 | base.number() << 5 | first.number());
  }

  /** Asks for a line to be brought to the first-level cache. It faults nowhere. */
  void prfm(Gp base, int offset) {
    check(offset >= 0 && offset % 8 == 0 && offset / 8 < 4096, "offset", offset);
    emit(0xF9800000 | (offset / 8) << 10 | base.number() << 5);
  }

  // General registers and jumps.

  void mov(Gp d, Gp m) {
    emit(0xAA0003E0 | m.number() << 16 | d.number());
  }

  void mov(Gp d, int immediate) {
    check(immediate >= 0 && immediate < 1 << 16, "immediate", immediate);
    emit(0xD2800000 | immediate << 5 | d.number());
  }

  void add(Gp d, Gp n, Gp m) {
    emit(0x8B000000 | m.number() << 16 | n.number() << 5 | d.number());
  }

  void add(Gp d, Gp n, int immediate) {
    check(immediate >= 0 && immediate < 4096, "immediate", immediate);
    emit(0x91000000 | immediate << 10 | n.number() << 5 | d.number());
  }

  /** Subtracts and sets the conditions. */
  void subs(Gp d, Gp n, int immediate) {
    check(immediate >= 0 && immediate < 4096, "immediate", immediate);
    emit(0xF1000000 | immediate << 10 | n.number() << 5 | d.number());
  }

  /**
   * Jumps if the last {@link #subs} gave other than zero.
   *
   * @param target a {@link #position}
   */
  void bne(int target) {
    emit(0x54000000 | signed(target - count, 1, 19) << 5 | CONDITION_NE);
  }

  void ret() {
    emit(0xD65F03C0);
  }

  /** A number in units, in a field of so many bits. */
  private static int signed(int value, int unit, int bits) {
    int units = value / unit;
    check(
        value % unit == 0 && units >= -(1 << (bits - 1)) && units < 1 << (bits - 1),
        "distance",
        value);
    return units & ((1 << bits) - 1);
  }

  private static void check(boolean right, String what, int value) {
    if (!right) {
      throw new IllegalArgumentException("no encoding for the %s %d".formatted(what, value));
    }
  }
}
