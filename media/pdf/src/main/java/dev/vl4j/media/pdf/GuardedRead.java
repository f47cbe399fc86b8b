package dev.vl4j.media.pdf;

import dev.vl4j.engine.media.MediaWork;
import java.io.IOException;
import org.apache.pdfbox.io.RandomAccessRead;
import org.apache.pdfbox.io.RandomAccessReadView;

/**
 * The bytes of a file, with an eye on how much of them is read. Whatever PDFBox does with a broken
 * file, it reads meanwhile, so this is where a search that does not end is ended.
 */
final class GuardedRead implements RandomAccessRead {
  private static final int STEP = 64 << 10;

  /** A file that is searched for lost objects is read some dozens of times. */
  private static final long MOST_READS_OF_A_BYTE = 256;

  private final RandomAccessRead file;
  private final MediaWork work;
  private final long limit;
  private long left;
  private int untilCheck = STEP;

  GuardedRead(RandomAccessRead file, MediaWork work) throws IOException {
    this.file = file;
    this.work = work;
    limit = MOST_READS_OF_A_BYTE * (file.length() + (1 << 20));
    left = limit;
  }

  /** Says that something else begins, which may read as much as what was before. */
  void begin() {
    left = limit;
  }

  private void count(int bytes) {
    untilCheck -= bytes;
    if (untilCheck <= 0) {
      left -= STEP - untilCheck;
      untilCheck = STEP;
      work.check();
      if (left < 0) {
        throw new Refusal("it is so broken that its parts are searched for without an end");
      }
    }
  }

  @Override
  public int read() throws IOException {
    count(1);
    return file.read();
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    count(Math.max(length, 1));
    return file.read(target, offset, length);
  }

  @Override
  public long getPosition() throws IOException {
    return file.getPosition();
  }

  @Override
  public void seek(long position) throws IOException {
    count(1);
    file.seek(position);
  }

  @Override
  public long length() throws IOException {
    return file.length();
  }

  @Override
  public boolean isClosed() {
    return file.isClosed();
  }

  @Override
  public boolean isEOF() throws IOException {
    return file.isEOF();
  }

  @Override
  public RandomAccessReadView createView(long start, long length) {
    return new RandomAccessReadView(this, start, length);
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
