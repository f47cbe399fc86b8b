package dev.vl4j.engine.vision;

import dev.vl4j.engine.ImageRules;
import dev.vl4j.engine.ImageSource;
import java.nio.ByteBuffer;

/** Pictures without an image behind them, for tests of what only looks at keys and sizes. */
public final class Pictures {
  private Pictures() {}

  /** An image of {@code tokens} tokens in one row; equal numbers give equal keys. */
  public static PromptImage of(int number, int tokens) {
    ImagePreprocessor preprocessor =
        new ImagePreprocessor(
            16,
            2,
            new float[] {0.5f, 0.5f, 0.5f},
            new float[] {0.5f, 0.5f, 0.5f},
            1,
            1 << 20,
            ImageRules.OFFICIAL);
    byte[] samples = ByteBuffer.allocate(6).putInt(number).array();
    return new PromptImage(
        new ImageSource.Encoded(new byte[0], "picture " + number),
        preprocessor,
        ImageLoader.SAME_THREAD,
        ImageKey.of(new RgbImage(2, 1, samples)),
        2,
        2 * tokens,
        null);
  }
}
