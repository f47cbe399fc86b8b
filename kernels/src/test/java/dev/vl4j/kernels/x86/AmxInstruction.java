package dev.vl4j.kernels.x86;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * An instruction of those that AMX kernels are made of, decoded from its bytes by the manual's
 * tables and not by what {@link Assembler} knows.
 *
 * @param at byte offset in the code
 * @param length bytes
 * @param register the operand in ModRM's reg field or in the opcode
 * @param other the register in ModRM's r/m field, where there is one
 * @param third the register in VEX's vvvv field, where there is one
 * @param address the operand in memory; null for none
 * @param immediate the operand in the instruction, or the offset in the code that it jumps to
 */
record AmxInstruction(
    int at,
    int length,
    Operation operation,
    int register,
    int other,
    int third,
    AmxInstruction.@Nullable Address address,
    int immediate) {

  /** What is done; general registers are of 64 bits. */
  enum Operation {
    MOV_IMMEDIATE,
    MOV_LOAD,
    LEA,
    ADD,
    SUB,
    PUSH,
    POP,
    JNE,
    RET,
    PREFETCHT0,
    PREFETCHT1,
    LDTILECFG,
    TILERELEASE,
    TILEZERO,
    TILELOADD,
    TILESTORED,
    TDPBF16PS,
    TDPBUSD
  }

  private static final int NONE = -1;
  private static final String[] NAMES = {
    "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13",
    "r14", "r15"
  };

  /**
   * {@code [base + index * scale + displacement]}.
   *
   * @param base -1 for the instruction's end
   * @param index -1 for none
   */
  record Address(int base, int index, int scale, int displacement) {
    boolean relative() {
      return base == NONE;
    }

    @Override
    public String toString() {
      StringBuilder text = new StringBuilder("[").append(relative() ? "rip" : NAMES[base]);
      if (index != NONE) {
        text.append('+').append(NAMES[index]).append('*').append(scale);
      }
      if (displacement != 0) {
        text.append(displacement > 0 ? "+" : "-").append(hex(Math.abs(displacement)));
      }
      return text.append(']').toString();
    }
  }

  private static String hex(int value) {
    return "0x" + Integer.toHexString(value);
  }

  /**
   * @throws AssertionError if the bytes are none of these instructions
   */
  static AmxInstruction decode(MemorySegment code, int at) {
    return new Decoder(code, at).decode();
  }

  /** As GNU objdump writes it, without padding and without its remarks. */
  @Override
  public String toString() {
    return switch (operation) {
      case MOV_IMMEDIATE -> "mov " + NAMES[register] + "," + hex(immediate);
      case MOV_LOAD -> "mov " + NAMES[register] + ",QWORD PTR " + address;
      case LEA -> "lea " + NAMES[register] + "," + address;
      case ADD -> "add " + NAMES[register] + "," + hex(immediate);
      case SUB -> "sub " + NAMES[register] + "," + hex(immediate);
      case PUSH -> "push " + NAMES[register];
      case POP -> "pop " + NAMES[register];
      case JNE -> "jne " + hex(immediate);
      case RET -> "ret";
      case PREFETCHT0 -> "prefetcht0 BYTE PTR " + address;
      case PREFETCHT1 -> "prefetcht1 BYTE PTR " + address;
      case LDTILECFG -> "ldtilecfg " + address;
      case TILERELEASE -> "tilerelease";
      case TILEZERO -> "tilezero tmm" + register;
      case TILELOADD -> "tileloadd tmm" + register + "," + address;
      case TILESTORED -> "tilestored " + address + ",tmm" + register;
      case TDPBF16PS -> "tdpbf16ps tmm" + register + ",tmm" + other + ",tmm" + third;
      case TDPBUSD -> "tdpbusd tmm" + register + ",tmm" + other + ",tmm" + third;
    };
  }

  private static final class Decoder {
    private final MemorySegment code;
    private final int start;
    private int at;
    private int register;
    private int other = NONE;
    private int third = NONE;
    private @Nullable Address address;
    private int immediate;

    Decoder(MemorySegment code, int start) {
      this.code = code;
      this.start = start;
      at = start;
    }

    private int next() {
      return code.get(ValueLayout.JAVA_BYTE, at++) & 0xFF;
    }

    private int signedByte() {
      return (byte) next();
    }

    private int int32() {
      int value = code.get(ValueLayout.JAVA_INT_UNALIGNED, at);
      at += Integer.BYTES;
      return value;
    }

    private AssertionError unknown() {
      StringBuilder bytes = new StringBuilder();
      for (int i = start; i < Math.min(start + 12, code.byteSize()); i++) {
        bytes.append(" %02x".formatted(code.get(ValueLayout.JAVA_BYTE, i)));
      }
      return new AssertionError("no instruction of AMX kernels at %d:%s".formatted(start, bytes));
    }

    AmxInstruction decode() {
      int first = next();
      Operation operation =
          switch (first) {
            case 0xC4 -> vex();
            case 0x0F -> twoBytes(next(), 0);
            case 0xC3 -> Operation.RET;
            default -> {
              if ((first & 0xF0) == 0x40) {
                yield (first & 8) != 0 ? wide(first) : narrow(next(), first);
              }
              yield stack(first, 0);
            }
          };
      return new AmxInstruction(
          start, at - start, operation, register, other, third, address, immediate);
    }

    private Operation stack(int opcode, int high) {
      register = (opcode & 7) | (high << 3);
      return switch (opcode & 0xF8) {
        case 0x50 -> Operation.PUSH;
        case 0x58 -> Operation.POP;
        default -> throw unknown();
      };
    }

    /** After a REX prefix without W. */
    private Operation narrow(int opcode, int rex) {
      return opcode == 0x0F ? twoBytes(next(), rex) : stack(opcode, rex & 1);
    }

    private Operation twoBytes(int opcode, int rex) {
      if (opcode == 0x85 && rex == 0) {
        int distance = int32();
        immediate = at + distance;
        return Operation.JNE;
      }
      if (opcode != 0x18) {
        throw unknown();
      }
      modRm(0, rex >> 1 & 1, rex & 1);
      return switch (address == null ? 0 : register) {
        case 1 -> Operation.PREFETCHT0;
        case 2 -> Operation.PREFETCHT1;
        default -> refuse();
      };
    }

    /** Instructions on 64 bits, after their REX prefix. */
    private Operation wide(int rex) {
      int opcode = next();
      modRm(rex >> 2 & 1, rex >> 1 & 1, rex & 1);
      boolean inMemory = address != null;
      return switch (opcode) {
        case 0x8B -> inMemory ? Operation.MOV_LOAD : refuse();
        case 0x8D -> inMemory ? Operation.LEA : refuse();
        case 0x81, 0x83, 0xC7 -> inMemory ? refuse() : immediate(opcode);
        default -> refuse();
      };
    }

    /** A register and an immediate; of ModRM's reg field, three bits are opcode. */
    private Operation immediate(int opcode) {
      int group = register & 7;
      immediate = opcode == 0x83 ? signedByte() : int32();
      register = other;
      other = NONE;
      if (opcode == 0xC7) {
        return group == 0 ? Operation.MOV_IMMEDIATE : refuse();
      }
      return switch (group) {
        case 0 -> Operation.ADD;
        case 5 -> Operation.SUB;
        default -> refuse();
      };
    }

    /** The opcodes of map 0F38 under a VEX prefix of three bytes, all with W and L of 0. */
    private Operation vex() {
      int second = next();
      int last = next();
      if ((second & 0x1F) != 2 || (last & 0x84) != 0) {
        throw unknown();
      }
      int prefix = last & 3;
      int opcode = next();
      modRm(~second >> 7 & 1, ~second >> 6 & 1, ~second >> 5 & 1);
      int vvvv = ~(last >> 3) & 15;
      boolean inMemory = address != null;
      if (register > 7 || (!inMemory && other > 7)) {
        throw unknown();
      }
      if (opcode == 0x5C && prefix == 2 && !inMemory && vvvv < 8) {
        third = vvvv;
        return Operation.TDPBF16PS;
      }
      if (opcode == 0x5E && prefix == 1 && !inMemory && vvvv < 8) {
        third = vvvv;
        return Operation.TDPBUSD;
      }
      if (vvvv != 0) {
        throw unknown();
      }
      if (opcode == 0x49 && prefix == 0 && register == 0) {
        return inMemory ? Operation.LDTILECFG : other == 0 ? Operation.TILERELEASE : refuse();
      }
      if (opcode == 0x49 && prefix == 3 && !inMemory && other == 0) {
        other = NONE;
        return Operation.TILEZERO;
      }
      // Rows are addressed by base and index; without an index the distance would be zero.
      if (opcode == 0x4B && inMemory && address.index != NONE) {
        return switch (prefix) {
          case 2 -> Operation.TILESTORED;
          case 3 -> Operation.TILELOADD;
          default -> refuse();
        };
      }
      throw unknown();
    }

    private Operation refuse() {
      throw unknown();
    }

    private void modRm(int r, int x, int b) {
      int modRm = next();
      int mode = modRm >> 6;
      int rm = modRm & 7;
      register = (modRm >> 3 & 7) | (r << 3);
      if (mode == 3) {
        other = rm | (b << 3);
        return;
      }
      if (mode == 0 && rm == 5) {
        address = new Address(NONE, NONE, 1, int32());
        return;
      }
      int base = rm | (b << 3);
      int index = NONE;
      int scale = 1;
      if (rm == 4) {
        int sib = next();
        base = (sib & 7) | (b << 3);
        index = (sib >> 3 & 7) | (x << 3);
        scale = 1 << (sib >> 6);
        if (index == 4) {
          index = NONE;
        }
        if ((sib & 7) == 5 && mode == 0) {
          throw unknown();
        }
      }
      int displacement = mode == 0 ? 0 : mode == 1 ? signedByte() : int32();
      address = new Address(base, index, scale, displacement);
    }
  }
}
