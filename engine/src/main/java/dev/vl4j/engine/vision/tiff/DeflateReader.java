package dev.vl4j.engine.vision.tiff;

import dev.vl4j.engine.vision.decode.BrokenImageException;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** Deflate in zlib's format. What follows a strip's last row is not looked at. */
final class DeflateReader implements StripReader {
  private final Inflater inflater = new Inflater();

  @Override
  public void open(byte[] bytes, int from, int length, int rows) {
    inflater.reset();
    inflater.setInput(bytes, from, length);
  }

  @Override
  public void readRow(byte[] row, int length) throws BrokenImageException {
    int filled = 0;
    while (filled < length) {
      int count;
      try {
        count = inflater.inflate(row, filled, length - filled);
      } catch (DataFormatException e) {
        throw new BrokenImageException("its Deflate data is broken: " + e.getMessage(), e);
      }
      if (count == 0) {
        throw new BrokenImageException("it is truncated: its Deflate data ends early");
      }
      filled += count;
    }
  }

  @Override
  public void close() {
    inflater.end();
  }
}
