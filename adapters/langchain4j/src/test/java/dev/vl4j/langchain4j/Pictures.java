package dev.vl4j.langchain4j;

import dev.vl4j.engine.checkpoints.SmallPictures;
import java.util.Base64;

/** Small pictures, and how requests carry them. */
final class Pictures {
  static final byte[] RED_CIRCLE = SmallPictures.RED_CIRCLE;
  static final byte[] BLUE_CIRCLE = SmallPictures.BLUE_CIRCLE;

  private Pictures() {}

  static String base64(byte[] picture) {
    return Base64.getEncoder().encodeToString(picture);
  }
}
