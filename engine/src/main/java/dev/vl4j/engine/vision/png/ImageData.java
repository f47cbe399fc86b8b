package dev.vl4j.engine.vision.png;

import dev.vl4j.engine.vision.decode.BrokenImageException;
import dev.vl4j.engine.vision.png.PngFile.Segment;
import java.util.List;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The inflated image data. They are fed to the inflater in the blocks in which Pillow feeds them,
 * since that decides what a broken end does: a wrong checksum is noticed only if it stands in the
 * block in which the last line ends.
 */
final class ImageData implements AutoCloseable {
  private static final int BLOCK_BYTES = 1 << 16;

  private final byte[] file;
  private final List<Segment> segments;
  private final Inflater inflater = new Inflater();
  private int segment;
  private long taken; // of the segment

  ImageData(byte[] file, List<Segment> segments) {
    this.file = file;
    this.segments = segments;
  }

  /**
   * Fills an array from its start.
   *
   * @return whether there is more; if not, Pillow leaves the rest of the image empty
   * @throws BrokenImageException if the data are broken, or end before the array is full
   */
  boolean read(byte[] line, int length) throws BrokenImageException {
    int filled = 0;
    try {
      while (filled < length) {
        if (inflater.finished()
            || inflater.needsDictionary()
            || (inflater.needsInput() && !feed())) {
          throw new BrokenImageException("it is truncated: the image data end too early");
        }
        filled += inflater.inflate(line, filled, length - filled);
      }
    } catch (DataFormatException e) {
      throw new BrokenImageException("the image data are broken: they cannot be inflated", e);
    }
    return !inflater.finished();
  }

  private boolean feed() {
    while (segment < segments.size()) {
      Segment current = segments.get(segment);
      int from = (int) Math.min(current.start() + taken, file.length);
      int count =
          (int) Math.min(Math.min(BLOCK_BYTES, current.length() - taken), file.length - from);
      if (count > 0) {
        inflater.setInput(file, from, count);
        taken += count;
        return true;
      }
      segment++;
      taken = 0;
    }
    return false;
  }

  /**
   * To be called behind the last line.
   *
   * @throws BrokenImageException if the file ends in a later chunk than the one that was read last
   */
  void requireSoundEnd() throws BrokenImageException {
    Segment last = segments.getLast();
    boolean cut = last.length() > file.length - last.start();
    if (cut && segment < segments.size() - 1) {
      throw new BrokenImageException("it is truncated: it ends within an IDAT chunk");
    }
  }

  @Override
  public void close() {
    inflater.end();
  }
}
