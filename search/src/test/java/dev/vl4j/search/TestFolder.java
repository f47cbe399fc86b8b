package dev.vl4j.search;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.imageio.ImageIO;

/** A folder of texts and pictures, old enough that its files' times can be trusted. */
record TestFolder(Path path) {
  private static final FileTime LONG_AGO = FileTime.fromMillis(1_600_000_000_000L);

  void text(String name, String text) {
    bytes(name, text.getBytes(StandardCharsets.UTF_8));
  }

  void bytes(String name, byte[] bytes) {
    try {
      Path file = path.resolve(name);
      Files.createDirectories(file.getParent());
      Files.write(file, bytes);
      Files.setLastModifiedTime(file, LONG_AGO);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void picture(String name, Color color) {
    picture(name, color, 40, 30);
  }

  void picture(String name, Color color, int width, int height) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        image.setRGB(x, y, x < width / 2 ? color.getRGB() : 0xffffff);
      }
    }
    try {
      Path file = path.resolve(name);
      Files.createDirectories(file.getParent());
      ImageIO.write(image, "png", file.toFile());
      Files.setLastModifiedTime(file, LONG_AGO);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** All that an index holds, each entry with its vector's bits, in an order of its own. */
  static Map<String, List<Object>> everything(Path index) {
    Map<String, List<Object>> everything = new TreeMap<>();
    try (SearchIndex opened = SearchIndex.open(index)) {
      for (String path : opened.paths()) {
        everything.put(path, List.of());
        for (IndexedEntry indexed : opened.entries(path)) {
          Entry entry = indexed.entry();
          List<Object> all = new ArrayList<>();
          all.add(entry.kind());
          all.add(entry.span() == null ? "" : entry.span());
          all.add(entry.text() == null ? "" : entry.text());
          all.add(entry.preview() == null ? 0 : Arrays.hashCode(entry.preview()));
          for (float number : indexed.vector()) {
            all.add(Float.floatToRawIntBits(number));
          }
          List<Object> before = everything.put(path + " " + entry.number(), all);
          if (before != null) {
            throw new AssertionError("twice: " + path + " " + entry.number());
          }
        }
      }
    }
    return everything;
  }
}
