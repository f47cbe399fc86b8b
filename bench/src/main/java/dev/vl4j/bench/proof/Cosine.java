package dev.vl4j.bench.proof;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The cosine of what two sides compute. */
final class Cosine {
  private Cosine() {}

  /**
   * Between values and those of a file of little-endian float32.
   *
   * @return NaN if there are not as many
   */
  static double between(List<float[]> computed, Path file) {
    try {
      byte[] bytes = Files.readAllBytes(file);
      return between(
          computed, ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Between two vectors.
   *
   * @return NaN if they are not of a length
   */
  static double between(float[] computed, float[] expected) {
    return between(List.of(computed), FloatBuffer.wrap(expected));
  }

  private static double between(List<float[]> computed, FloatBuffer expected) {
    if (computed.stream().mapToInt(part -> part.length).sum() != expected.remaining()) {
      return Double.NaN;
    }
    double product = 0;
    double ours = 0;
    double theirs = 0;
    for (float[] part : computed) {
      for (float a : part) {
        double b = expected.get();
        product += a * b;
        ours += (double) a * a;
        theirs += b * b;
      }
    }
    return product / Math.sqrt(ours * theirs);
  }
}
