package dev.vl4j.kernels.aarch64;

import java.util.Locale;

/**
 * An instruction of those that kernels for aarch64 are made of, decoded from its word by the
 * manual's tables and not by what {@link Assembler} knows.
 *
 * @param d the register that is written, or the first of a pair
 * @param n the first operand, or the base of an address
 * @param m the second operand, or the second of a pair
 * @param immediate a number, a distance in bytes, or an element's index
 */
record NeonInstruction(Operation operation, int d, int n, int m, int immediate) {
  /** What is done, and how GNU as writes it: D, N and M are numbers of registers, I a number. */
  enum Operation {
    BFMMLA("vD.4s, vN.8h, vM.8h"),
    SMMLA("vD.4s, vN.16b, vM.16b"),
    SDOT("vD.4s, vN.16b, vM.16b"),
    SDOT_ELEMENT("sdot", "vD.4s, vN.16b, vM.4b[I]"),
    BFCVTN("vD.4h, vN.4s"),
    BFCVTN2("vD.8h, vN.4s"),
    FADD("vD.4s, vN.4s, vM.4s"),
    ADD_VECTOR("add", "vD.4s, vN.4s, vM.4s"),
    ADDP("vD.4s, vN.4s, vM.4s"),
    ZIP1("vD.2d, vN.2d, vM.2d"),
    ZIP2("vD.2d, vN.2d, vM.2d"),
    MOVI("vD.2d, #I"),
    DUP("vD.2d, xN"),
    LDR_POST("ldr", "qD, [xN], #I"),
    STR_POST("str", "qD, [xN], #I"),
    LDP_VECTOR("ldp", "qD, qM, [xN, #I]"),
    STP_VECTOR("stp", "qD, qM, [xN, #I]"),
    LDP_POST("ldp", "xD, xM, [xN], #I"),
    PUSH("stp", "dD, dM, [sp, #I]!"),
    POP("ldp", "dD, dM, [sp], #I"),
    PRFM("pldl1keep, [xN, #I]"),
    MOV("xD, xM"),
    MOV_IMMEDIATE("mov", "xD, #I"),
    ADD("xD, xN, xM"),
    ADD_IMMEDIATE("add", "xD, xN, #I"),
    SUBS("xD, xN, #I"),
    BNE("b.ne", ".I"),
    RET("");

    private final String name;
    private final String operands;

    Operation(String operands) {
      this.name = name().toLowerCase(Locale.ROOT);
      this.operands = operands;
    }

    Operation(String name, String operands) {
      this.name = name;
      this.operands = operands;
    }
  }

  /** As GNU as reads it. */
  @Override
  public String toString() {
    String number = operation == Operation.BNE ? "%+d".formatted(immediate) : "" + immediate;
    String operands =
        operation
            .operands
            .replace("D", "" + d)
            .replace("N", "" + n)
            .replace("M", "" + m)
            .replace("I", number);
    return (operation.name + " " + operands).strip();
  }

  /**
   * @throws AssertionError if the word is none of these instructions
   */
  static NeonInstruction decode(int word) {
    return switch (word & 0xFFE0FC00) {
      case 0x6E40EC00 -> vectors(Operation.BFMMLA, word);
      case 0x4E80A400 -> vectors(Operation.SMMLA, word);
      case 0x4E809400 -> vectors(Operation.SDOT, word);
      case 0x4E20D400 -> vectors(Operation.FADD, word);
      case 0x4EA08400 -> vectors(Operation.ADD_VECTOR, word);
      case 0x4EA0BC00 -> vectors(Operation.ADDP, word);
      case 0x4EC03800 -> vectors(Operation.ZIP1, word);
      case 0x4EC07800 -> vectors(Operation.ZIP2, word);
      case 0x8B000000 -> vectors(Operation.ADD, word);
      case 0xAA000000 -> {
        require(field(word, 5, 5) == 31, word);
        yield vectors(Operation.MOV, word);
      }
      default -> decodeOthers(word);
    };
  }

