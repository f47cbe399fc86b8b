package dev.vl4j.engine.vision;

import dev.vl4j.engine.ImageSource;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.RequestLimits;
import dev.vl4j.engine.limits.WorkGuard;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the images and videos of requests, each content once a request, and remembers what it has
 * read: a file that was seen before is not decoded until its pixels are needed, unless that would
 * take long. For many threads.
 */
public final class ImageReader {
  /** Files whose key and grid are remembered; some 150 bytes each. */
  private static final int REMEMBERED = 10_000;

  /** Pixels that a request holds before it reads images anew when they are needed. */
  private static final long KEPT_BYTES = 32L << 20;

  private record Known(ImageKey key, int gridHeight, int gridWidth, long sourcePixels) {}

  private final @Nullable ImagePreprocessor preprocessor;
  private final @Nullable VideoPreprocessor videos;
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
   * @param videos null for a model that reads none, which refuses every video
   * @param encoded images that need not be decoded
   * @param loader makes images ready that were not kept
   */
  public ImageReader(
      @Nullable ImagePreprocessor preprocessor,
      @Nullable VideoPreprocessor videos,
      EncodedImages encoded,
      ImageLoader loader,
      RequestLimits limits) {
    this.preprocessor = preprocessor;
    this.videos = videos;
    this.encoded = encoded;
    this.loader = loader;
    this.limits = limits;
  }

  /** The images of one request. For one thread. */
  public final class RequestImages implements AutoCloseable {
    private final WorkGuard guard;
    private final Map<ImageSource, PromptImage> bySource = new HashMap<>();
    private final Map<ImageKey, PromptImage> byContent = new HashMap<>();
    private final Map<Part.Video, PromptVideo> byVideo = new HashMap<>();
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
        int page = source instanceof ImageSource.Page(_, int number) ? number : 0;
        ImageKey content = ImageKey.ofEncoded(file.bytes(), page, guard);
        seen = byContent.get(content);
        if (seen == null) {
          seen = open(source, file, content, preprocessor);
          byContent.put(content, seen);
        }
        if (!(source instanceof ImageSource.Encoded)) { // what is read again when it is needed
          guard.release(file.bytes().length);
        }
        bySource.put(source, seen);
      }
      return seen;
    }

    /**
     * A video; the same object for the same video.
     *
     * @throws InvalidRequestException if it cannot be read, if what is seen in the request has too
     *     many pixels together, or if the model reads no videos
     */
    public PromptVideo video(Part.Video video) {
      if (videos == null) {
        throw new InvalidRequestException(video.source().name() + ": the model reads no videos");
      }
      PromptVideo seen = byVideo.get(video);
      if (seen == null) {
        VideoPreprocessor.Slices slices = videos.slices(video.source(), video.sampling(), guard);
        count(video.source().name(), slices.sourcePixels());
        seen = slices.prompt(videos.mergeSize());
        byVideo.put(video, seen);
      }
      return seen;
    }

    private PromptImage open(
        ImageSource source,
        ImageSource.Encoded file,
        ImageKey content,
        ImagePreprocessor preprocessor) {
      Known before = known(content);
      boolean isPage = source instanceof ImageSource.Page; // which takes long to draw again
      if (before != null && ((!isPage && isCheap(file, before)) || isEncoded(before.key))) {
        count(source.name(), before.sourcePixels);
        return image(source, before, null, preprocessor);
      }
      ImageSource read =
          source instanceof ImageSource.Page(_, int number)
              ? new ImageSource.Page(file, number)
              : file;
      ImageDecoder.Resized resized = preprocessor.resize(read, guard);
      RgbImage image = resized.image();
      int side = preprocessor.patchSize();
      Known fresh =
          new Known(
              ImageKey.of(image),
              image.height() / side,
              image.width() / side,
              resized.sourcePixels());
      remember(content, fresh);
      count(source.name(), fresh.sourcePixels);
      long bytes = image.samples().length;
      if (kept + bytes > KEPT_BYTES && !isPage && isCheap(file, fresh)) {
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

    private void count(String name, long pixels) {
      sourcePixels += pixels;
      if (sourcePixels > limits.requestPixels()) {
        throw new InvalidRequestException(
            "%s: with this, the images and frames of the request have %d pixels, more than %d"
                .formatted(name, sourcePixels, limits.requestPixels()));
      }
    }

    private PromptImage image(
        ImageSource source,
        Known known,
        @Nullable ImagePatches patches,
        ImagePreprocessor preprocessor) {
      return new PromptImage(
          new RereadImage(source, preprocessor, known.key),
          loader,
          known.key,
          known.gridHeight,
          known.gridWidth,
          preprocessor.mergeSize(),
          patches);
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
    return known.sourcePixels <= RereadImage.MOST_PIXELS
        && file.bytes().length <= RereadImage.MOST_BYTES;
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
