package dev.vl4j.engine.vision;

import java.nio.ByteBuffer;

/** Pictures without an image behind them, for tests of what only looks at keys and sizes. */
public final class Pictures {
  private Pictures() {}

  /** An image of {@code tokens} tokens in one row; equal numbers give equal keys. */
  public static PromptImage of(int number, int tokens) {
    byte[] samples = ByteBuffer.allocate(6).putInt(number).array();
    return new PromptImage(
        _ -> {
          throw new AssertionError("nobody looks at picture " + number);
        },
        ImageLoader.SAME_THREAD,
        ImageKey.of(new RgbImage(2, 1, samples)),
        2,
        2 * tokens,
        2,
        null);
  }
}
