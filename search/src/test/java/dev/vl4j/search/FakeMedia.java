package dev.vl4j.search;

import dev.vl4j.engine.media.MediaException;
import dev.vl4j.engine.media.MediaGuard;
import dev.vl4j.engine.media.OpenPages;
import dev.vl4j.engine.media.OpenVideo;
import dev.vl4j.engine.media.PageRenderer;
import dev.vl4j.engine.media.VideoDecoder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Libraries of media whose files are words: {@code fake 3 40} are three pages, or frames, the first
 * of the gray 40, each next one brighter by 20.
 */
final class FakeMedia {
  private FakeMedia() {}

  private record Words(int count, int gray) {
    static Words of(byte[] file) throws MediaException {
      String[] words = new String(file, StandardCharsets.UTF_8).split(" ", -1);
      if (words.length != 3 || !words[0].equals("fake")) {
        throw new MediaException("it is broken");
      }
      return new Words(Integer.parseInt(words[1]), Integer.parseInt(words[2]));
    }

    static byte[] read(Path file) throws MediaException {
      try {
        return Files.readAllBytes(file);
      } catch (IOException e) {
        throw new MediaException("it cannot be read", e);
      }
    }

    byte[] samples(int index, int width, int height) {
      byte[] samples = new byte[3 * width * height];
      Arrays.fill(samples, (byte) (gray + 20 * index));
      return samples;
    }
  }

  /** Draws pages. */
  public static final class Renderer implements PageRenderer {
    @Override
    public String name() {
      return "fake pages";
    }

    @Override
    public OpenPages open(Path file, MediaGuard guard) throws MediaException {
      return open(Words.read(file), guard);
    }

    @Override
    public OpenPages open(byte[] file, MediaGuard guard) throws MediaException {
      Words words = Words.of(file);
      return new OpenPages() {
        @Override
        public int pages() {
          return words.count();
        }

        @Override
        public PageSize size(int page) {
          return new PageSize(72, 36);
        }

        @Override
        public byte[] render(int page, int width, int height) {
          return words.samples(page, width, height);
        }

        @Override
        public void close() {}
      };
    }
  }

  /** Decodes videos. */
  public static final class Decoder implements VideoDecoder {
    @Override
    public String name() {
      return "fake videos";
    }

    @Override
    public OpenVideo open(Path file, MediaGuard guard) throws MediaException {
      return open(Words.read(file), guard);
    }

    @Override
    public OpenVideo open(byte[] file, MediaGuard guard) throws MediaException {
      Words words = Words.of(file);
      return new OpenVideo() {
        @Override
        public int width() {
          return 96;
        }

        @Override
        public int height() {
          return 64;
        }

        @Override
        public long frames() {
          return words.count();
        }

        @Override
        public double framesPerSecond() {
          return 2;
        }

        @Override
        public void read(long[] wanted, FrameSink sink) {
          Arrays.stream(wanted)
              .distinct()
              .forEach(frame -> sink.accept(frame, words.samples((int) frame, 96, 64)));
        }

        @Override
        public void close() {}
      };
    }
  }
}
