package dev.vl4j.media.pdf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.media.MediaException;
import dev.vl4j.engine.media.MediaGuard;
import dev.vl4j.engine.media.MeteredGuard;
import dev.vl4j.engine.media.OpenPages;
import java.time.Duration;

/** First pages, drawn in this process or refused. */
final class Drawn {
  private Drawn() {}

  /** In 100 x 50 pixels. */
  static byte[] draw(byte[] file, MediaGuard guard) throws MediaException {
    return draw(file, 100, 50, guard);
  }

  static byte[] draw(byte[] file, int width, int height, MediaGuard guard) throws MediaException {
    try (OpenPages pages = new PdfBoxRenderer().open(file, guard)) {
      return pages.render(0, width, height);
    }
  }

  static void refused(Documents file, String reason) {
    refused(file.bytes(), reason);
  }

  static void refused(byte[] file, String reason) {
    MeteredGuard guard = new MeteredGuard().withTime(Duration.ofSeconds(60));
    assertThatThrownBy(() -> draw(file, guard))
        .isInstanceOf(MediaException.class)
        .hasMessageContaining(reason);
    assertThat(guard.held()).isZero();
  }
}
