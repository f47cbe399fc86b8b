package dev.vl4j.media.ffmpeg;

import dev.vl4j.engine.media.MediaException;
import dev.vl4j.engine.media.MediaGuard;
import dev.vl4j.engine.media.MediaWork;
import dev.vl4j.engine.media.OpenVideo;
import dev.vl4j.engine.media.VideoDecoder;
import java.nio.file.Path;
import java.util.Objects;

/** Decodes videos by FFmpeg, whose native libraries the program has to bring. */
public final class FfmpegDecoder implements VideoDecoder {
  /** For {@link java.util.ServiceLoader}. */
  public FfmpegDecoder() {}

  @Override
  public String name() {
    return Natives.name();
  }

  @Override
  public OpenVideo open(Path file, MediaGuard guard) throws MediaException {
    Objects.requireNonNull(guard, "guard");
    Natives.require();
    return new FfmpegVideo(Source.of(Objects.requireNonNull(file, "file")), new MediaWork(guard));
  }

  @Override
  public OpenVideo open(byte[] file, MediaGuard guard) throws MediaException {
    Objects.requireNonNull(guard, "guard");
    Natives.require();
    return new FfmpegVideo(Source.of(Objects.requireNonNull(file, "file")), new MediaWork(guard));
  }
}
