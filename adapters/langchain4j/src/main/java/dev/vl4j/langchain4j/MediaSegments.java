package dev.vl4j.langchain4j;

import static java.util.Objects.requireNonNull;

import dev.langchain4j.data.document.Metadata;
import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.VideoContent;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.model.embedding.request.EmbeddingInput;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Pictures and videos as segments, which stores keep and retrievers find as they do texts.
 *
 * <p>A segment says in its metadata which picture or video belongs to it. The models of this
 * package read that with the segment's text; all else in LangChain4j sees the text alone.
 *
 * <pre>{@code
 * TextSegment picture = MediaSegments.image(Path.of("a.png"));
 * TextSegment captioned = MediaSegments.image(Path.of("b.png"), "The harbor in 1911");
 * TextSegment own = TextSegment.from("fig. 3", Metadata.from(MediaSegments.IMAGE, "data:image/png;base64,..."));
 * }</pre>
 */
public final class MediaSegments {
  /**
   * The metadata's key for a picture, a {@code file:} URL or a {@code data:} URL in base64. Letters
   * and {@code _} alone are what every store takes.
   */
  public static final String IMAGE = "vl4j_image";

  /** The metadata's key for a video, a URL as for {@link #IMAGE}. */
  public static final String VIDEO = "vl4j_video";

  /**
   * The metadata's key that says, by the value {@code true}, that the text is a label: people and
   * language models read it, and the models of this package do not.
   */
  public static final String LABEL = "vl4j_label";

  private static final String YES = "true";

  private MediaSegments() {}

  /**
   * A picture alone, labelled with its file's name.
   *
   * @param file read whenever a model reads the segment
   * @throws NullPointerException if the file is null
   */
  public static TextSegment image(Path file) {
    return labelled(IMAGE, file);
  }

  /**
   * A picture with a caption, which models read together.
   *
   * @param file read whenever a model reads the segment
   * @param caption not blank
   * @throws NullPointerException if the file or the caption is null
   * @throws IllegalArgumentException if the caption is blank
   */
  public static TextSegment image(Path file, String caption) {
    return captioned(IMAGE, file, caption);
  }

  /**
   * A video alone, labelled with its file's name. The library {@code vl4j-ffmpeg} has to be there
   * when a model reads it.
   *
   * @param file read whenever a model reads the segment
   * @throws NullPointerException if the file is null
   */
  public static TextSegment video(Path file) {
    return labelled(VIDEO, file);
  }

  /**
   * A video with a caption, which models read together; see {@link #video(Path)}.
   *
   * @param file read whenever a model reads the segment
   * @param caption not blank
   * @throws NullPointerException if the file or the caption is null
   * @throws IllegalArgumentException if the caption is blank
   */
  public static TextSegment video(Path file, String caption) {
    return captioned(VIDEO, file, caption);
  }

  /**
   * What the models of this package read of a segment: its video, its picture, and its text unless
   * that is a label.
   *
   * @throws NullPointerException if the segment is null
   * @throws dev.langchain4j.exception.InvalidRequestException if the metadata hold no URL where one
   *     belongs, or a label without a picture or a video
   */
  public static EmbeddingInput input(TextSegment segment) {
    requireNonNull(segment, "segment");
    Metadata metadata = segment.metadata();
    List<Content> contents = new ArrayList<>();
    URI video = url(metadata, VIDEO);
    if (video != null) {
      contents.add(VideoContent.from(video));
    }
    URI image = url(metadata, IMAGE);
    if (image != null) {
      contents.add(ImageContent.from(image));
    }
    if (!isLabel(metadata)) {
      contents.add(TextContent.from(segment.text()));
    } else if (contents.isEmpty()) {
      throw Failures.invalid(
          "%s: expected a picture or a video beside a label, found neither".formatted(LABEL));
    }
    return EmbeddingInput.from(contents);
  }

  /** What the engine reads of a segment. */
  static dev.vl4j.engine.Content content(TextSegment segment) {
    return MediaContents.of(input(segment).contents());
  }

  private static TextSegment labelled(String key, Path file) {
    requireNonNull(file, "file");
    Path name = file.getFileName();
    Metadata metadata = metadata(key, file).put(LABEL, YES);
    return TextSegment.from(name == null ? file.toString() : name.toString(), metadata);
  }

  private static TextSegment captioned(String key, Path file, String caption) {
    requireNonNull(file, "file");
    requireNonNull(caption, "caption");
    return TextSegment.from(caption, metadata(key, file));
  }

  private static Metadata metadata(String key, Path file) {
    return Metadata.from(key, file.toUri().toString());
  }

  /** Metadata may hold numbers, too. */
  private static @Nullable Object value(Metadata metadata, String key) {
    return metadata.toMap().get(key);
  }

  private static @Nullable URI url(Metadata metadata, String key) {
    Object value = value(metadata, key);
    if (value == null) {
      return null;
    }
    try {
      return URI.create(value.toString());
    } catch (IllegalArgumentException e) {
      throw Failures.invalid("%s: expected a URL, found %s".formatted(key, e.getMessage()));
    }
  }

  private static boolean isLabel(Metadata metadata) {
    Object value = value(metadata, LABEL);
    if (value != null && !value.equals(YES)) {
      throw Failures.invalid("%s: expected %s, found %s".formatted(LABEL, YES, value));
    }
    return value != null;
  }
}
