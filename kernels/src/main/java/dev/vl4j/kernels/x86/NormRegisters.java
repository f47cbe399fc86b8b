package dev.vl4j.kernels.x86;

/**
 * Where norms and rotations keep what, on registers of 512 or 256 bits, and what they share.
 *
 * @param bits of a vector
 */
record NormRegisters(int bits) {
  static final NormRegisters WIDE = new NormRegisters(512);
  static final NormRegisters NARROW = new NormRegisters(256);

  private Vec at(int number) {
    return new Vec(number, bits);
  }

  int lanes() {
    return bits / Float.SIZE;
  }

  int vectorBytes() {
    return bits / Byte.SIZE;
  }

  Vec sum() {
    return at(0);
  }

  Vec mean() {
    return at(1);
  }

  Vec factor() {
    return at(2);
  }

  /** The float64 in its lowest lanes is 1. */
  Vec one() {
    return Vec.xmm(3);
  }

  Vec scratch() {
    return at(4);
  }

  Vec other() {
    return at(5);
  }

  Vec first() {
    return at(6);
  }

  Vec second() {
    return at(7);
  }

  Vec cosine() {
    return at(8);
  }

  Vec sine() {
    return at(9);
  }

  /** Which lanes of a rest exist, on 256 bits. */
  Vec rest() {
    return at(10);
  }

  /** The lowest lanes of a register. */
  static Vec low(Vec vector) {
    return Vec.xmm(vector.number());
  }

  /** Adds the sum's lanes, each to the one that is half of what is left away, and divides. */
  void mean(Assembler a) {
    Vec low = low(sum());
    LaneReduction.of(a, sum(), scratch(), a::vaddps);
    a.vcvtss2sd(low, low, low);
    a.vdivsd(low, low, frame(NormSlot.COUNT));
  }

  /** The factor of a norm from the mean of squares. */
  void inverseRoot(Assembler a) {
    Vec root = low(sum());
    a.vaddsd(root, root, frame(NormSlot.EPSILON));
    a.vsqrtsd(root, root, root);
    a.vdivsd(root, one(), root);
    a.vcvtsd2ss(root, root, root);
    a.vbroadcastss(factor(), root);
  }

  /** An argument. */
  static Mem frame(NormSlot slot) {
    return Mem.at(Gp.RDI, slot.offset());
  }
}
