package com.example.answers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.rag.AugmentationResult;
import dev.langchain4j.rag.content.ContentMetadata;
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

class FolderRetrievalTest {
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
        Reranker reranker = Reranker.openDemo()) {
      AugmentationResult answer = new FolderRetrieval(folder, embedder, reranker).ask(QUESTION);
      assertThat(answer.contents()).hasSize(3);
      assertThat(answer.contents().getFirst().textSegment().text()).isEqualTo("red.png");
      assertThat(answer.contents().getFirst().metadata().get(ContentMetadata.RERANKED_SCORE))
          .isEqualTo(
              reranker
                  .score(Content.text(QUESTION), List.of(Content.image(folder.resolve("red.png"))))[
                  0]);
      assertThat(((UserMessage) answer.chatMessage()).singleText())
          .startsWith(QUESTION)
          .contains("red.png");
    }
  }

  @Test
  void theProgramPrintsWhatItFinds() throws IOException {
    PrintStream before = System.out;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      FolderRetrieval.main(new String[] {folder.toString(), QUESTION});
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
