package dev.vl4j.engine;

import java.nio.file.Path;
import java.util.Objects;

/** One piece of a query or a document. */
public sealed interface Part {
  static Part text(String text) {
    return new Text(text);
  }

  /** An encoded picture: PNG, JPEG, GIF, BMP, TIFF or WebP. */
  static Part image(byte[] encoded) {
    return new Image(new ImageSource.Encoded(encoded, ImageSource.Encoded.UNNAMED));
  }

  /** A picture file; it is read when the request runs. */
  static Part image(Path file) {
    return new Image(new ImageSource.File(file));
  }

  /** Plain text. Strings that look like control tokens stay text. */
  record Text(String text) implements Part {
    public Text {
      Objects.requireNonNull(text);
    }
  }

  /** A picture. */
  record Image(ImageSource source) implements Part {
    public Image {
      Objects.requireNonNull(source);
    }
  }
}
