package dev.vl4j.engine.vision.jpeg;

import java.io.Serial;

/** The file ended where a decoder needed more of it. */
final class EndOfDataException extends Exception {
  @Serial private static final long serialVersionUID = 1;

  EndOfDataException() {
    super("the file ends too early", null, false, false);
  }
}
