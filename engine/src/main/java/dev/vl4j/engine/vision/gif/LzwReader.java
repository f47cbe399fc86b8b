package dev.vl4j.engine.vision.gif;

import dev.vl4j.engine.vision.decode.BrokenImageException;

/**
 * The samples of a GIF frame, in the order of the file.
 *
 * <p>Broken data give what they give in Pillow's {@code GifDecode.c}: ends of sub-blocks are taken
 * for empty ones; an end code before the last pixel matters only if the file has nothing left
 * behind the 64 KiB that Pillow had read by then.
 */
final class LzwReader {
  private static final int MAX_BITS = 12;
  private static final int TABLE = 1 << MAX_BITS;
  private static final int READ_BYTES = 1 << 16;

  private final byte[] file;
  private final int codeBits;
  private final int clearCode;
  private final int endCode;

  private int at;
  private int available; // how far Pillow has read by now
  private int blockLeft;
  private int bitBuffer;
  private int bitCount;

  private final byte[] suffix = new byte[TABLE];
  private final short[] prefix = new short[TABLE];
  private int codeSize;
  private int codeMask;
  private int nextCode;
  private boolean afterClear;
  private int lastCode;
  private byte lastSample;

  /** What a code stands for, but its first sample; filled from the right. */
  private final byte[] pending = new byte[TABLE];

  private int pendingFrom = TABLE;

  LzwReader(byte[] file, int start, int codeBits) throws BrokenImageException {
    if (codeBits > MAX_BITS) {
      throw new BrokenImageException("its image data begin with %d bits".formatted(codeBits));
    }
    this.file = file;
    this.codeBits = codeBits;
    clearCode = 1 << codeBits;
    endCode = clearCode + 1;
    at = start;
    available = start;
    clear();
  }

  private void clear() {
    nextCode = clearCode + 2;
    codeSize = codeBits + 1;
    codeMask = (1 << codeSize) - 1;
    pendingFrom = TABLE;
    afterClear = true;
  }

  /** Reads samples into a part of an array. */
  void read(byte[] samples, int from, int count) throws BrokenImageException {
    int to = from;
    int end = from + count;
    while (to < end) {
      int ready = Math.min(TABLE - pendingFrom, end - to);
      if (ready > 0) {
        System.arraycopy(pending, pendingFrom, samples, to, ready);
        pendingFrom += ready;
        to += ready;
      } else if (decode(code())) {
        samples[to++] = lastSample;
      }
    }
  }

  /** Takes a code; whether it stands for samples. */
  private boolean decode(int code) throws BrokenImageException {
    if (code == clearCode) {
      clear();
      return false;
    }
    if (code == endCode) {
      readOn();
      return false;
    }
    if (afterClear) {
      if (code > clearCode) {
        throw broken();
      }
      lastCode = code;
      lastSample = (byte) code;
      afterClear = false;
      return true;
    }
    expand(code);
    if (nextCode < TABLE) {
      suffix[nextCode] = lastSample;
      prefix[nextCode] = (short) lastCode;
      if (nextCode == codeMask && codeSize < MAX_BITS) {
        codeSize++;
        codeMask = (1 << codeSize) - 1;
      }
      nextCode++;
    }
    lastCode = code;
    return true;
  }

  /** Puts what a code stands for into {@link #lastSample} and {@link #pending}. */
  private void expand(int code) throws BrokenImageException {
    if (code > nextCode) {
      throw broken();
    }
    int rest = code;
    if (code == nextCode) {
      pending[--pendingFrom] = lastSample;
      rest = lastCode;
    }
    while (rest >= clearCode) {
      if (pendingFrom <= 0 || rest >= TABLE) {
        throw broken();
      }
      pending[--pendingFrom] = suffix[rest];
      rest = prefix[rest];
    }
    lastSample = (byte) rest;
  }

  private int code() throws BrokenImageException {
    while (bitCount < codeSize) {
      if (blockLeft > 0) {
        bitBuffer |= (file[at++] & 0xff) << bitCount;
        bitCount += 8;
        blockLeft--;
      } else {
        beginBlock();
      }
    }
    int code = bitBuffer & codeMask;
    bitBuffer >>= codeSize;
    bitCount -= codeSize;
    return code;
  }

  /** Pillow begins a sub-block only once it has read it to its end. */
  private void beginBlock() throws BrokenImageException {
    while (at >= available || at + 1 + (file[at] & 0xff) > available) {
      readOn();
    }
    blockLeft = file[at++] & 0xff;
  }

  private void readOn() throws BrokenImageException {
    if (available >= file.length) {
      throw new BrokenImageException("it is truncated: the image data end too early");
    }
    available = Math.min(available + READ_BYTES, file.length);
  }

  private static BrokenImageException broken() {
    return new BrokenImageException("the image data are broken: they have a code of nothing");
  }
}
