package dev.vl4j.engine;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * A query or a document: any mix of texts, images and videos. The model reads all videos first,
 * then all images, then all texts, each in the order given here.
 *
 * @param parts may be empty; copied
 */
public record Content(List<Part> parts) {
  /**
   * @throws NullPointerException if the list or one of the parts is null
   */
  public Content {
    parts = Arguments.copyOf("parts", parts);
  }

  /** A text alone. */
  public static Content text(String text) {
    return of(Part.text(text));
  }

  /** An image file alone. It is read when the request runs, as {@link Part#image(Path)} has it. */
  public static Content image(Path file) {
    return of(Part.image(file));
  }

  /**
   * An encoded image alone: the bytes of a PNG, JPEG, GIF, BMP, TIFF or WebP file.
   *
   * @param encoded not copied: the bytes must not change until the request has ended
   */
  public static Content image(byte[] encoded) {
    return of(Part.image(encoded));
  }

  /** A video file alone. It is read when the request runs, as {@link Part#video(Path)} has it. */
  public static Content video(Path file) {
    return of(Part.video(file));
  }

  /** A mix of texts, images and videos, none if there are no parts. */
  public static Content of(Part... parts) {
    return new Content(Arrays.asList(Objects.requireNonNull(parts, "parts")));
  }
}
