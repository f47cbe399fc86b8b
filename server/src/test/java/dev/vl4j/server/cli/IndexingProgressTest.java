package dev.vl4j.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.search.FileFailure;
import dev.vl4j.search.IndexReport;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class IndexingProgressTest {
  private long now;

  @Test
  void saysHowFarItIs() {
    IndexingProgress progress = new IndexingProgress(() -> now);
    assertThat(progress.describe()).isEqualTo("looking through the folder");
    progress.begins(5, 100);
    assertThat(progress.describe()).isEqualTo("indexing 100 files");
    now += TimeUnit.SECONDS.toNanos(10);
    for (int i = 0; i < 20; i++) {
      progress.fileDone("a", 3);
    }
    assertThat(progress.describe()).isEqualTo("indexing, 20/100 files, 6.0 vectors/s, 40 s left");
    progress.failed(new FileFailure("b", "broken"));
    assertThat(progress.describe())
        .isEqualTo("indexing, 20/100 files, 1 failed, 6.0 vectors/s, 40 s left");
    IndexReport report =
        new IndexReport(15, 4, 80, 2, 7, 1, 60, List.of(new FileFailure("b", "broken")), true);
    assertThat(progress.summary(report))
        .isEqualTo(
            "15 files added, 4 changed, 80 unchanged, 2 removed, 1 failed, 7 of other kinds, 1 links"
                + " to folders not followed; 60 vectors, 6.0/s");
  }
}
