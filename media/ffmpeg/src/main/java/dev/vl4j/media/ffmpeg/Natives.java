package dev.vl4j.media.ffmpeg;

import static org.bytedeco.ffmpeg.global.avutil.AV_LOG_QUIET;
import static org.bytedeco.ffmpeg.global.avutil.av_log_set_level;
import static org.bytedeco.ffmpeg.global.avutil.av_max_alloc;
import static org.bytedeco.ffmpeg.global.avutil.av_version_info;
import static org.bytedeco.ffmpeg.global.avutil.avutil_license;

import dev.vl4j.engine.media.MediaException;
import org.bytedeco.javacpp.Loader;

/** FFmpeg's native libraries, which are loaded once for the process. */
final class Natives {
  /**
   * The most that FFmpeg may allocate at once. A file of some bytes can ask for tables of
   * gigabytes; a plane of the largest frames in use, 8192 by 8192 with 4 bytes a pixel, still fits.
   */
  private static final long LARGEST_BLOCK = 256L << 20;

  private static final String NAME;
  private static final boolean LOADED;

  static {
    // JavaCPP would count all memory of the process, a model's weights included, and refuse to
    // allocate beyond twice Java's heap. What is decoded here is counted by the guard.
    unlessSet("org.bytedeco.javacpp.maxbytes");
    unlessSet("org.bytedeco.javacpp.maxphysicalbytes");
    String name;
    boolean loaded = false;
    try {
      av_log_set_level(AV_LOG_QUIET);
      av_max_alloc(LARGEST_BLOCK);
      name = "FFmpeg %s, %s".formatted(av_version_info().getString(), avutil_license().getString());
      loaded = true;
    } catch (LinkageError e) {
      name = missing();
    }
    NAME = name;
    LOADED = loaded;
  }

  private Natives() {}

  private static void unlessSet(String property) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, "0");
    }
  }

  private static String missing() {
    String platform = Loader.getPlatform();
    return "FFmpeg's native libraries for %s cannot be loaded; the artifacts ffmpeg and javacpp of"
            .formatted(platform)
        + " org.bytedeco with the classifier %s bring them".formatted(platform);
  }

  /** The library with its version and license, or why it cannot be loaded. */
  static String name() {
    return NAME;
  }

  static void require() throws MediaException {
    if (!LOADED) {
      throw new MediaException(NAME);
    }
  }
}
