package dev.vl4j.media.ffmpeg;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avformat.AVIOInterruptCB;
import org.bytedeco.ffmpeg.avformat.Read_packet_Pointer_BytePointer_int;
import org.bytedeco.ffmpeg.avformat.Seek_Pointer_long_int;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/**
 * The functions that FFmpeg calls. JavaCPP has room for ten of a kind only, so there is one of each
 * for the process, and FFmpeg tells it by a number whom it means.
 */
final class Callbacks {
  /**
   * Whom FFmpeg calls. Nothing may be thrown through FFmpeg's own functions: failures are kept, and
   * what is returned is an error of FFmpeg's.
   */
  interface Listener {
    /** Copies the next bytes of the file, and says how many. */
    int read(BytePointer target, int bytes);

    /** Goes to a place of the file, or says how long it is. */
    long seek(long offset, int whence);

    /** Whether to stop. */
    boolean interrupted();

    /** Gives a frame its memory. */
    int allocate(AVCodecContext codec, AVFrame frame, int flags);
  }

  private static final Map<Long, Listener> LISTENERS = new ConcurrentHashMap<>();
  private static final AtomicLong LAST_KEY = new AtomicLong();

  static final Read_packet_Pointer_BytePointer_int READ =
      new Read_packet_Pointer_BytePointer_int() {
        @Override
        public int call(Pointer opaque, BytePointer target, int bytes) {
          return of(opaque).read(target, bytes);
        }
      };

  static final Seek_Pointer_long_int SEEK =
      new Seek_Pointer_long_int() {
        @Override
        public long call(Pointer opaque, long offset, int whence) {
          return of(opaque).seek(offset, whence);
        }
      };

  static final AVIOInterruptCB.Callback_Pointer INTERRUPT =
      new AVIOInterruptCB.Callback_Pointer() {
        @Override
        public int call(Pointer opaque) {
          return of(opaque).interrupted() ? 1 : 0;
        }
      };

  static final AVCodecContext.Get_buffer2_AVCodecContext_AVFrame_int GET_BUFFER =
      new AVCodecContext.Get_buffer2_AVCodecContext_AVFrame_int() {
        @Override
        public int call(AVCodecContext codec, AVFrame frame, int flags) {
          return of(codec.opaque()).allocate(codec, frame, flags);
        }
      };

  private Callbacks() {}

  /** A number, where FFmpeg expects a pointer. */
  static final class Key extends Pointer {
    private Key(long number) {
      address = number;
    }

    /** Forgets whom it stands for. */
    @Override
    public void close() {
      LISTENERS.remove(address);
    }
  }

  static Key register(Listener listener) {
    long number = LAST_KEY.incrementAndGet();
    LISTENERS.put(number, listener);
    return new Key(number);
  }

  private static Listener of(Pointer opaque) {
    Listener listener = LISTENERS.get(opaque.address());
    if (listener == null) {
      throw new IllegalStateException("FFmpeg calls for a file that is closed");
    }
    return listener;
  }
}
