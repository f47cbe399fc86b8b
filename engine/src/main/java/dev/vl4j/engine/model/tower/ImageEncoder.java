package dev.vl4j.engine.model.tower;

import dev.vl4j.engine.vision.ImagePatches;
import java.util.List;

/** What makes visual features of images. */
public interface ImageEncoder {
  /** Of a model that reads texts only: no image ever comes to it. */
  ImageEncoder NONE =
      (_, _) -> {
        throw new IllegalStateException("a model without a vision tower was given an image");
      };

  /**
   * Enqueues a forward of all images at once; none of them sees another.
   *
   * @param check is called now and then; what it throws ends the forward
   * @return the features of each image, to be closed by the caller
   */
  List<VisualFeatures> encode(List<ImagePatches> images, Runnable check);
}
