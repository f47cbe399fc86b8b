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
 */
final class Inflation {
  /** Far more than a table of a million objects. */
  static final long MOST_BYTES = 256L << 20;

  private static final int STEP = 64 << 10;
  private static final byte[] STREAM = {'s', 't', 'r', 'e', 'a', 'm'};

  private Inflation() {}

  /**
   * Inflates whatever follows the word "stream".
   *
   * @throws MediaException if one of them is too large
   */
  static void check(RandomAccessRead file, MediaWork work) throws IOException, MediaException {
    byte[] input = new byte[STEP];
    byte[] output = new byte[STEP];
    long end = 0;
    int matched = 0;
    Inflater inflater = new Inflater();
    try {
      while (end < file.length()) {
        file.seek(end);
        int count = file.read(input, 0, STEP);
        if (count <= 0) {
          break;
        }
        work.check();
        int i = 0;
        while (i < count) {
          byte next = input[i++];
          matched = next == STREAM[matched] ? matched + 1 : next == STREAM[0] ? 1 : 0;
          if (matched == STREAM.length) {
            matched = 0;
            end += i;
            end += inflate(file, end, inflater, output, work);
            i = -1;
            break;
          }
        }
        if (i >= 0) {
          end += count;
        }
      }
    } finally {
      inflater.end();
    }
    file.seek(0);
  }

  /** Inflates what is at a place, and says how many bytes were inflated. */
  private static long inflate(
      RandomAccessRead file, long start, Inflater inflater, byte[] output, MediaWork work)
      throws IOException, MediaException {
    long from = start;
    file.seek(from);
    for (int next = file.read(); next == '\r' || next == '\n' || next == ' '; next = file.read()) {
      from++;
    }
    file.seek(from);
    inflater.reset();
    byte[] input = new byte[4096];
    long inflated = 0;
    try {
      while (!inflater.finished()) {
        if (inflater.needsInput()) {
          int count = file.read(input, 0, input.length);
          if (count <= 0) {
            break;
          }
          inflater.setInput(input, 0, count);
        }
        inflated += inflater.inflate(output);
        work.check();
        if (inflater.needsDictionary()) {
          break;
        }
        if (inflated > MOST_BYTES) {
          throw new MediaException(
              "a part of it becomes larger than %d MB".formatted(MOST_BYTES >> 20));
        }
      }
    } catch (DataFormatException e) {
      // It was no compressed stream, or is broken from here on.
    }
    return from - start + inflater.getBytesRead();
  }
}
