package dev.vl4j.springai;

import dev.vl4j.engine.checkpoints.SmallPictures;
import org.springframework.ai.content.Media;
import org.springframework.ai.document.Document;

/** Small pictures of odd sizes. */
final class Pictures {
  static final byte[] RED_CIRCLE = SmallPictures.RED_CIRCLE;
  static final byte[] BLUE_CIRCLE = SmallPictures.BLUE_CIRCLE;

  private Pictures() {}

  static Document document(String id, byte[] png) {
    return Document.builder()
        .id(id)
        .media(Media.builder().mimeType(Media.Format.IMAGE_PNG).data(png).build())
        .metadata("source", id + ".png")
        .build();
  }
}
