package dev.vl4j.engine.media;

import java.util.Optional;
import java.util.ServiceLoader;

/** The libraries for media that are there, found once. */
public final class MediaLibraries {
  private static final class Found {
    static final Optional<VideoDecoder> VIDEO = ServiceLoader.load(VideoDecoder.class).findFirst();
    static final Optional<PageRenderer> PAGES = ServiceLoader.load(PageRenderer.class).findFirst();
  }

  private MediaLibraries() {}

  /** What decodes video files; empty without such a library. */
  public static Optional<VideoDecoder> videoDecoder() {
    return Found.VIDEO;
  }

  /** What draws pages of PDF files; empty without such a library. */
  public static Optional<PageRenderer> pageRenderer() {
    return Found.PAGES;
  }
}
