package dev.vl4j.langchain4j;

import dev.langchain4j.data.message.Content;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.VideoContent;
import dev.vl4j.engine.Part;
import java.util.List;

/** LangChain4j's contents as the engine's. */
final class MediaContents {
  private MediaContents() {}

  /** What a model reads as one input. */
  static dev.vl4j.engine.Content of(List<Content> contents) {
    return new dev.vl4j.engine.Content(contents.stream().map(MediaContents::part).toList());
  }

  private static Part part(Content content) {
    return switch (content) {
      case TextContent text -> Part.text(text.text());
      case ImageContent image ->
          image(Medium.of("image", image.image().url(), image.image().base64Data()));
      case VideoContent video ->
          video(Medium.of("video", video.video().url(), video.video().base64Data()));
      default ->
          throw Failures.unsupported(
              "content: expected a text, an image or a video, found " + content.type());
    };
  }

  private static Part image(Medium medium) {
    return switch (medium) {
      case Medium.InFile file -> Part.image(file.path());
      case Medium.InMemory memory -> Part.image(memory.bytes());
    };
  }

  private static Part video(Medium medium) {
    return switch (medium) {
      case Medium.InFile file -> Part.video(file.path());
      case Medium.InMemory memory -> Part.video(memory.bytes());
    };
  }
}
