package dev.vl4j.server.cli;

import dev.vl4j.engine.Content;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * One query of the demonstration. The right document is always the last, so that a ranking that
 * does nothing would fail.
 */
record DemoCase(Item query, List<Item> documents) {
  /** Text or picture. */
  record Item(String label, Content content) {
    static Item text(String text) {
      return new Item(text, Content.text(text));
    }

    /** A picture that the module carries, such as {@code red-circle}. */
    static Item picture(String name) {
      return new Item(
          "[picture: " + name.replace('-', ' ') + "]", Content.image(resource(name + ".png")));
    }

    private static byte[] resource(String name) {
      try (InputStream in = DemoCase.class.getResourceAsStream("demo/" + name)) {
        if (in == null) {
          throw new IllegalStateException("picture " + name + " is missing in the build");
        }
        return in.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  DemoCase {
    documents = List.copyOf(documents);
  }

  private static final String BEIJING = "The capital of China is Beijing.";
  private static final String GRAVITY =
      "Gravity is a force that attracts two bodies towards each other. It gives weight to physical"
          + " objects and is responsible for the movement of planets around the sun.";

  /** Position of the document that has to win. */
  int right() {
    return documents.size() - 1;
  }

  /** What the demonstration model is known to judge well. */
  static List<DemoCase> all() {
    return List.of(
        texts("What is the capital of China?", GRAVITY, "The capital of Peru is Lima.", BEIJING),
        texts(
            "a red bicycle",
            "Bees carry pollen from flower to flower and make honey from nectar.",
            "We saw a red car in the city.",
            "He sold a blue bicycle near the river.",
            "She bought a red bicycle at the market."),
        texts(
            "What is gravity?",
            BEIJING,
            "Inflation is a general rise of prices over time, which lowers what money can buy.",
            GRAVITY),
        pictures("a red circle", "yellow-triangle", "green-square", "blue-circle", "red-circle"),
        pictures("a blue square", "green-circle", "red-triangle", "orange-square", "blue-square"),
        pictures("something yellow", "black-square", "purple-circle", "yellow-circle"),
        new DemoCase(
            Item.picture("green-triangle"),
            List.of(
                Item.text("a blue square"),
                Item.text("a red circle"),
                Item.text("a green triangle"))));
  }

  private static DemoCase texts(String query, String... documents) {
    return new DemoCase(Item.text(query), List.of(documents).stream().map(Item::text).toList());
  }

  private static DemoCase pictures(String query, String... names) {
    return new DemoCase(Item.text(query), List.of(names).stream().map(Item::picture).toList());
  }
}
