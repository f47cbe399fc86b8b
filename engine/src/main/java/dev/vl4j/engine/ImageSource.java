package dev.vl4j.engine;

import java.nio.file.Path;

/** Where the bytes of an encoded picture come from. */
public sealed interface ImageSource {
  /** What error messages call this picture. */
  String name();

  /** A file in any supported format. */
  record File(Path path) implements ImageSource {
    @Override
    public String name() {
      return path.toString();
    }
  }

  /** Bytes of a file in any supported format. */
  record Encoded(byte[] bytes, String name) implements ImageSource {
    /** The name of a picture that has none: error messages say where in its request it is. */
    static final String UNNAMED = "image";
  }
}
