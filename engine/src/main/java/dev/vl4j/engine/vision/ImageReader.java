package dev.vl4j.engine.vision;

import dev.vl4j.engine.ImageSource;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.RequestLimits;
import dev.vl4j.engine.limits.WorkGuard;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the images of requests, each content once a request, and remembers what it has read: a file
 * that was seen before is not decoded until its pixels are needed, unless that would take long. For
 * many threads.
 */
public final class ImageReader {
  /** Files whose key and grid are remembered; some 150 bytes each. */
  private static final int REMEMBERED = 10_000;

  /** Pixels that a request holds before it reads images anew when they are needed. */
  private static final long KEPT_BYTES = 32L << 20;

  private record Known(ImageKey key, int gridHeight, int gridWidth, long sourcePixels) {}

  private final @Nullable ImagePreprocessor preprocessor;
  private final EncodedImages encoded;
  private final ImageLoader loader;
  private final RequestLimits limits;
  private final Map<ImageKey, Known> known =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<ImageKey, Known> eldest) {
          return size() > REMEMBERED;
        }
      };

  /**
   * @param preprocessor null for a model that reads texts only, which refuses every image
   * @param encoded images that need not be decoded
   * @param loader makes images ready that were not kept
   */
  public ImageReader(
      @Nullable ImagePreprocessor preprocessor,
      EncodedImages encoded,
      ImageLoader loader,
      RequestLimits limits) {
    this.preprocessor = preprocessor;
    this.encoded = encoded;
    this.loader = loader;
    this.limits = limits;
  }

  /** The images of one request. For one thread. */
  public final class RequestImages implements AutoCloseable {
    private final WorkGuard guard;
    private final Map<ImageSource, PromptImage> bySource = new HashMap<>();
    private final Map<ImageKey, PromptImage> byContent = new HashMap<>();
    private final List<ImageKey> pinned = new ArrayList<>();
    private long kept;
    private long sourcePixels;

    private RequestImages(WorkGuard guard) {
      this.guard = guard;
    }

    /**
     * The image from a source; the same object for the same content.
     *
     * @throws InvalidRequestException if it cannot be read, if the request's images have too many
     *     pixels together, or if the model reads texts only
     */
    public PromptImage image(ImageSource source) {
      if (preprocessor == null) {
        throw new InvalidRequestException(
            source.name() + ": the model reads texts only, no images");
      }
      PromptImage seen = bySource.get(source);
      if (seen == null) {
        ImageSource.Encoded file = ImageFiles.read(source, limits.imageFileBytes(), guard);
        ImageKey content = ImageKey.ofEncoded(file.bytes(), guard);
        seen = byContent.get(content);
        if (seen == null) {
          seen = open(source, file, content, preprocessor);
          byContent.put(content, seen);
        }
        if (source instanceof ImageSource.File) { // which is read again when it is needed
          guard.release(file.bytes().length);
        }
        bySource.put(source, seen);
      }
      return seen;
    }

    private PromptImage open(
        ImageSource source,
        ImageSource.Encoded file,
        ImageKey content,
        ImagePreprocessor preprocessor) {
      Known before = known(content);
      if (before != null && (isCheap(file, before) || isEncoded(before.key))) {
        count(source, before.sourcePixels);
        return image(source, before, null, preprocessor);
      }
      ImageDecoder.Resized resized = preprocessor.resize(file, guard);
      RgbImage image = resized.image();
      int side = preprocessor.patchSize();
      Known fresh =
          new Known(
              ImageKey.of(image),
              image.height() / side,
              image.width() / side,
              resized.sourcePixels());
      remember(content, fresh);
      count(source, fresh.sourcePixels);
      long bytes = image.samples().length;
      if (kept + bytes > KEPT_BYTES && isCheap(file, fresh)) {
        guard.release(bytes);
        return image(source, fresh, null, preprocessor);
      }
      kept += bytes;
      return image(source, fresh, preprocessor.patches(image), preprocessor);
    }

    private boolean isEncoded(ImageKey key) {
      boolean held = encoded.pin(key);
      if (held) {
        pinned.add(key);
      }
      return held;
    }

    private void count(ImageSource source, long pixels) {
      sourcePixels += pixels;
      if (sourcePixels > limits.requestPixels()) {
        throw new InvalidRequestException(
            "%s: with this image, those of the request have %d pixels, more than %d"
                .formatted(source.name(), sourcePixels, limits.requestPixels()));
      }
    }

    private PromptImage image(
        ImageSource source,
        Known known,
        @Nullable ImagePatches patches,
        ImagePreprocessor preprocessor) {
      return new PromptImage(
          source, preprocessor, loader, known.key, known.gridHeight, known.gridWidth, patches);
    }

    /** The request is over. */
    @Override
    public void close() {
      pinned.forEach(encoded::unpin);
      pinned.clear();
    }
  }

  /** It may be read again when it is needed. */
  private static boolean isCheap(ImageSource.Encoded file, Known known) {
    return known.sourcePixels <= PromptImage.MOST_PIXELS_LATER
        && file.bytes().length <= PromptImage.MOST_BYTES_LATER;
  }

  /** For the images of one request, of which it has read none yet. */
  public RequestImages forRequest(WorkGuard guard) {
    return new RequestImages(guard);
  }

  private synchronized @Nullable Known known(ImageKey content) {
    return known.get(content);
  }

  private synchronized void remember(ImageKey content, Known fresh) {
    known.put(content, fresh);
  }
}