  private static NeonInstruction decodeOthers(int word) {
    if ((word & 0xFFC0F400) == 0x4F80E000) {
      int index = field(word, 11, 1) << 1 | field(word, 21, 1);
      return new NeonInstruction(
          Operation.SDOT_ELEMENT, field(word, 0, 5), field(word, 5, 5), field(word, 16, 5), index);
    }
    switch (word & 0xFFFFFC00) {
      case 0x0EA16800 -> {
        return vectors(Operation.BFCVTN, word);
      }
      case 0x4EA16800 -> {
        return vectors(Operation.BFCVTN2, word);
      }
      case 0x4E080C00 -> {
        return vectors(Operation.DUP, word);
      }
      default -> {
        // It is of another kind.
      }
    }
    if ((word & 0xFFFFFFE0) == 0x6F00E400) {
      return new NeonInstruction(Operation.MOVI, field(word, 0, 5), 0, 0, 0);
    }
    if (word == 0xD65F03C0) {
      return new NeonInstruction(Operation.RET, 0, 0, 0, 0);
    }
    return decodeWithImmediate(word);
  }

  private static NeonInstruction decodeWithImmediate(int word) {
    return switch (word >>> 22) {
      case 0xAD400000 >>> 22 -> pair(Operation.LDP_VECTOR, word, 16);
      case 0xAD000000 >>> 22 -> pair(Operation.STP_VECTOR, word, 16);
      case 0xA8C00000 >>> 22 -> pair(Operation.LDP_POST, word, 8);
      case 0x6D800000 >>> 22 -> pair(Operation.PUSH, word, 8);
      case 0x6CC00000 >>> 22 -> pair(Operation.POP, word, 8);
      case 0x3CC00000 >>> 22 -> indexed(Operation.LDR_POST, word);
      case 0x3C800000 >>> 22 -> indexed(Operation.STR_POST, word);
      case 0x91000000 >>> 22 -> immediate(Operation.ADD_IMMEDIATE, word, 1);
      case 0xF1000000 >>> 22 -> immediate(Operation.SUBS, word, 1);
      case 0xF9800000 >>> 22 -> {
        require(field(word, 0, 5) == 0, word);
        yield immediate(Operation.PRFM, word, 8);
      }
      default -> {
        if (word >>> 21 == 0xD2800000 >>> 21) {
          yield new NeonInstruction(
              Operation.MOV_IMMEDIATE, field(word, 0, 5), 0, 0, field(word, 5, 16));
        }
        require((word & 0xFF00001F) == 0x54000001, word);
        yield new NeonInstruction(Operation.BNE, 0, 0, 0, (word << 8 >> 13) * Integer.BYTES);
      }
    };
  }

  private static void require(boolean right, int word) {
    if (!right) {
      throw new AssertionError("%08x is no instruction of kernels".formatted(word));
    }
  }

  private static int field(int word, int from, int bits) {
    return word >>> from & ((1 << bits) - 1);
  }

  private static NeonInstruction vectors(Operation operation, int word) {
    return new NeonInstruction(
        operation, field(word, 0, 5), field(word, 5, 5), field(word, 16, 5), 0);
  }

  private static NeonInstruction pair(Operation operation, int word, int unit) {
    int offset = (word << 10 >> 25) * unit;
    return new NeonInstruction(
        operation, field(word, 0, 5), field(word, 5, 5), field(word, 10, 5), offset);
  }

  private static NeonInstruction indexed(Operation operation, int word) {
    require(field(word, 10, 2) == 1 && field(word, 21, 1) == 0, word);
    return new NeonInstruction(
        operation, field(word, 0, 5), field(word, 5, 5), 0, word << 11 >> 23);
  }

  private static NeonInstruction immediate(Operation operation, int word, int unit) {
    return new NeonInstruction(
        operation, field(word, 0, 5), field(word, 5, 5), 0, field(word, 10, 12) * unit);
  }
}
