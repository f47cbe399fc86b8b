package dev.vl4j.server.cli;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import javax.imageio.ImageIO;

/** Queries and documents to measure with, the same in every run and different in every round. */
final class BenchDocuments {
  private static final List<String> WORDS =
      List.of(
          "the", "of", "and", "to", "in", "a", "is", "that", "for", "it", "as", "was", "with", "be",
          "by", "on", "not", "he", "his", "but", "at", "are", "this", "have", "from", "or", "had",
          "an", "they", "which", "one", "you", "were", "her", "all", "she", "there", "would",
          "their", "we", "him", "been", "has", "when", "who", "will", "more", "no", "if", "out",
          "so", "said", "what", "up", "its", "about", "into", "than", "them", "can", "only",
          "other", "new", "some");

  /** Pixels of a side of a field of one color, and how much its pixels differ from it. */
  private static final int FIELD = 24;

  private static final int NOISE = 16;

  /** Words with a blank before them, as they stand in a text, by the tokens that they come to. */
  private record Word(String text, int tokens) {}

  private final List<Word> words = new ArrayList<>();

  /**
   * @param tokenizer which tells how many tokens a word is
   */
  BenchDocuments(Function<String, int[]> tokenizer) {
    for (String word : WORDS) {
      words.add(new Word(" " + word, tokenizer.apply(" " + word).length));
    }
  }

  String query(int round) {
    return text(8, round, -1).strip();
  }

  /** A text of so many tokens, or one fewer where words of this tokenizer do not add up. */
  String text(int tokens, int round, int document) {
    Random random = random(round, document);
    StringBuilder text = new StringBuilder();
    int left = tokens;
    int misses = 0;
    while (left > 0 && misses < 1000) {
      Word word = words.get(random.nextInt(words.size()));
      if (word.tokens() <= left) {
        text.append(word.text());
        left -= word.tokens();
      } else {
        misses++;
      }
    }
    return text.toString();
  }

  /** An image of fields of random colors with some noise, as a JPEG file. */
  byte[] jpeg(ImageSize size, int round, int document) {
    Random random = random(round, document);
    BufferedImage image =
        new BufferedImage(size.width(), size.height(), BufferedImage.TYPE_INT_RGB);
    int[] colors = random.ints(Math.ceilDiv(size.width(), FIELD)).toArray();
    int[] row = new int[size.width()];
    for (int y = 0; y < size.height(); y++) {
      if (y % FIELD == 0) {
        colors = random.ints(colors.length).toArray();
      }
      for (int x = 0; x < row.length; x++) {
        row[x] = colors[x / FIELD] ^ random.nextInt(NOISE) * 0x010101;
      }
      image.setRGB(0, y, row.length, 1, row, 0, row.length);
    }
    try {
      ByteArrayOutputStream file = new ByteArrayOutputStream();
      boolean _ = ImageIO.write(image, "jpg", file);
      return file.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory takes everything
    }
  }

  private static Random random(int round, int document) {
    return new Random(31L * round + 1_000_003L * document);
  }
}
