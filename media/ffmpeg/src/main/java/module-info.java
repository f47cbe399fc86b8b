/** Video files for the engine, decoded by FFmpeg. */
@org.jspecify.annotations.NullMarked
module dev.vl4j.media.ffmpeg {
  requires static org.jspecify;
  requires dev.vl4j.engine;
  requires org.bytedeco.javacpp;
  requires org.bytedeco.ffmpeg;

  provides dev.vl4j.engine.media.VideoDecoder with
      dev.vl4j.media.ffmpeg.FfmpegDecoder;
}
