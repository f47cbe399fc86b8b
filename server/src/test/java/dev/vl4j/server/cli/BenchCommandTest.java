package dev.vl4j.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.Reranker;
import dev.vl4j.server.cli.CommandLineHarness.Outcome;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BenchCommandTest {
  private static Outcome bench(String arguments) {
    return CommandLineHarness.run("", ModelOpener::inProcess, ("bench " + arguments).split(" "));
  }

  private static List<String> rows(Outcome outcome) {
    assertThat(outcome.code()).as(outcome.err()).isZero();
    return outcome.out().lines().filter(line -> line.matches(" +[0-9].*")).toList();
  }

  private static double cell(String row, int column) {
    return Double.parseDouble(row.strip().split(" +", -1)[column]);
  }

  @Test
  void aLineForEachSize() {
    Outcome outcome =
        bench(
            "demo --documents 3 --rounds 2 --warm-up 1 --tokens 5 --tokens 25 --image 96x64 --dtype f32");
    List<String> rows = rows(outcome);
    assertThat(rows).hasSize(3);
    assertThat(rows.get(0)).endsWith("texts of 5 tokens");
    assertThat(rows.get(1)).endsWith("texts of 25 tokens");
    assertThat(rows.get(2)).endsWith("images of 96x64 pixels (JPEG)");
    assertThat(cell(rows.get(1), 1) - cell(rows.get(0), 1)).isEqualTo(20);
    assertThat(rows)
        .allSatisfy(row -> {
          assertThat(cell(row, 0)).isEqualTo(3);
          assertThat(cell(row, 3)).isPositive();
        });
    assertThat(outcome.out())
        .contains("model    demo", "dtype    f32", "memory   ", "Java's heap", "2 rounds");
  }

  @Test
  void bothKindsByDefault() {
    assertThat(rows(bench("demo --documents 1 --rounds 1 --warm-up 0")))
        .satisfiesExactly(
            row -> assertThat(row).endsWith("texts of 128 tokens"),
            row -> assertThat(row).endsWith("images of 512x512 pixels (JPEG)"));
    assertThat(rows(bench("demo --documents 1 --rounds 1 --warm-up 0 --image 64x64"))).hasSize(1);
  }

  @Test
  void documentsHaveTheirSizesAndDiffer() throws IOException {
    try (Reranker model = Reranker.openDemo()) {
      BenchDocuments documents = new BenchDocuments(model::tokenize);
      for (int tokens : new int[] {1, 2, 17, 300}) {
        String text = documents.text(tokens, 0, 0);
        assertThat(model.tokenize(text)).hasSize(tokens);
        assertThat(documents.text(tokens, 0, 0)).isEqualTo(text);
      }
      assertThat(documents.text(40, 1, 2)).isNotEqualTo(documents.text(40, 1, 3));
      assertThat(documents.text(40, 1, 2)).isNotEqualTo(documents.text(40, 2, 2));
      assertThat(documents.query(1)).isNotEqualTo(documents.query(2));
      byte[] jpeg = documents.jpeg(new ImageSize(50, 31), 0, 0);
      BufferedImage image = ImageIO.read(new ByteArrayInputStream(jpeg));
      assertThat(new ImageSize(image.getWidth(), image.getHeight()))
          .isEqualTo(new ImageSize(50, 31));
      assertThat(documents.jpeg(new ImageSize(50, 31), 0, 1)).isNotEqualTo(jpeg);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "no-such-model-directory",
        "demo --documents 0",
        "demo --rounds 0",
        "demo --warm-up -1",
        "demo --tokens 0",
        "demo --image 0x5",
        "demo --image 5",
        "demo --image 99999x5",
        "demo --tokens 100000 --documents 1",
      })
  void refusalsAreOneLine(String arguments) {
    Outcome outcome = bench(arguments);
    assertThat(outcome.code()).as(outcome.err()).isEqualTo(2);
    assertThat(outcome.err().lines()).hasSize(1);
  }
}
