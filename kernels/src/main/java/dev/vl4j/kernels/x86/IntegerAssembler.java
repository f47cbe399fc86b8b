package dev.vl4j.kernels.x86;

/** The instructions in use on 64-bit integers, and those that steer. */
class IntegerAssembler extends Encoder {
  void mov(Gp to, Gp from) {
    rexW(0x89, from.number(), to);
  }

  void mov(Gp to, Mem from) {
    rexW(0x8B, to.number(), from);
  }

  void mov(Mem to, Gp from) {
    rexW(0x89, from.number(), to);
  }

  /** The immediate is extended by its sign. */
  void mov(Gp to, int immediate) {
    rexW(0xC7, 0, to);
    int32(immediate);
  }

  void lea(Gp to, Mem address) {
    rexW(0x8D, to.number(), address);
  }

  /** The address of a place in the code, bound before or later. */
  void lea(Gp to, Label place) {
    rexWRelative(0x8D, to);
    distance(place);
  }

  void add(Gp to, Gp addend) {
    rexW(0x01, addend.number(), to);
  }

  void add(Gp to, Mem addend) {
    rexW(0x03, to.number(), addend);
  }

  void add(Gp to, int immediate) {
    arithmetic(0, to, immediate);
  }

  void sub(Gp to, int immediate) {
    arithmetic(5, to, immediate);
  }

  void and(Gp to, int immediate) {
    arithmetic(4, to, immediate);
  }

  void cmp(Gp left, int immediate) {
    arithmetic(7, left, immediate);
  }

  /** The group of opcode 83/81, whose operation stands in ModRM. */
  private void arithmetic(int operation, Gp to, int immediate) {
    boolean isByte = immediate == (byte) immediate;
    rexW(isByte ? 0x83 : 0x81, operation, to);
    if (isByte) {
      bytes(immediate);
    } else {
      int32(immediate);
    }
  }

  void test(Gp left, Gp right) {
    rexW(0x85, right.number(), left);
  }

  /** Counts the bits that are set. */
  void popcnt(Gp to, Gp from) {
    bytes(0xF3, 0x48 | (to.high() << 2) | from.high(), 0x0F, 0xB8);
    registers(to.number(), from.number());
  }

  void shl(Gp to, int bits) {
    rexW(0xC1, 4, to);
    bytes(bits);
  }

  void push(Gp register) {
    if (register.high() > 0) {
      bytes(0x41);
    }
    bytes(0x50 + register.low());
  }

  void pop(Gp register) {
    if (register.high() > 0) {
      bytes(0x41);
    }
    bytes(0x58 + register.low());
  }

  /** Calls what the memory has the address of. */
  void call(Mem target) {
    int rex = addressBits(target);
    if (rex != 0) {
      bytes(0x40 | rex);
    }
    bytes(0xFF);
    memory(2, target, 1);
  }

  void ret() {
    bytes(0xC3);
  }

  /** Conditions of a jump, with their numbers. */
  enum Condition {
    ZERO(4),
    NOT_ZERO(5),
    LESS(12),
    GREATER_OR_EQUAL(13),
    LESS_OR_EQUAL(14),
    GREATER(15);

    private final int number;

    Condition(int number) {
      this.number = number;
    }
  }

  /** Binds a label here. */
  void bind(Label label) {
    for (int at : label.bind(position())) {
      patch32(at, position() - (at + 4));
    }
  }

  /** Jumps to a label, bound before or later. */
  void jump(Condition condition, Label target) {
    bytes(0x0F, 0x80 | condition.number);
    distance(target);
  }

  /** The last four bytes of an instruction: from its end to a label. */
  private void distance(Label target) {
    if (target.bound()) {
      int32(target.position() - (position() + 4));
    } else {
      target.referFrom(position());
      int32(0);
    }
  }

  void cpuid() {
    bytes(0x0F, 0xA2);
  }

  void xgetbv() {
    bytes(0x0F, 0x01, 0xD0);
  }

  /** Stores the low 32 bits. */
  void movd(Mem to, Gp from) {
    int rex = (from.high() << 2) | addressBits(to);
    if (rex != 0) {
      bytes(0x40 | rex);
    }
    bytes(0x89);
    memory(from.number(), to, 1);
  }

  void prefetcht0(Mem address) {
    prefetch(0x18, 1, address);
  }

  void prefetcht1(Mem address) {
    prefetch(0x18, 2, address);
  }

  /** In order to write to it. */
  void prefetchw(Mem address) {
    prefetch(0x0D, 1, address);
  }

  private void prefetch(int opcode, int hint, Mem address) {
    int rex = addressBits(address);
    if (rex != 0) {
      bytes(0x40 | rex);
    }
    bytes(0x0F, opcode);
    memory(hint, address, 1);
  }
}
