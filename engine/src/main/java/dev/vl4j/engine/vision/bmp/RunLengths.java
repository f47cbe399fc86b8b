package dev.vl4j.engine.vision.bmp;

import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.vision.decode.BrokenImageException;
import java.util.Arrays;

/**
 * BMP's run-length data, as Pillow's decoder takes them: it counts pixels from the first on and
 * drops what is too long for its row.
 */
final class RunLengths {
  private static final int CODES_PER_CHECK = 4096;

  private final byte[] file;
  private final boolean nibbles;
  private final int width;
  private final byte[] samples;
  private int at;
  private int filled;

  private RunLengths(byte[] file, int start, boolean nibbles, int width, byte[] samples) {
    this.file = file;
    this.nibbles = nibbles;
    this.width = width;
    this.samples = samples;
    at = start;
  }

  /**
   * Fills an image.
   *
   * @param bits of a sample, 4 or 8
   * @param samples {@code [height][width]}, all zero, in the order of the file
   * @throws BrokenImageException if the data end before the image is full
   */
  static void read(byte[] file, int start, int bits, int width, byte[] samples, WorkGuard guard)
      throws BrokenImageException {
    new RunLengths(file, start, bits == 4, width, samples).read(guard);
  }

  private void read(WorkGuard guard) throws BrokenImageException {
    int x = 0;
    int codes = 0;
    boolean more = true;
    while (more && filled < samples.length && at + 2 <= file.length) {
      if (++codes % CODES_PER_CHECK == 0) {
        guard.check();
      }
      int count = file[at++] & 0xff;
      int value = file[at++] & 0xff;
      if (count > 0) {
        int room = Math.max(0, Math.min(count, width - x));
        run(room, value);
        x += room;
      } else if (value == 0) {
        advance((width - filled % width) % width);
        x = 0;
      } else if (value == 1) {
        more = false;
      } else if (value == 2) {
        more = at + 2 <= file.length;
        if (more) {
          advance((file[at] & 0xff) + (long) (file[at + 1] & 0xff) * width);
          at += 2;
          x = filled % width;
        }
      } else {
        more = literals(value);
        x += value;
      }
    }
    if (filled < samples.length) {
      throw new BrokenImageException("it is truncated: its runs do not fill the image");
    }
  }

  private void run(int count, int value) {
    int end = filled + Math.min(count, samples.length - filled);
    if (!nibbles) {
      Arrays.fill(samples, filled, end, (byte) value);
    } else {
      for (int i = filled; i < end; i++) {
        samples[i] = (byte) ((i - filled) % 2 == 0 ? value >> 4 : value & 15);
      }
    }
    filled = end;
  }

  /** Pixels one by one; an odd one at the end of two in a byte is lost in Pillow, too. */
  private boolean literals(int count) {
    int bytes = nibbles ? count / 2 : count;
    int there = Math.min(bytes, file.length - at);
    for (int i = 0; i < there; i++) {
      int value = file[at + i] & 0xff;
      if (nibbles) {
        put(value >> 4);
        put(value & 15);
      } else {
        put(value);
      }
    }
    at += there;
    at += at % 2;
    return there == bytes;
  }

  private void put(int sample) {
    if (filled < samples.length) {
      samples[filled++] = (byte) sample;
    }
  }

  private void advance(long pixels) {
    filled += (int) Math.min(pixels, samples.length - filled);
  }
}
