package dev.vl4j.engine.vision.decode;

import dev.vl4j.engine.vision.decode.DecodedImage.Mode;
import dev.vl4j.engine.vision.decode.DecodedImage.Palette;
import org.jspecify.annotations.Nullable;

/**
 * An image of which everything is known but its samples, which are decoded when they are read. See
 * {@link DecodedImage} for what the components mean.
 */
@SuppressWarnings("ArrayRecordComponent") // handed through once, never compared
public record StreamedImage(
    int width,
    int height,
    Mode mode,
    @Nullable Palette palette,
    int @Nullable [] transparentColor,
    int orientation,
    Source source)
    implements ImagePixels {

  /** Begins to decode. */
  @FunctionalInterface
  public interface Source {
    Rows open() throws BrokenImageException;
  }

  @Override
  public Rows rows() throws BrokenImageException {
    return source.open();
  }
}
