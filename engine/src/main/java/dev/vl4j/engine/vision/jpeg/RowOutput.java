package dev.vl4j.engine.vision.jpeg;

import dev.vl4j.engine.vision.decode.BrokenImageException;
import dev.vl4j.engine.vision.decode.DecodedImage;
import dev.vl4j.engine.vision.decode.ImagePixels;

/** Rows of the image from a frame's planes, enlarged and converted one by one. */
final class RowOutput implements ImagePixels.Rows {
  private final Frame frame;
  private final ColorSpace colors;
  private final Upsampling[] components;
  private int y;

  /**
   * @param segments what was read before the first scan
   * @throws BrokenImageException if libjpeg cannot enlarge or convert the frame's components
   */
  RowOutput(Frame frame, SegmentReader segments) throws BrokenImageException {
    this.frame = frame;
    this.colors = ColorSpace.of(frame, segments.jfif, segments.adobeTransform);
    if (frame.lossless() && (colors == ColorSpace.YCC || colors == ColorSpace.YCCK)) {
      throw new BrokenImageException("it is a lossless JPEG of luminance and chrominance");
    }
    this.components = new Upsampling[frame.components.length];
    for (int i = 0; i < components.length; i++) {
      components[i] = new Upsampling(frame.components[i], frame);
    }
  }

  DecodedImage.Mode mode() {
    return colors.mode();
  }

  @Override
  public void next(byte[] row) {
    for (Upsampling component : components) {
      component.select(y);
    }
    colors.convert(components, frame.width, row);
    y++;
  }
}
