package dev.vl4j.bench;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** The densest float32 arithmetic the Vector API can express: multiply-adds on registers alone. */
final class FusedMultiplyAdd {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

  /** Independent sums: more than latency times units of today's processors. */
  private static final int SUMS = 12;

  private FusedMultiplyAdd() {}

  /** Bits of the vectors in use. */
  static int vectorBits() {
    return SPECIES.vectorBitSize();
  }

  /** Floating-point operations of {@link #run}, a multiply-add counting two. */
  static long operations(int steps) {
    return 2L * steps * SUMS * SPECIES.length();
  }

  /** Runs; the result only keeps the work from being optimized away. */
  static float run(int steps) {
    // A fixed point near 1 keeps the values normal, however long this runs.
    FloatVector scale = FloatVector.broadcast(SPECIES, 0.75f);
    FloatVector shift = FloatVector.broadcast(SPECIES, 0.25f);
    FloatVector a = FloatVector.broadcast(SPECIES, 1.01f);
    FloatVector b = FloatVector.broadcast(SPECIES, 1.02f);
    FloatVector c = FloatVector.broadcast(SPECIES, 1.03f);
    FloatVector d = FloatVector.broadcast(SPECIES, 1.04f);
    FloatVector e = FloatVector.broadcast(SPECIES, 1.05f);
    FloatVector f = FloatVector.broadcast(SPECIES, 1.06f);
    FloatVector g = FloatVector.broadcast(SPECIES, 1.07f);
    FloatVector h = FloatVector.broadcast(SPECIES, 1.08f);
    FloatVector i = FloatVector.broadcast(SPECIES, 1.09f);
    FloatVector j = FloatVector.broadcast(SPECIES, 1.10f);
    FloatVector k = FloatVector.broadcast(SPECIES, 1.11f);
    FloatVector l = FloatVector.broadcast(SPECIES, 1.12f);
    for (int step = 0; step < steps; step++) {
      a = a.fma(scale, shift);
      b = b.fma(scale, shift);
      c = c.fma(scale, shift);
      d = d.fma(scale, shift);
      e = e.fma(scale, shift);
      f = f.fma(scale, shift);
      g = g.fma(scale, shift);
      h = h.fma(scale, shift);
      i = i.fma(scale, shift);
      j = j.fma(scale, shift);
      k = k.fma(scale, shift);
      l = l.fma(scale, shift);
    }
    FloatVector sum = a.add(b).add(c).add(d).add(e).add(f).add(g).add(h).add(i).add(j).add(k);
    return sum.add(l).reduceLanes(VectorOperators.ADD);
  }
}
