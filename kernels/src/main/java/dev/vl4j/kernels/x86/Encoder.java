package dev.vl4j.kernels.x86;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The instruction formats of x86-64: legacy with REX, VEX and EVEX prefixes, ModRM, SIB and
 * displacement (Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, chapter 2).
 */
class Encoder {
  /** Opcode maps, by their number in VEX and EVEX prefixes. */
  static final int MAP_0F = 1;

  static final int MAP_0F38 = 2;
  static final int MAP_0F3A = 3;

  /** Mandatory prefixes, by their number in VEX and EVEX prefixes. */
  static final int NO_PREFIX = 0;

  static final int PREFIX_66 = 1;
  static final int PREFIX_F3 = 2;
  static final int PREFIX_F2 = 3;

  private byte[] code = new byte[512];
  private int length;

  /** Bytes so far. */
  final int position() {
    return length;
  }

  /** A copy of the code. */
  final byte[] toBytes() {
    return Arrays.copyOf(code, length);
  }

  final void bytes(int... values) {
    for (int value : values) {
      if (length == code.length) {
        code = Arrays.copyOf(code, 2 * length);
      }
      code[length++] = (byte) value;
    }
  }

  final void int32(int value) {
    bytes(value, value >> 8, value >> 16, value >> 24);
  }

  /** Replaces four bytes that are there. */
  final void patch32(int at, int value) {
    for (int i = 0; i < 4; i++) {
      code[at + i] = (byte) (value >> (8 * i));
    }
  }

  /** {@code opcode reg, rm} on 64-bit registers. */
  final void rexW(int opcode, int reg, Gp rm) {
    bytes(0x48 | (reg >> 3 << 2) | rm.high(), opcode);
    modRm(3, reg, rm.number());
  }

  /** {@code opcode reg, [memory]} on 64-bit registers. */
  final void rexW(int opcode, int reg, Mem memory) {
    bytes(0x48 | (reg >> 3 << 2) | addressBits(memory), opcode);
    memory(reg, memory, 1);
  }

  /** {@code opcode reg, [instruction pointer + distance]}, without the distance's four bytes. */
  final void rexWRelative(int opcode, Gp reg) {
    bytes(0x48 | (reg.high() << 2), opcode);
    modRm(0, reg.number(), 5);
  }

  /** A VEX instruction: {@code opcode reg, second, rm}. */
  final void vex(
      int map, int prefix, int w, int opcode, int bits, int reg, int second, Operand rm) {
    int notR = (~reg >> 3) & 1;
    int notX = 1;
    int notB;
    switch (rm) {
      case Vec vector -> notB = (~vector.number() >> 3) & 1;
      case Tile _ -> notB = 1;
      case Mem memory -> {
        notX = 1 - high(memory.index());
        notB = 1 - high(memory.base());
      }
      case Each each -> throw new IllegalArgumentException("no VEX encoding of " + each);
    }
    int last = ((~second & 15) << 3) | (bits == 256 ? 4 : 0) | prefix;
    if (map == MAP_0F && w == 0 && notX == 1 && notB == 1) {
      bytes(0xC5, (notR << 7) | last, opcode);
    } else {
      bytes(0xC4, (notR << 7) | (notX << 6) | (notB << 5) | map);
      bytes((w << 7) | last, opcode);
    }
    operand(reg, rm, 1);
  }

  /**
   * The form of an EVEX instruction.
   *
   * @param tuple bytes that an 8-bit displacement counts in: the size of the memory operand
   */
  record Evex(int map, int prefix, int w, int opcode, int bits, int tuple) {}

  /**
   * An EVEX instruction, {@code opcode reg {mask}, second, rm}.
   *
   * @param mask 1 to 7, or 0 for none
   */
  final void evex(Evex form, int reg, int second, Operand rm, int mask, boolean zeroing) {
    int notR = (~reg >> 3) & 1;
    int notR2 = (~reg >> 4) & 1;
    int notX = 1;
    int notB;
    switch (rm) {
      case Vec vector -> {
        notX = (~vector.number() >> 4) & 1;
        notB = (~vector.number() >> 3) & 1;
      }
      case Tile tile -> throw new IllegalArgumentException("no EVEX encoding for " + tile);
      case Mem memory -> {
        notX = 1 - high(memory.index());
        notB = 1 - high(memory.base());
      }
      case Each(Mem memory) -> {
        notX = 1 - high(memory.index());
        notB = 1 - high(memory.base());
      }
    }
    int size = form.bits == 512 ? 2 : form.bits == 256 ? 1 : 0;
    bytes(0x62, (notR << 7) | (notX << 6) | (notB << 5) | (notR2 << 4) | form.map);
    bytes((form.w << 7) | ((~second & 15) << 3) | 4 | form.prefix);
    bytes(
        (zeroing ? 0x80 : 0)
            | (size << 5)
            | (rm instanceof Each ? 0x10 : 0)
            | (((~second >> 4) & 1) << 3)
            | mask);
    bytes(form.opcode);
    operand(reg, rm, form.tuple);
  }

  private void operand(int reg, Operand rm, int tuple) {
    switch (rm) {
      case Vec vector -> modRm(3, reg, vector.number());
      case Tile tile -> modRm(3, reg, tile.number());
      case Mem memory -> memory(reg, memory, tuple);
      case Each(Mem memory) -> memory(reg, memory, Integer.BYTES);
    }
  }

  /** ModRM of two registers. */
  final void registers(int reg, int rm) {
    modRm(3, reg, rm);
  }

  private void modRm(int mode, int reg, int rm) {
    bytes((mode << 6) | ((reg & 7) << 3) | (rm & 7));
  }

  /**
   * ModRM, SIB and displacement of a memory operand.
   *
   * @param tuple what an 8-bit displacement counts in
   */
  final void memory(int reg, Mem memory, int tuple) {
    int base = memory.base().low();
    int displacement = memory.displacement();
    int small = displacement / tuple;
    boolean isSmall = displacement % tuple == 0 && small == (byte) small;
    // Without a displacement, RBP and R13 as a base would mean something else.
    int mode = displacement == 0 && base != 5 ? 0 : isSmall ? 1 : 2;
    Gp index = memory.index();
    if (index != null || base == 4) {
      modRm(mode, reg, 4);
      int indexBits = index == null ? 4 : index.low();
      bytes((Integer.numberOfTrailingZeros(memory.scale()) << 6) | (indexBits << 3) | base);
    } else {
      modRm(mode, reg, base);
    }
    if (mode == 1) {
      bytes(small);
    } else if (mode == 2) {
      int32(displacement);
    }
  }

  private static int high(@Nullable Gp register) {
    return register == null ? 0 : register.high();
  }

  /** The fourth bits of an address's registers, as REX has them. */
  static int addressBits(Mem memory) {
    return (high(memory.index()) << 1) | high(memory.base());
  }
}
