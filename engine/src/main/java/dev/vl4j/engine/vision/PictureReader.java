package dev.vl4j.engine.vision;

import dev.vl4j.engine.ImageSource;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the pictures of requests, each content once a request, and remembers what it has read: a
 * file that was seen before is not decoded until its pixels are needed. For many threads.
 */
public final class PictureReader {
  /** Files whose key and grid are remembered; some 150 bytes each. */
  private static final int REMEMBERED = 10_000;

  /** Pixels that a request holds before it reads pictures anew when they are needed. */
  private static final long KEPT_BYTES = 32L << 20;

  private record Known(ImageKey key, int gridHeight, int gridWidth) {}

  private final ImagePreprocessor preprocessor;
  private final Map<ImageKey, Known> known =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<ImageKey, Known> eldest) {
          return size() > REMEMBERED;
        }
      };

  public PictureReader(ImagePreprocessor preprocessor) {
    this.preprocessor = preprocessor;
  }

  /** The pictures of one request. */
  public final class Album {
    private final Map<ImageSource, Picture> bySource = new HashMap<>();
    private final Map<ImageKey, Picture> byContent = new HashMap<>();
    private long kept;

    private Album() {}

    /**
     * The picture from a source; the same object for the same content.
     *
     * @throws dev.vl4j.engine.InvalidRequestException if it cannot be read
     */
    public Picture picture(ImageSource source) {
      Picture seen = bySource.get(source);
      if (seen == null) {
        ImageSource.Encoded file = ImageDecoder.read(source);
        ImageKey content = ImageKey.ofEncoded(file.bytes());
        seen = byContent.get(content);
        if (seen == null) {
          seen = open(source, file, content);
          byContent.put(content, seen);
        }
        bySource.put(source, seen);
      }
      return seen;
    }

    private Picture open(ImageSource source, ImageSource.Encoded file, ImageKey content) {
      Known before = known(content);
      if (before != null) {
        return picture(source, before, null);
      }
      RgbImage image = preprocessor.resize(file);
      int side = preprocessor.patchSize();
      Known fresh = new Known(ImageKey.of(image), image.height() / side, image.width() / side);
      remember(content, fresh);
      boolean keep = kept + image.samples().length <= KEPT_BYTES;
      if (keep) {
        kept += image.samples().length;
      }
      return picture(source, fresh, keep ? image : null);
    }

    private Picture picture(ImageSource source, Known known, @Nullable RgbImage pixels) {
      return new Picture(
          source, preprocessor, known.key, known.gridHeight, known.gridWidth, pixels);
    }
  }

  /** An empty album, for the pictures of one request. */
  public Album album() {
    return new Album();
  }

  private synchronized @Nullable Known known(ImageKey content) {
    return known.get(content);
  }

  private synchronized void remember(ImageKey content, Known fresh) {
    known.put(content, fresh);
  }
}
