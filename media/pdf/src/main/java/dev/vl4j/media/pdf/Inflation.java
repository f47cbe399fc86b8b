package dev.vl4j.media.pdf;

import dev.vl4j.engine.media.MediaException;
import dev.vl4j.engine.media.MediaWork;
import java.io.IOException;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.apache.pdfbox.io.RandomAccessRead;

/**
 * Looks for compressed streams that become huge, before PDFBox opens a file: it decodes those with
 * the table of contents, and others with objects, into memory of any size.
 *
 * <p>Whatever follows the word "stream" counts as one, wherever that stands. What a stream takes up
 * is searched as well, since a table of contents may point into its middle.
 */
final class Inflation {
  /** Far more than a table of a million objects. */
  static final long MOST_BYTES = 256L << 20;

  private static final long MOST_BYTES_IN_ALL = 16 * MOST_BYTES;
  private static final int STEP = 64 << 10;
  private static final byte[] STREAM = {'s', 't', 'r', 'e', 'a', 'm'};

  private final RandomAccessRead file;
  private final MediaWork work;

  /** Without zlib's header of two bytes, which PDFBox does not look at. */
  private final Inflater inflater = new Inflater(true);

  private final byte[] input = new byte[1024];
  private final byte[] output = new byte[STEP];

  private Inflation(RandomAccessRead file, MediaWork work) {
    this.file = file;
    this.work = work;
  }

  /**
   * Inflates all streams of a file, and keeps nothing of them.
   *
   * @throws MediaException if one of them is too large, or all together are
   */
  static void check(RandomAccessRead file, MediaWork work) throws IOException, MediaException {
    Inflation inflation = new Inflation(file, work);
    try {
      inflation.search();
    } finally {
      inflation.inflater.end();
    }
    file.seek(0);
  }

  private void search() throws IOException, MediaException {
    byte[] part = new byte[STEP];
    long sum = 0;
    int matched = 0;
    int count;
    for (long start = 0; start < file.length(); start += count) {
      work.check();
      file.seek(start);
      count = file.read(part, 0, STEP);
      if (count <= 0) {
        return;
      }
      for (int i = 0; i < count; i++) {
        matched = part[i] == STREAM[matched] ? matched + 1 : part[i] == STREAM[0] ? 1 : 0;
        if (matched == STREAM.length) {
          matched = 0;
          sum += inflate(start + i + 1);
          if (sum > MOST_BYTES_IN_ALL) {
            throw new MediaException(
                "its parts become larger than %d MB".formatted(MOST_BYTES_IN_ALL >> 20));
          }
        }
      }
    }
  }

  /** How large what is at a place becomes, as far as it is compressed. */
  private long inflate(long start) throws IOException, MediaException {
    long from = start;
    file.seek(from);
    for (int next = file.read(); next == '\r' || next == '\n' || next == ' '; next = file.read()) {
      from++;
    }
    file.seek(from + 2);
    inflater.reset();
    long inflated = 0;
    try {
      while (!inflater.finished() && !inflater.needsDictionary()) {
        if (inflater.needsInput()) {
          int count = file.read(input, 0, input.length);
          if (count <= 0) {
            break;
          }
          inflater.setInput(input, 0, count);
        }
        inflated += inflater.inflate(output);
        work.check();
        if (inflated > MOST_BYTES) {
          throw new MediaException(
              "a part of it becomes larger than %d MB".formatted(MOST_BYTES >> 20));
        }
      }
    } catch (DataFormatException e) {
      // It was no compressed stream, or is broken from here on.
    }
    return inflated;
  }
}
