package com.example.pictures;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.Embedder;
import dev.vl4j.engine.Reranker;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FolderSearchTest {
  private static final String QUESTION = "a red circle";

  @TempDir private static Path folder;

  @BeforeAll
  static void fill() throws IOException {
    draw("red.png", Color.RED);
    draw("blue.png", Color.BLUE);
    draw("green.png", Color.GREEN);
    Files.writeString(folder.resolve("spoon.txt"), "A spoon is for eating soup.");
    Files.writeString(folder.resolve("capital.txt"), "The capital of France is Paris.");
    Files.writeString(folder.resolve("notes.md"), "No text of this program's.");
  }

  private static void draw(String name, Color color) throws IOException {
    BufferedImage image = new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, 64, 64);
    graphics.setColor(color);
    graphics.fillOval(8, 8, 48, 48);
    graphics.dispose();
    ImageIO.write(image, "png", folder.resolve(name).toFile());
  }

  @Test
  void theBestPictureComesFirstWithTheEnginesScore() throws IOException {
    try (Embedder embedder = Embedder.openDemo();
        Reranker reranker = Reranker.openDemo();
        FolderSearch search = new FolderSearch(folder, embedder, reranker)) {
      List<FolderSearch.Hit> hits = search.search(QUESTION, 3);
      assertThat(hits).hasSize(3);
      Content red = Content.image(folder.resolve("red.png"));
      float score = (float) reranker.score(Content.text(QUESTION), List.of(red))[0];
      assertThat(hits.getFirst()).isEqualTo(new FolderSearch.Hit("red.png", score));
    }
  }

  @Test
  void theProgramPrintsWhatItFinds() throws IOException {
    PrintStream before = System.out;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      FolderSearch.main(new String[] {folder.toString(), QUESTION});
    } finally {
      System.setOut(before);
    }
    assertThat(printed.toString(StandardCharsets.UTF_8).lines())
        .hasSize(3)
        .first()
        .asString()
        .matches("0[.]\\d+  red.png");
  }
}
