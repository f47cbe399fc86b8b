package dev.vl4j.media.pdf.process;

/** What a worker is told to do; each begins with a byte. */
enum Command {
  /** Followed by the most pixels that a page may have, a file's length, and its bytes. */
  OPEN('o'),
  /** Followed by a page's number, from 0. */
  SIZE('s'),
  /** Followed by a page's number, the width and the height of its picture. */
  RENDER('r'),
  /** Done with this file; nothing is answered. */
  CLOSE('c');

  private final int code;

  Command(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }
}
