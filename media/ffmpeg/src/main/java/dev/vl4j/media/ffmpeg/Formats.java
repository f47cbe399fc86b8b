package dev.vl4j.media.ffmpeg;

import static org.bytedeco.ffmpeg.global.avcodec.AV_CODEC_ID_AV1;
import static org.bytedeco.ffmpeg.global.avcodec.AV_CODEC_ID_GIF;
import static org.bytedeco.ffmpeg.global.avcodec.AV_CODEC_ID_H264;
import static org.bytedeco.ffmpeg.global.avcodec.AV_CODEC_ID_HEVC;
import static org.bytedeco.ffmpeg.global.avcodec.AV_CODEC_ID_MJPEG;
import static org.bytedeco.ffmpeg.global.avcodec.AV_CODEC_ID_MPEG1VIDEO;
import static org.bytedeco.ffmpeg.global.avcodec.AV_CODEC_ID_MPEG2VIDEO;
import static org.bytedeco.ffmpeg.global.avcodec.AV_CODEC_ID_MPEG4;
import static org.bytedeco.ffmpeg.global.avcodec.AV_CODEC_ID_PNG;
import static org.bytedeco.ffmpeg.global.avcodec.AV_CODEC_ID_VP8;
import static org.bytedeco.ffmpeg.global.avcodec.AV_CODEC_ID_VP9;

import java.util.Map;

/**
 * What is decoded. FFmpeg has some 300 containers and 500 codecs, among them playlists, devices and
 * formats that nobody has looked at for years; a stranger's file reaches only these.
 */
final class Formats {
  /** Demuxers, by FFmpeg's names. */
  static final String CONTAINERS = "mov,matroska,avi,mpegts,mpeg,flv,gif";

  static final String CONTAINERS_IN_WORDS =
      "MP4, QuickTime, WebM, Matroska, AVI, MPEG-TS, MPEG-PS, FLV and GIF";

  /** Which of FFmpeg's decoders is for which codec. */
  private static final Map<Integer, String> DECODERS =
      Map.ofEntries(
          Map.entry(AV_CODEC_ID_H264, "h264"),
          Map.entry(AV_CODEC_ID_HEVC, "hevc"),
          Map.entry(AV_CODEC_ID_VP8, "vp8"),
          Map.entry(AV_CODEC_ID_VP9, "vp9"),
          Map.entry(AV_CODEC_ID_AV1, "libaom-av1"),
          Map.entry(AV_CODEC_ID_MPEG4, "mpeg4"),
          Map.entry(AV_CODEC_ID_MPEG1VIDEO, "mpeg1video"),
          Map.entry(AV_CODEC_ID_MPEG2VIDEO, "mpeg2video"),
          Map.entry(AV_CODEC_ID_MJPEG, "mjpeg"),
          Map.entry(AV_CODEC_ID_PNG, "png"),
          Map.entry(AV_CODEC_ID_GIF, "gif"));

  static final String CODECS_IN_WORDS =
      "H.264, H.265, VP8, VP9, AV1, MPEG-1, MPEG-2, MPEG-4 Part 2, Motion JPEG, PNG and GIF";

  /** All of them, as FFmpeg wants its list. */
  static final String DECODER_LIST = String.join(",", DECODERS.values());

  private Formats() {}

  /** The decoder of a codec, or an empty name if the codec is not decoded. */
  static String decoderOf(int codec) {
    return DECODERS.getOrDefault(codec, "");
  }
}
