package dev.vl4j.fuzz;

import dev.vl4j.engine.DeadlineExceededException;
import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.media.MediaException;
import dev.vl4j.engine.media.MeteredGuard;
import dev.vl4j.engine.media.OpenPages;
import dev.vl4j.engine.media.OpenVideo;
import dev.vl4j.engine.media.PageRenderer;
import dev.vl4j.engine.media.VideoDecoder;
import dev.vl4j.media.ffmpeg.FfmpegDecoder;
import dev.vl4j.media.pdf.PdfBoxRenderer;
import java.time.Duration;
import java.util.List;

/** Videos and PDF files. */
final class MediaTargets {
  private static final Duration TIME = Duration.ofSeconds(10);

  /** So that a size that was invented is refused before it costs time. */
  private static final long MOST_PIXELS = 4 << 20;

  private static final long BUDGET = 512L << 20;

  private MediaTargets() {}

  static List<Target> all() {
    VideoDecoder decoder = new FfmpegDecoder();
    PageRenderer renderer = new PdfBoxRenderer();
    return List.of(
        Target.of("video", input -> video(decoder, input))
            .from("media/ffmpeg/src/test/resources/clips"),
        Target.of("pdf", input -> pages(renderer, input))
            .from("media/pdf/src/test/resources/pages"));
  }

  /** What is done with a file. */
  private interface Action {
    void run(MeteredGuard guard) throws MediaException;
  }

  private static void video(VideoDecoder decoder, byte[] input) {
    attempt(
        input,
        guard -> {
          try (OpenVideo video = decoder.open(input, guard)) {
            long last = video.frames() - 1;
            if (last < 0 || !(video.framesPerSecond() > 0)) {
              throw new AssertionError("no frames, or no rate");
            }
            int expected = 3 * video.width() * video.height();
            video.read(
                new long[] {0, last / 2, last},
                (frame, samples) -> {
                  if (samples.length != expected) {
                    throw new AssertionError("samples are missing");
                  }
                });
          }
        });
  }

  private static void pages(PageRenderer renderer, byte[] input) {
    attempt(
        input,
        guard -> {
          try (OpenPages pages = renderer.open(input, guard)) {
            if (pages.pages() < 1) {
              throw new AssertionError("no pages");
            }
            pages.size(pages.pages() - 1);
            if (pages.render(0, 61, 83).length != 3 * 61 * 83) {
              throw new AssertionError("samples are missing");
            }
          }
        });
  }

  private static void attempt(byte[] input, Action action) {
    MeteredGuard guard =
        new MeteredGuard().withTime(TIME).withMaxPixels(MOST_PIXELS).withBudget(BUDGET);
    try {
      action.run(guard);
    } catch (MediaException e) {
      CheckpointTargets.refused(e, input);
    } catch (OverloadedException | DeadlineExceededException e) {
      // What would take too much is stopped.
    }
    if (guard.held() != 0) {
      throw new AssertionError(guard.held() + " bytes are still held");
    }
  }
}
