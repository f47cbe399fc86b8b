package dev.vl4j.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The weight [outFeatures, inFeatures] of a linear layer.
 *
 * @param name layer and shape: {@code 2b-qkv-4096x2048}
 */
record LayerShape(String name, int outFeatures, int inFeatures) {
  private static final Pattern SIZES = Pattern.compile("(?:.*-)?(\\d+)x(\\d+)");

  /** The layers of the 2B model's language model. */
  static final List<LayerShape> SMALL =
      List.of(
          named("2b-qkv-4096x2048"),
          named("2b-o-2048x2048"),
          named("2b-gateup-12288x2048"),
          named("2b-down-2048x6144"));

  /** The layers of the 8B model's language model. */
  static final List<LayerShape> LARGE =
      List.of(
          named("8b-qkv-6144x4096"),
          named("8b-o-4096x4096"),
          named("8b-gateup-24576x4096"),
          named("8b-down-4096x12288"));

  /** The layers of the 2B model's vision tower. */
  static final List<LayerShape> VISION =
      List.of(
          named("vision-qkv-3072x1024"),
          named("vision-proj-1024x1024"),
          named("vision-fc1-4096x1024"),
          named("vision-fc2-1024x4096"));

  /** A shape whose name ends in its sizes; {@code 6144x2048} alone is a name too. */
  static LayerShape named(String name) {
    Matcher sizes = SIZES.matcher(name);
    if (!sizes.matches()) {
      throw new IllegalArgumentException(
          "shape: expected 2b, 8b, vision, all or OUTxIN, found \"%s\"".formatted(name));
    }
    return new LayerShape(name, Integer.parseInt(sizes.group(1)), Integer.parseInt(sizes.group(2)));
  }

  /** The shapes of a list such as {@code 2b}, {@code all} or {@code 2b,6144x2048}. */
  static List<LayerShape> list(String names) {
    List<LayerShape> shapes = new ArrayList<>();
    for (String name : names.split(",", -1)) {
      switch (name.toLowerCase(Locale.ROOT)) {
        case "2b" -> shapes.addAll(SMALL);
        case "8b" -> shapes.addAll(LARGE);
        case "vision" -> shapes.addAll(VISION);
        case "all" -> {
          shapes.addAll(SMALL);
          shapes.addAll(LARGE);
          shapes.addAll(VISION);
        }
        default -> shapes.add(named(name));
      }
    }
    return shapes;
  }
}
