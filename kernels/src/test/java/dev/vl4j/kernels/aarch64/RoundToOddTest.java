package dev.vl4j.kernels.aarch64;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Sums rounded to odd, against exact decimals. */
class RoundToOddTest {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());

  static {
    System.out.println("tests.seed=" + SEED);
  }

  private static void check(float a, float b) {
    float got = RoundToOdd.add(a, b);
    BigDecimal exact = new BigDecimal(a).add(new BigDecimal(b));
    int compared = new BigDecimal(got).compareTo(exact);
    if (compared == 0) {
      return;
    }
    String what = "%s + %s = %s, seed %d".formatted(a, b, got, SEED);
    assertThat(Float.floatToRawIntBits(got) & 1).as(what).isEqualTo(1);
    float other = compared < 0 ? Math.nextUp(got) : Math.nextDown(got);
    assertThat(new BigDecimal(other).compareTo(exact)).as(what).isEqualTo(-compared);
  }

  @Test
  void roundsToOdd() {
    Random random = new Random(SEED);
    for (int i = 0; i < 10_000; i++) {
      float a = Math.scalb(random.nextFloat(-1, 1), random.nextInt(-40, 40));
      float b = Math.scalb(random.nextFloat(-1, 1), random.nextInt(-40, 40));
      check(a, b);
      check(a, -Math.nextUp(a));
      check(a, Math.ulp(a) / 2);
      check(a, -Math.ulp(a) / 4);
    }
  }

  @Test
  void atTheEndsOfTheRange() {
    assertThat(RoundToOdd.add(Float.MAX_VALUE, Float.MAX_VALUE)).isInfinite();
    assertThat(RoundToOdd.add(-Float.MAX_VALUE, -Float.MAX_VALUE))
        .isEqualTo(Float.NEGATIVE_INFINITY);
    assertThat(RoundToOdd.add(Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY)).isNaN();
    assertThat(RoundToOdd.add(Float.MIN_NORMAL, -1.5f * Float.MIN_NORMAL)).isZero();
    assertThat(RoundToOdd.add(1, -1)).isZero();
  }
}
