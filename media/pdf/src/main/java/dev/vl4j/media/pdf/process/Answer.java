package dev.vl4j.media.pdf.process;

/** How a worker answers; each begins with a byte. */
enum Answer {
  /** Followed by the number of pages, the two sides of a page, or the samples of its picture. */
  DONE('d'),
  /** Followed by a reason in words. */
  REFUSED('r'),
  /** The same of a worker that should not be used again. */
  REFUSED_AND_WORN('w'),
  /** More memory would be needed than there is. */
  TOO_LARGE('m');

  private final int code;

  Answer(int code) {
    this.code = code;
  }

  int code() {
    return code;
  }
}
