package dev.vl4j.engine.vision.jpeg;

/**
 * The file's bytes as libjpeg sees them through Pillow: 64 KiB more each time it has run out of
 * them. Where these pieces end decides how far libjpeg reads ahead, and with it whether a file that
 * breaks off near its end is complete.
 */
final class JpegInput {
  private static final int PIECE_BYTES = 1 << 16;
  private static final int SOF0 = 0xc0;
  private static final int RST0 = 0xd0;
  private static final int RST7 = 0xd7;

  final byte[] file;

  /** The next byte to read. */
  int position;

  /** A marker's code that was read and is not dealt with yet, never 0xff; 0 if there is none. */
  int marker;

  private int end;
  private boolean bounded;

  JpegInput(byte[] file) {
    this.file = file;
    this.end = Math.min(PIECE_BYTES, file.length);
  }

  /** Bytes that can be read before the next piece is needed. */
  int available() {
    return end - position;
  }

  /** Brings the next piece. */
  void grow() throws EndOfDataException {
    if (bounded || end == file.length) {
      throw new EndOfDataException();
    }
    end = (int) Math.min((long) end + PIECE_BYTES, file.length);
  }

  /** Says whether the file is to end with the current piece for now. */
  void bound(boolean toPiece) {
    bounded = toPiece;
  }

  /** Whether there are more pieces. */
  boolean hasMore() {
    return end < file.length;
  }

  int readByte() throws EndOfDataException {
    while (position == end) {
      grow();
    }
    return file[position++] & 0xff;
  }

  int readShort() throws EndOfDataException {
    int high = readByte();
    return high << 8 | readByte();
  }

  void skip(int bytes) throws EndOfDataException {
    while (bytes > available()) {
      grow();
    }
    position += Math.max(bytes, 0);
  }

  /** Finds the next marker and keeps its code; anything before it is passed over. */
  void nextMarker() throws EndOfDataException {
    int code;
    do {
      do {
        code = readByte();
      } while (code != 0xff);
      do {
        code = readByte();
      } while (code == 0xff);
    } while (code == 0);
    marker = code;
  }

  /**
   * Passes over a restart marker, or does what libjpeg does where another one stands instead. If a
   * marker is kept afterwards, the data of this interval are missing.
   *
   * @param expected 0 to 7
   */
  void readRestartMarker(int expected) throws EndOfDataException {
    if (marker == 0) {
      nextMarker();
    }
    while (marker < SOF0 || isRestartBefore(expected)) {
      nextMarker();
    }
    boolean restart = marker >= RST0 && marker <= RST7;
    int ahead = (marker - RST0 - expected) & 7;
    if (restart && ahead != 1 && ahead != 2) {
      marker = 0;
    }
  }

  /** One of the two restart markers before the expected one: the right one may still come. */
  private boolean isRestartBefore(int expected) {
    int ahead = (marker - RST0 - expected) & 7;
    return marker >= RST0 && marker <= RST7 && (ahead == 6 || ahead == 7);
  }
}
