package dev.vl4j.engine;

import java.nio.file.Path;
import java.util.Objects;

/** One piece of a query or a document: a text or an image. */
public sealed interface Part {
  /** A text. */
  static Part text(String text) {
    return new Text(text);
  }

  /**
   * An encoded image.
   *
   * @param encoded the bytes of a PNG, JPEG, GIF, BMP, TIFF or WebP file. They are not copied: they
   *     must not change until the request has ended
   */
  static Part image(byte[] encoded) {
    return new Image(new ImageSource.Encoded(encoded, ImageSource.Encoded.UNNAMED));
  }

  /** An image file in one of these formats. It is read when the request runs. */
  static Part image(Path file) {
    return new Image(new ImageSource.File(file));
  }

  /**
   * A text. Control-token strings in it stay text, unless {@link RerankRequest#parseSpecialTokens}
   * says otherwise.
   */
  record Text(String text) implements Part {
    public Text {
      Objects.requireNonNull(text, "text");
    }
  }

  /** An image. */
  record Image(ImageSource source) implements Part {
    public Image {
      Objects.requireNonNull(source, "source");
    }
  }
}
