package dev.vl4j.engine;

import java.nio.file.Path;
import java.util.Objects;

/** One piece of a query or a document: a text or an image. */
public sealed interface Part {
  /** A text, which may be empty. */
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
    Objects.requireNonNull(encoded, "encoded");
    return new Image(new ImageSource.Encoded(encoded, ImageSource.Encoded.UNNAMED));
  }

  /** An image file in one of these formats. It is read when the request runs. */
  static Part image(Path file) {
    Objects.requireNonNull(file, "file");
    return new Image(new ImageSource.File(file));
  }

  /**
   * A text. Control-token strings in it stay text, unless {@link RerankRequest#parseSpecialTokens}
   * says otherwise.
   *
   * @param text may be empty
   */
  record Text(String text) implements Part {
    /**
     * @throws NullPointerException if the text is null
     */
    public Text {
      Objects.requireNonNull(text, "text");
    }
  }

  /**
   * An image.
   *
   * @param source where its bytes come from
   */
  record Image(ImageSource source) implements Part {
    /**
     * @throws NullPointerException if the source is null
     */
    public Image {
      Objects.requireNonNull(source, "source");
    }
  }
}
