package dev.vl4j.bench.proof;

import dev.vl4j.bench.RequestWorker;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.loader.JsonFile;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import javax.imageio.ImageIO;
import tools.jackson.databind.json.JsonMapper;

/**
 * Seeded rerank requests, as files that both sides read. None shares a text or a picture with
 * another, and each instruction begins with the request's name, so that of a prompt only the system
 * message has been seen before.
 */
final class RequestFiles {
  private static final String INSTRUCTION =
      "Given a search query, retrieve relevant candidates that answer the query.";
  private static final String WORD = "\u0120[a-z]{2,}";

  /** Documents' lengths around their mean. */
  private static final double SPREAD = 0.25;

  /**
   * What a request has.
   *
   * @param queryTokens of the query's text, about
   * @param texts documents of text
   * @param tokens of a text document in the mean, about
   * @param pictures documents that are a JPEG file
   * @param side of a picture, in pixels
   */
  record Size(int queryTokens, int texts, int tokens, int pictures, int side) {}

  /** A request, and the file that it is in. */
  record Written(Path file, RerankRequest request) {}

  private final Path folder;
  private final List<String> words;

  /**
   * @param model its tokenizer's vocabulary has the words, each of which is one token
   */
  RequestFiles(Path folder, Path model) {
    this.folder = folder;
    words =
        JsonFile.read(model.resolve("tokenizer.json"))
            .section("model")
            .section("vocab")
            .keys()
            .stream()
            .filter(token -> token.matches(WORD))
            .map(token -> token.substring(1))
            .sorted()
            .toList();
  }

  /** Writes a request; its name is its seed. */
  Written write(String name, Size size) {
    Random random = new Random(name.hashCode());
    List<Map<String, String>> documents = new ArrayList<>();
    for (int i = 0; i < size.texts; i++) {
      // The lengths are those of the size, so that every request of it has as many tokens.
      double spread = 1 + SPREAD * (2.0 * i / Math.max(1, size.texts - 1) - 1);
      documents.add(Map.of("text", text(random, (int) Math.round(size.tokens * spread))));
    }
    for (int i = 0; i < size.pictures; i++) {
      Path file = folder.resolve("%s-%d.jpg".formatted(name, i));
      draw(random, size.side, file);
      documents.add(Map.of("image", file.toString()));
    }
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("instruction", "Request %s. %s".formatted(name, INSTRUCTION));
    request.put("query", Map.of("text", text(random, size.queryTokens)));
    request.put("documents", documents);
    Path file = folder.resolve(name + ".json");
    try {
      Files.writeString(file, JsonMapper.shared().writeValueAsString(request));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Written(file, RequestWorker.read(JsonFile.read(file)));
  }

  private String text(Random random, int count) {
    List<String> text = new ArrayList<>();
    for (int i = 0; i < Math.max(1, count); i++) {
      text.add(words.get(random.nextInt(words.size())));
    }
    return String.join(" ", text);
  }

  /** Shapes on a gradient: what a decoder has some work with. */
  private static void draw(Random random, int side, Path file) {
    BufferedImage image = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < side; y++) {
      for (int x = 0; x < side; x++) {
        image.setRGB(x, y, (x * 255 / side) << 16 | (y * 255 / side) << 8 | random.nextInt(64));
      }
    }
    Graphics2D graphics = image.createGraphics();
    for (int i = 0; i < 20; i++) {
      graphics.setColor(new Color(random.nextInt(1 << 24)));
      int size = 1 + random.nextInt(Math.max(1, side / 3));
      graphics.fillOval(random.nextInt(side), random.nextInt(side), size, size);
    }
    graphics.dispose();
    try {
      if (!ImageIO.write(image, "jpeg", file.toFile())) {
        throw new IOException("this Java writes no JPEG files");
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
