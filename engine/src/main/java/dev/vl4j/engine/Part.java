package dev.vl4j.engine;

import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/** One piece of a query or a document: a text, an image or a video. */
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
   * A page of a PDF file, drawn in the size that the model takes. The library {@code vl4j-pdf} has
   * to be there.
   *
   * @param pdf read when the request runs
   * @param number of the page, from 1
   */
  static Part page(Path pdf, int number) {
    Objects.requireNonNull(pdf, "pdf");
    return new Image(new ImageSource.Page(new ImageSource.File(pdf), number));
  }

  /**
   * A page of a PDF file that lies in memory.
   *
   * @param pdf the bytes of the file. They are not copied: they must not change until the request
   *     has ended
   * @param number of the page, from 1
   */
  static Part page(byte[] pdf, int number) {
    Objects.requireNonNull(pdf, "pdf");
    return new Image(
        new ImageSource.Page(new ImageSource.Encoded(pdf, ImageSource.Encoded.UNNAMED), number));
  }

  /** A whole video file. It is read when the request runs; see {@link VideoSource.File}. */
  static Part video(Path file) {
    return video(new VideoSource.File(file), VideoSampling.DEFAULT);
  }

  /**
   * A whole video file that lies in memory; see {@link VideoSource.Encoded}.
   *
   * @param encoded the bytes of the file. They are not copied: they must not change until the
   *     request has ended
   */
  static Part video(byte[] encoded) {
    return video(new VideoSource.Encoded(encoded, Video.UNNAMED), VideoSampling.DEFAULT);
  }

  /**
   * A video as a list of its frames, two of which were taken each second; see {@link
   * VideoSource.Frames}.
   */
  static Part video(List<ImageSource> frames) {
    return video(new VideoSource.Frames(frames, 0, Video.UNNAMED), VideoSampling.DEFAULT);
  }

  /** Some frames of a video. */
  static Part video(VideoSource source, VideoSampling sampling) {
    return new Video(source, sampling);
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

  /**
   * A video.
   *
   * @param source where its frames come from
   * @param sampling which of them the model sees
   */
  record Video(VideoSource source, VideoSampling sampling) implements Part {
    /** The name of a video that has none: error messages say where in its request it is. */
    static final String UNNAMED = "video";

    /**
     * @throws NullPointerException if there is no source, or no sampling
     */
    public Video {
      Objects.requireNonNull(source, "source");
      Objects.requireNonNull(sampling, "sampling");
    }
  }
}
