package dev.vl4j.engine.vision.png;

import dev.vl4j.engine.vision.decode.BrokenImageException;
import dev.vl4j.engine.vision.png.PngFile.Frame;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The chunks of an animated PNG, as far as they decide what its first image is. */
final class AnimationChunks {
  private static final long MAX_FRAMES = 0x8000_0000L;

  private long frames; // 0 where nothing valid says how many
  private long sequence = -1;
  private @Nullable Frame next; // of the frame that the next image data belong to
  private @Nullable Frame frame;
  private boolean imageSeen;
  private boolean animated;

  void control(byte[] data) throws BrokenImageException {
    PngFile.requireLength("acTL", data, 8);
    long count = ByteBuffer.wrap(data).getInt() & 0xffff_ffffL;
    // Pillow takes a second chunk for a sign that neither is right.
    frames = frames > 0 || count > MAX_FRAMES ? 0 : count;
  }

  void frameControl(byte[] data, long imageWidth, long imageHeight) throws BrokenImageException {
    PngFile.requireLength("fcTL", data, 26);
    ByteBuffer control = ByteBuffer.wrap(data);
    inSequence(control.getInt() & 0xffff_ffffL);
    long width = control.getInt() & 0xffff_ffffL;
    long height = control.getInt() & 0xffff_ffffL;
    long left = control.getInt() & 0xffff_ffffL;
    long top = control.getInt() & 0xffff_ffffL;
    if (left + width > imageWidth || top + height > imageHeight) {
      throw new BrokenImageException("a frame of its animation is larger than the image");
    }
    if (!imageSeen) {
      next = new Frame((int) left, (int) top, (int) width, (int) height);
    }
  }

  /** The beginning of a chunk of frame data. */
  void frameData(byte[] number, long length) throws BrokenImageException {
    if (length < 4) {
      throw new BrokenImageException("an fdAT chunk has no room for its number");
    }
    if (sequence < 0) {
      throw new BrokenImageException("an fdAT chunk belongs to no frame");
    }
    inSequence(ByteBuffer.wrap(number).getInt() & 0xffff_ffffL);
  }

  private void inSequence(long number) throws BrokenImageException {
    if (number != sequence + 1) {
      throw new BrokenImageException("the frames of its animation are out of order");
    }
    sequence = number;
  }

  /** To be called at the first image data. */
  void imageData() {
    imageSeen = true;
    frame = next;
    // Image data without a frame of their own stand before the animation.
    animated = frames + (frame == null ? 1 : 0) > 1 && frames > 0;
  }

  boolean isAnimated() {
    return animated;
  }

  /** What the image data fill. */
  Frame frame(long width, long height) throws BrokenImageException {
    Frame found = frame == null ? new Frame(0, 0, (int) width, (int) height) : frame;
    boolean outside =
        found.left() + (long) found.width() > width || found.top() + (long) found.height() > height;
    if (found.width() < 1 || found.height() < 1 || outside) {
      throw new BrokenImageException("the first frame of its animation has no pixels in it");
    }
    return found;
  }
}
