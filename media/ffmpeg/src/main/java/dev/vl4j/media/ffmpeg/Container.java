package dev.vl4j.media.ffmpeg;

import static org.bytedeco.ffmpeg.global.avcodec.AVDISCARD_ALL;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_unref;
import static org.bytedeco.ffmpeg.global.avformat.AV_DISPOSITION_ATTACHED_PIC;
import static org.bytedeco.ffmpeg.global.avformat.av_find_best_stream;
import static org.bytedeco.ffmpeg.global.avformat.av_read_frame;
import static org.bytedeco.ffmpeg.global.avformat.avformat_alloc_context;
import static org.bytedeco.ffmpeg.global.avformat.avformat_close_input;
import static org.bytedeco.ffmpeg.global.avformat.avformat_find_stream_info;
import static org.bytedeco.ffmpeg.global.avformat.avformat_open_input;
import static org.bytedeco.ffmpeg.global.avformat.avio_alloc_context;
import static org.bytedeco.ffmpeg.global.avformat.avio_context_free;
import static org.bytedeco.ffmpeg.global.avutil.AVERROR_EOF;
import static org.bytedeco.ffmpeg.global.avutil.AVMEDIA_TYPE_VIDEO;
import static org.bytedeco.ffmpeg.global.avutil.av_dict_free;
import static org.bytedeco.ffmpeg.global.avutil.av_dict_set;
import static org.bytedeco.ffmpeg.global.avutil.av_free;
import static org.bytedeco.ffmpeg.global.avutil.av_malloc;

import dev.vl4j.engine.media.MediaException;
import dev.vl4j.engine.media.MediaWork;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVIOContext;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerPointer;

/** A file as its demuxer sees it: packets of several streams, of which one is the video. */
final class Container implements AutoCloseable {
  private static final int BUFFER = 64 << 10;

  /** Each may have tables of its own that take memory before anything is decoded. */
  private static final String MOST_STREAMS = "32";

  private final FileAccess access;
  private final MediaWork work;
  private final Callbacks.Key key;
  private final AVIOContext io;
  private final AVFormatContext format;
  private AVStream video;

  Container(FileAccess access, MediaWork work) throws MediaException {
    this.access = access;
    this.work = work;
    key = Callbacks.register(access);
    io =
        avio_alloc_context(
            new BytePointer(av_malloc(BUFFER)),
            BUFFER,
            0,
            key,
            Callbacks.READ,
            null,
            Callbacks.SEEK);
    format = avformat_alloc_context();
    boolean opened = false;
    try {
      open();
      video = findVideo();
      opened = true;
    } finally {
      if (!opened) {
        close();
      }
    }
  }

  private void open() throws MediaException {
    format.pb(io);
    format.flags(format.flags() | AVFormatContext.AVFMT_FLAG_CUSTOM_IO);
    format.interrupt_callback().callback(Callbacks.INTERRUPT).opaque(key);
    AVDictionary options = new AVDictionary(null);
    av_dict_set(options, "format_whitelist", Formats.CONTAINERS, 0);
    av_dict_set(options, "codec_whitelist", Formats.DECODER_LIST, 0);
    // Of all protocols, none: whatever the file refers to is not opened.
    av_dict_set(options, "protocol_whitelist", "", 0);
    av_dict_set(options, "max_streams", MOST_STREAMS, 0);
    // A failure frees the format, and sets its address to 0.
    int status = avformat_open_input(format, (String) null, null, options);
    av_dict_free(options);
    access.rethrow();
    if (status < 0) {
      throw new MediaException(
          "it is broken, or no video in a container that is read, which are "
              + Formats.CONTAINERS_IN_WORDS);
    }
    findStreamInfo();
  }

  /** Reads on until codecs and rates are known, which decodes some frames. */
  private void findStreamInfo() throws MediaException {
    int streams = format.nb_streams();
    int status;
    try (PointerPointer<AVDictionary> options = new PointerPointer<>(Math.max(streams, 1))) {
      for (int i = 0; i < streams; i++) {
        AVDictionary limits = new AVDictionary(null);
        av_dict_set(limits, "max_pixels", Long.toString(work.maxPixels()), 0);
        av_dict_set(limits, "threads", "1", 0);
        options.put(i, limits);
      }
      status = avformat_find_stream_info(format, options);
      for (int i = 0; i < streams; i++) {
        AVDictionary left = options.get(AVDictionary.class, i);
        if (left != null) {
          av_dict_free(left);
        }
      }
    }
    access.rethrow();
    if (status < 0) {
      throw new MediaException("it is broken: what is in it cannot be told");
    }
  }

  private AVStream findVideo() throws MediaException {
    int index =
        av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, (PointerPointer<?>) null, 0);
    AVStream best = index < 0 ? null : format.streams(index);
    if (best == null || (best.disposition() & AV_DISPOSITION_ATTACHED_PIC) != 0) {
      throw new MediaException("there is no video in it");
    }
    for (int i = 0; i < format.nb_streams(); i++) {
      if (i != index) {
        format.streams(i).discard(AVDISCARD_ALL);
      }
    }
    return best;
  }

  AVStream video() {
    return video;
  }

  /** What callbacks about this file are given. */
  Callbacks.Key key() {
    return key;
  }

  /**
   * Reads the next packet of the video.
   *
   * @return whether there is one
   */
  boolean read(AVPacket packet) throws MediaException {
    while (true) {
      work.check();
      int status = av_read_frame(format, packet);
      access.rethrow();
      if (status == AVERROR_EOF) {
        return false;
      }
      if (status < 0) {
        throw new MediaException("it is broken in the middle: a part of it cannot be read");
      }
      if (packet.stream_index() == video.index()) {
        return true;
      }
      av_packet_unref(packet);
    }
  }

  @Override
  public void close() {
    if (!format.isNull()) {
      avformat_close_input(format);
    }
    av_free(io.buffer());
    avio_context_free(io);
    key.close();
  }
}
