package dev.vl4j.kernels.x86;

/** The instructions that there are on vectors of 256 bits or fewer alone (VEX). */
class NarrowAssembler extends TileAssembler {
  /** Predicates of comparisons. */
  static final int LESS = 1;

  static final int NOT_LESS = 5;

  private void narrow(int map, int opcode, Vec to, Vec left, Operand right) {
    vex(map, PREFIX_66, 0, opcode, to.bits(), to.number(), left.number(), right);
  }

  // ---- integers ----

  /** Bytes of {@code left}, negated or zeroed by the sign of {@code right}'s. */
  void vpsignb(Vec to, Vec left, Operand right) {
    narrow(MAP_0F38, 0x08, to, left, right);
  }

  /** All bits set where 32-bit lanes are equal. */
  void vpcmpeqd(Vec to, Vec left, Operand right) {
    narrow(MAP_0F, 0x76, to, left, right);
  }

  /** Shifts 16-bit lanes right. */
  void vpsrlw(Vec to, Vec from, int bits) {
    vex(MAP_0F, PREFIX_66, 0, 0x71, to.bits(), 2, to.number(), from);
    bytes(bits);
  }

  /** Bits that one has. */
  void vpor(Vec to, Vec left, Operand right) {
    narrow(MAP_0F, 0xEB, to, left, right);
  }

  /** Sets the zero flag if they have no bit in common. */
  void vptest(Vec left, Operand right) {
    vex(MAP_0F38, PREFIX_66, 0, 0x17, left.bits(), left.number(), 0, right);
  }

  /** Bytes; sums wrap around. */
  void vpaddb(Vec to, Vec left, Operand right) {
    narrow(MAP_0F, 0xFC, to, left, right);
  }

  /**
   * Int32 to int16, saturated: in each half of a register, {@code left}'s, then {@code right}'s.
   */
  void vpackssdw(Vec to, Vec left, Operand right) {
    narrow(MAP_0F, 0x6B, to, left, right);
  }

  /**
   * Int16 to bytes, saturated: in each half of a register, {@code left}'s, then {@code right}'s.
   */
  void vpacksswb(Vec to, Vec left, Operand right) {
    narrow(MAP_0F, 0x63, to, left, right);
  }

  /** Orders the four 64-bit lanes of 256 bits. */
  void vpermq(Vec to, Operand from, int order) {
    vex(MAP_0F3A, PREFIX_66, 1, 0x00, to.bits(), to.number(), 0, from);
    bytes(order);
  }

  /**
   * Chooses halves of registers: of {@code left}'s two by 0 and 1, of {@code right}'s by 2 and 3.
   */
  void vperm2i128(Vec to, Vec left, Operand right, int order) {
    narrow(MAP_0F3A, 0x46, to, left, right);
    bytes(order);
  }

  /** The upper half of 256 bits. */
  void vextractf128High(Vec to, Vec from) {
    vex(MAP_0F3A, PREFIX_66, 0, 0x19, 256, from.number(), 0, to);
    bytes(1);
  }

  // ---- vectors as masks: all bits of a lane are set where something holds ----

  /** Bits that both have. */
  void vandps(Vec to, Vec left, Operand right) {
    vex(MAP_0F, NO_PREFIX, 0, 0x54, to.bits(), to.number(), left.number(), right);
  }

  /** Where the left float is not less, or one is not a number. */
  void vcmpnltps(Vec to, Vec left, Operand right) {
    vcmpps(to, left, right, NOT_LESS);
  }

  /** Where the left float is less. */
  void vcmpltps(Vec to, Vec left, Operand right) {
    vcmpps(to, left, right, LESS);
  }

  private void vcmpps(Vec to, Vec left, Operand right, int predicate) {
    vex(MAP_0F, NO_PREFIX, 0, 0xC2, to.bits(), to.number(), left.number(), right);
    bytes(predicate);
  }

  /** Lanes of memory where the mask's highest bit is set, else zero; memory is not read there. */
  void vmaskmovps(Vec to, Vec mask, Mem from) {
    vex(MAP_0F38, PREFIX_66, 0, 0x2C, to.bits(), to.number(), mask.number(), from);
  }

  /** Lanes are written where the mask's highest bit is set. */
  void vmaskmovps(Mem to, Vec mask, Vec from) {
    vex(MAP_0F38, PREFIX_66, 0, 0x2E, from.bits(), from.number(), mask.number(), to);
  }

  /** Where the left integer is greater. */
  void vpcmpgtd(Vec to, Vec left, Operand right) {
    narrow(MAP_0F, 0x66, to, left, right);
  }

  /** Lanes of {@code set} where the mask's highest bit is set, else of {@code clear}. */
  void vblendvps(Vec to, Vec clear, Operand set, Vec mask) {
    vex(MAP_0F3A, PREFIX_66, 0, 0x4A, to.bits(), to.number(), clear.number(), set);
    bytes(mask.number() << 4);
  }

  // ---- the lowest element alone, of 128 bits; elements above it are not of interest ----

  private void lowest(int prefix, int opcode, Vec to, Vec left, Operand right) {
    vex(MAP_0F, prefix, 0, opcode, 128, to.number(), left.number(), right);
  }

  /** Loads a float64. */
  void vmovsd(Vec to, Mem from) {
    vex(MAP_0F, PREFIX_F2, 0, 0x10, 128, to.number(), 0, from);
  }

  /** Stores a float32. */
  void vmovss(Mem to, Vec from) {
    vex(MAP_0F, PREFIX_F3, 0, 0x11, 128, from.number(), 0, to);
  }

  /** Sets the zero flag if two float32 are equal, or one is not a number. */
  void vucomiss(Vec left, Operand right) {
    vex(MAP_0F, NO_PREFIX, 0, 0x2E, 128, left.number(), 0, right);
  }

  /** Float32 to float64; the upper half comes from {@code upper}. */
  void vcvtss2sd(Vec to, Vec upper, Operand from) {
    lowest(PREFIX_F3, 0x5A, to, upper, from);
  }

  /** Float64 to float32, to nearest even; the upper elements come from {@code upper}. */
  void vcvtsd2ss(Vec to, Vec upper, Operand from) {
    lowest(PREFIX_F2, 0x5A, to, upper, from);
  }

  void vaddss(Vec to, Vec left, Operand right) {
    lowest(PREFIX_F3, 0x58, to, left, right);
  }

  void vaddsd(Vec to, Vec left, Operand right) {
    lowest(PREFIX_F2, 0x58, to, left, right);
  }

  void vdivsd(Vec to, Vec left, Operand right) {
    lowest(PREFIX_F2, 0x5E, to, left, right);
  }

  /** The square root; the upper half comes from {@code upper}. */
  void vsqrtsd(Vec to, Vec upper, Operand from) {
    lowest(PREFIX_F2, 0x51, to, upper, from);
  }

  /** Call this before returning from code that used wide registers. */
  void vzeroupper() {
    bytes(0xC5, 0xF8, 0x77);
  }
}
