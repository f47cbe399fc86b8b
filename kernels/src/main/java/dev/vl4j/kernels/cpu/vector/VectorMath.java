package dev.vl4j.kernels.cpu.vector;

import static dev.vl4j.kernels.cpu.vector.Lanes.COUNT;
import static dev.vl4j.kernels.cpu.vector.Lanes.FLOAT;
import static jdk.incubator.vector.VectorOperators.ABS;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;

import jdk.incubator.vector.FloatVector;

/**
 * Elementary functions of vectors, made of operations that round alike on every processor and in
 * every tier of the JVM; the JVM's own differ from library to library.
 */
final class VectorMath {
  private static final float LOG2_E = 1.44269504f;

  /** ln 2 in two parts: the first has trailing zeros, so its multiples are exact. */
  private static final float LN2_HIGH = 0.693145752f;

  private static final float LN2_LOW = 1.42860677e-6f;

  /** Adding 1.5 * 2^23 rounds to an integer and leaves it in the low mantissa bits. */
  private static final float ROUNDER = 12582912f;

  /** Below this, exp is less than the smallest normal number: taken as zero. */
  private static final float EXP_MIN = -87.3f;

  private static final float EXP_MAX = 88.3f;

  private static final float SQRT_2_OVER_PI = 0.797884561f;
  private static final float SQRT_HALF = 0.707106781f;

  private VectorMath() {}

  /**
   * {@code e^x}, to 2 units in the last place; 0 below -87.3, and constant above 88.3. Range
   * reduction after Cody and Waite, then the Taylor polynomial of degree 7 on [-ln2/2, ln2/2].
   */
  static FloatVector exp(FloatVector x) {
    FloatVector bounded = x.max(EXP_MIN).min(EXP_MAX);
    FloatVector shifted =
        bounded.fma(FloatVector.broadcast(FLOAT, LOG2_E), FloatVector.broadcast(FLOAT, ROUNDER));
    FloatVector n = shifted.sub(ROUNDER);
    FloatVector r = n.fma(FloatVector.broadcast(FLOAT, -LN2_HIGH), bounded);
    r = n.fma(FloatVector.broadcast(FLOAT, -LN2_LOW), r);
    FloatVector p = FloatVector.broadcast(FLOAT, 1f / 5040);
    p = p.fma(r, FloatVector.broadcast(FLOAT, 1f / 720));
    p = p.fma(r, FloatVector.broadcast(FLOAT, 1f / 120));
    p = p.fma(r, FloatVector.broadcast(FLOAT, 1f / 24));
    p = p.fma(r, FloatVector.broadcast(FLOAT, 1f / 6));
    p = p.fma(r, FloatVector.broadcast(FLOAT, 0.5f));
    p = p.fma(r, FloatVector.broadcast(FLOAT, 1f));
    p = p.fma(r, FloatVector.broadcast(FLOAT, 1f));
    FloatVector scaled =
        p.reinterpretAsInts()
            .add(shifted.reinterpretAsInts().lanewise(LSHL, 23))
            .reinterpretAsFloats();
    return scaled.blend(0f, x.compare(LT, EXP_MIN));
  }

  /** {@code x / (1 + e^-x)}. */
  static FloatVector silu(FloatVector x) {
    return x.div(exp(x.neg()).add(1f));
  }

  /** {@code 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))}, tanh written as a sigmoid. */
  static FloatVector geluTanh(FloatVector x) {
    FloatVector cubic = x.mul(x).mul(x).mul(0.044715f).add(x);
    return x.div(exp(cubic.mul(-2 * SQRT_2_OVER_PI)).add(1f));
  }

  /**
   * {@code 0.5 x (1 + erf(x / sqrt 2))}. The complement of erf to 1.2e-7 relative: W. J. Cody's
   * form with a Chebyshev fit, Numerical Recipes 6.2 (erfcc).
   */
  static FloatVector geluErf(FloatVector x) {
    FloatVector z = x.mul(SQRT_HALF);
    FloatVector magnitude = z.lanewise(ABS);
    FloatVector t = FloatVector.broadcast(FLOAT, 1f).div(magnitude.mul(0.5f).add(1f));
    FloatVector p = FloatVector.broadcast(FLOAT, 0.17087277f);
    p = p.fma(t, FloatVector.broadcast(FLOAT, -0.82215223f));
    p = p.fma(t, FloatVector.broadcast(FLOAT, 1.48851587f));
    p = p.fma(t, FloatVector.broadcast(FLOAT, -1.13520398f));
    p = p.fma(t, FloatVector.broadcast(FLOAT, 0.27886807f));
    p = p.fma(t, FloatVector.broadcast(FLOAT, -0.18628806f));
    p = p.fma(t, FloatVector.broadcast(FLOAT, 0.09678418f));
    p = p.fma(t, FloatVector.broadcast(FLOAT, 0.37409196f));
    p = p.fma(t, FloatVector.broadcast(FLOAT, 1.00002368f));
    p = p.fma(t, FloatVector.broadcast(FLOAT, -1.26551223f));
    FloatVector complement = t.mul(exp(p.sub(magnitude.mul(magnitude))));
    // 1 + erf(z) is 2 - erfc(|z|) on the right and erfc(|z|) on the left.
    FloatVector onePlusErf =
        FloatVector.broadcast(FLOAT, 2f).sub(complement).blend(complement, z.compare(LT, 0f));
    return x.mul(0.5f).mul(onePlusErf);
  }

  /** Sum of the lanes, in a fixed order: the vector's own reduction leaves the order open. */
  static float sum(FloatVector vector) {
    float[] lanes = vector.toArray();
    for (int width = COUNT / 2; width > 0; width /= 2) {
      for (int i = 0; i < width; i++) {
        lanes[i] += lanes[i + width];
      }
    }
    return lanes[0];
  }
}
