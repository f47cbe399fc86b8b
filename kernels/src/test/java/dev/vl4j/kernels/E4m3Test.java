package dev.vl4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

@Execution(ExecutionMode.CONCURRENT)
class E4m3Test {
  /** A sign, four bits of exponent, three of mantissa, as the format is defined. */
  @Test
  void everyCodeHasItsValue() {
    for (int code = 0; code < 256; code++) {
      int exponent = code >> 3 & 15;
      int mantissa = code & 7;
      double magnitude =
          exponent == 0
              ? mantissa * Math.pow(2, -9)
              : (1 + mantissa / 8.0) * Math.pow(2, exponent - 7);
      float value = E4m3.decode((byte) code);
      if ((code & 0x7F) == 0x7F) {
        assertThat(value).isNaN();
        continue;
      }
      float expected = (float) (code < 128 ? magnitude : -magnitude);
      // To the bit, since there are two zeros.
      assertThat(Float.floatToRawIntBits(value)).isEqualTo(Float.floatToRawIntBits(expected));
      assertThat(E4m3.encode(value)).isEqualTo((byte) code);
    }
    assertThat(E4m3.decode((byte) 0x7E)).isEqualTo(E4m3.LARGEST);
  }

  /** All numbers, all halves between them, their neighbors, and what is out of range. */
  @Test
  void roundsAsPyTorchDoes() throws IOException {
    List<String> lines;
    try (var in = E4m3Test.class.getResourceAsStream("e4m3.txt");
        var reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      lines = reader.lines().toList();
    }
    assertThat(lines).hasSizeGreaterThan(1500);
    for (String line : lines) {
      String[] words = line.split(" ", -1);
      float value = Float.intBitsToFloat(Integer.parseUnsignedInt(words[0], 16));
      byte expected = (byte) Integer.parseInt(words[1], 16);
      if (Float.isNaN(value)) {
        assertThat(E4m3.decode(expected)).isNaN();
        assertThat(E4m3.encode(value)).isEqualTo((byte) 0x7F);
      } else {
        assertThat(E4m3.encode(value)).as("%s", value).isEqualTo(expected);
      }
    }
  }

  /** No number is nearer, and of two that are as near, the even one is taken. */
  @Test
  void roundsToTheNearest() {
    for (int step = 0; step < 64 * 1024; step++) {
      float value = step / 1024f + 0x1p-15f * (step % 3);
      int code = E4m3.encode(value);
      double error = Math.abs(E4m3.decode((byte) code) - value);
      for (int other : new int[] {code - 1, code + 1}) {
        if (other >= 0 && other < 0x7F) {
          double otherError = Math.abs(E4m3.decode((byte) other) - value);
          assertThat(otherError).as("%s", value).isGreaterThanOrEqualTo(error);
          assertThat(otherError > error || code % 2 == 0).as("%s", value).isTrue();
        }
      }
    }
  }

  @Test
  void scalesTakeTheLargestElementToTheLargestNumber() {
    for (float largest : new float[] {1, 3, 0.1f, 1e30f, 1e-30f, 448, Float.MAX_VALUE}) {
      float scale = E4m3.scale(largest);
      assertThat(E4m3.decode(E4m3.encode(largest * E4m3.inverse(scale)))).isEqualTo(448);
      assertThat((double) scale * 448).isCloseTo(largest, withinPart(largest));
    }
    for (float nothing : new float[] {0, Float.MIN_VALUE, 1e-38f}) {
      assertThat(E4m3.scale(nothing)).isZero();
    }
    assertThat(E4m3.inverse(0)).isZero();
  }

  private static org.assertj.core.data.Offset<Double> withinPart(float value) {
    return org.assertj.core.data.Offset.offset(1e-7 * value);
  }

  @Test
  void sizesAreWholeNumbers() {
    assertThat(E4m3.size(0)).isZero();
    assertThat(E4m3.size(-0.5f)).isZero();
    assertThat(E4m3.size(-1.5f)).isEqualTo(2);
    assertThat(E4m3.size(2.5f)).isEqualTo(2);
    assertThat(E4m3.size(447.6f)).isEqualTo(448);
    for (float large : new float[] {448, -449, Float.NEGATIVE_INFINITY, Float.NaN}) {
      assertThat(E4m3.size(large)).isEqualTo(448);
    }
  }

  /** However many are equally large, no more than 16 are outliers. */
  @Test
  void aRowHasSixteenOutliersAtMost() {
    for (int equal = 1; equal <= 20; equal++) {
      assertThat(E4m3.isOutlier(448, equal * 448L * 448)).isEqualTo(equal <= 16);
    }
    assertThat(E4m3.isOutlier(0, 0)).isFalse();
    assertThat(E4m3.isOutlier(448, Integer.MAX_VALUE * 10L)).isFalse();
  }
}
