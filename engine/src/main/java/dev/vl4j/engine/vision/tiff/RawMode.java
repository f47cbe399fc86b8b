package dev.vl4j.engine.vision.tiff;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How the pixels of a row lie in the file: what Pillow calls a raw mode, by Pillow's names.
 *
 * @param name the raw mode's name
 * @param mode Pillow's mode
 * @param bits of one pixel in the file
 * @param unpacker takes the pixels of a row apart
 */
record RawMode(String name, PillowMode mode, int bits, Unpacker unpacker) {
  private static final Map<String, RawMode> BY_NAME = new HashMap<>();

  static {
    packed("1", PillowMode.GRAY, 1, 255, "", "I", "R", "IR");
    packed("L;2", PillowMode.GRAY, 2, 85, "", "I", "R", "IR");
    packed("L;4", PillowMode.GRAY, 4, 17, "", "I", "R", "IR");
    packed("L", PillowMode.GRAY, 8, 1, "", "I", "R");
    packed("P;1", PillowMode.PALETTE, 1, 1, "");
    packed("P;2", PillowMode.PALETTE, 2, 1, "");
    packed("P;4", PillowMode.PALETTE, 4, 1, "");
    packed("P", PillowMode.PALETTE, 8, 1, "", "R");
    picked("PX", PillowMode.PALETTE, 2, 0);
    picked("PA", PillowMode.PALETTE_ALPHA, 2, 0, 1);
    picked("LA", PillowMode.GRAY_ALPHA, 2, 0, 1);

    picked("RGB", PillowMode.RGB, 3, 0, 1, 2);
    add("RGB;R", PillowMode.RGB, 24, Unpacker.reversed(3));
    picked("RGBX", PillowMode.RGB, 4, 0, 1, 2);
    picked("RGBXX", PillowMode.RGB, 5, 0, 1, 2);
    picked("RGBXXX", PillowMode.RGB, 6, 0, 1, 2);
    picked("RGBA", PillowMode.RGBA, 4, 0, 1, 2, 3);
    picked("RGBAX", PillowMode.RGBA, 5, 0, 1, 2, 3);
    picked("RGBAXX", PillowMode.RGBA, 6, 0, 1, 2, 3);
    add("RGBa", PillowMode.RGBA, 32, Unpacker.premultiplied(4, 0, 1, 2, 3));
    add("RGBaX", PillowMode.RGBA, 40, Unpacker.premultiplied(5, 0, 1, 2, 3));
    add("RGBaXX", PillowMode.RGBA, 48, Unpacker.premultiplied(6, 0, 1, 2, 3));
    picked("CMYK", PillowMode.CMYK, 4, 0, 1, 2, 3);
    picked("CMYKX", PillowMode.CMYK, 5, 0, 1, 2, 3);
    picked("CMYKXX", PillowMode.CMYK, 6, 0, 1, 2, 3);
    add("LAB", PillowMode.LAB, 24, Unpacker.lab());

    // Of 16 bits a sample the high byte is kept: the second one in little-endian order.
    for (String order : new String[] {"L", "B"}) {
      int high = order.equals("L") ? 1 : 0;
      String depth = ";16" + order;
      picked("RGB" + depth, PillowMode.RGB, 6, high, high + 2, high + 4);
      picked("RGBX" + depth, PillowMode.RGB, 8, high, high + 2, high + 4);
      picked("RGBA" + depth, PillowMode.RGBA, 8, high, high + 2, high + 4, high + 6);
      add(
          "RGBa" + depth,
          PillowMode.RGBA,
          64,
          Unpacker.premultiplied(8, high, high + 2, high + 4, high + 6));
      picked("CMYK" + depth, PillowMode.CMYK, 8, high, high + 2, high + 4, high + 6);
    }

    add("I;12", PillowMode.GRAY, 12, Unpacker.gray12());
    add("I;16", PillowMode.GRAY, 16, Unpacker.gray16(false));
    add("I;16B", PillowMode.GRAY, 16, Unpacker.gray16(true));
    add("I;16R", PillowMode.GRAY, 16, Unpacker.gray16Reversed());
    add("I;16S", PillowMode.GRAY, 16, Unpacker.gray16Signed(false));
    add("I;16BS", PillowMode.GRAY, 16, Unpacker.gray16Signed(true));
    add("I;32", PillowMode.GRAY, 32, Unpacker.gray32(false));
    add("I;32BS", PillowMode.GRAY, 32, Unpacker.gray32(true));
    add("F;32F", PillowMode.GRAY, 32, Unpacker.grayFloat(false));
    add("F;32BF", PillowMode.GRAY, 32, Unpacker.grayFloat(true));
  }

  private static void add(String name, PillowMode mode, int bits, Unpacker unpacker) {
    BY_NAME.put(name, new RawMode(name, mode, bits, unpacker));
  }

  private static void picked(String name, PillowMode mode, int step, int... offsets) {
    add(name, mode, 8 * step, Unpacker.picked(step, offsets));
  }

  private static void packed(String base, PillowMode mode, int bits, int scale, String... flags) {
    for (String flag : flags) {
      String name = flag.isEmpty() ? base : base + (base.contains(";") ? "" : ";") + flag;
      boolean inverted = flag.startsWith("I");
      boolean reversed = flag.endsWith("R");
      add(name, mode, bits, Unpacker.packed(bits, scale, inverted, reversed));
    }
  }

  /** A raw mode by its name, or null if Pillow's table names one that it cannot unpack. */
  static @Nullable RawMode named(String name) {
    return BY_NAME.get(name);
  }

  /** Pillow's mode for a raw mode of any name that {@link #of} gives. */
  static PillowMode modeOf(String name) {
    String base = name.split(";", 2)[0];
    return switch (base) {
      case "LA" -> PillowMode.GRAY_ALPHA;
      case "P", "PX" -> PillowMode.PALETTE;
      case "PA" -> PillowMode.PALETTE_ALPHA;
      case "RGB", "RGBX", "RGBXX", "RGBXXX" -> PillowMode.RGB;
      case "RGBA", "RGBAX", "RGBAXX", "RGBa", "RGBaX", "RGBaXX" -> PillowMode.RGBA;
      case "CMYK", "CMYKX", "CMYKXX" -> PillowMode.CMYK;
      case "LAB" -> PillowMode.LAB;
      default -> PillowMode.GRAY;
    };
  }

  /**
   * The raw mode of one band where each band has a plane of its own.
   *
   * @param bits of a sample: 8, or 16 in little-endian order
   */
  static RawMode band(PillowMode mode, int band, int bits) {
    // Pillow keeps gray in three bytes before alpha, so it loses the alpha of a plane of its own.
    boolean lost = mode.bands == 2 && band == 1;
    Unpacker unpacker =
        lost ? (in, from, out, to, pixels) -> {} : Unpacker.band(mode.channels, band, bits / 8);
    return new RawMode("band " + band, mode, bits, unpacker);
  }

  /**
   * The name of the raw mode in which Pillow opens an image, or null if it does not.
   *
   * @param photometric how samples are meant
   * @param sampleFormat 1 unsigned, 2 signed, 3 floating point
   * @param fillOrder 1 or 2
   * @param bits of each sample
   * @param extra the kinds of the samples that are no colours
   */
  static @Nullable String of(
      boolean bigEndian,
      int photometric,
      int sampleFormat,
      int fillOrder,
      int[] bits,
      int[] extra) {
    if ((photometric == 0 || photometric == 1) && bits.length == 1 && extra.length == 0) {
      return gray(bigEndian, photometric == 0, sampleFormat, fillOrder, bits[0]);
    }
    if (sampleFormat != 1 || (fillOrder != 1 && fillOrder != 2) || !uniform(bits)) {
      return null;
    }
    String layout = bits.length + "x" + bits[0] + (extra.length == 0 ? "" : kinds(extra));
    if (fillOrder == 2) {
      return switch (photometric + ":" + layout) {
        case "2:3x8" -> "RGB;R";
        case "3:1x1", "3:1x2", "3:1x4" -> "P;" + bits[0] + "R";
        case "3:1x8" -> "P;R";
        default -> null;
      };
    }
    String depth = bits[0] == 16 ? (bigEndian ? ";16B" : ";16L") : "";
    return switch (photometric + ":" + layout) {
      case "1:2x8+2" -> "LA";
      case "2:3x8", "2:3x16" -> "RGB" + depth;
      case "2:4x8", "2:4x16", "2:4x8+2", "2:4x16+2", "2:4x8+999" -> "RGBA" + depth;
      case "2:4x8+0", "2:4x16+0" -> "RGBX" + depth;
      case "2:4x8+1", "2:4x16+1" -> "RGBa" + depth;
      case "2:5x8+0+0" -> "RGBXX";
      case "2:6x8+0+0+0" -> "RGBXXX";
      case "2:5x8+1+0" -> "RGBaX";
      case "2:6x8+1+0+0" -> "RGBaXX";
      case "2:5x8+2+0" -> "RGBAX";
      case "2:6x8+2+0+0" -> "RGBAXX";
      case "3:1x1", "3:1x2", "3:1x4" -> "P;" + bits[0];
      case "3:1x8" -> "P";
      case "3:2x8+0" -> "PX";
      case "3:2x8+2" -> "PA";
      case "5:4x8", "5:4x16" -> "CMYK" + depth;
      case "5:5x8+0" -> "CMYKX";
      case "5:6x8+0+0" -> "CMYKXX";
      case "6:1x8" -> "L";
      case "6:3x8" -> "RGBX";
      case "8:3x8" -> "LAB";
      default -> null;
    };
  }

  private static @Nullable String gray(
      boolean bigEndian, boolean inverted, int sampleFormat, int fillOrder, int bits) {
    String flags = (inverted ? "I" : "") + (fillOrder == 2 ? "R" : "");
    String suffix = flags.isEmpty() ? "" : ";" + flags;
    if (fillOrder != 1 && fillOrder != 2) {
      return null;
    }
    if (sampleFormat == 1 && bits <= 8) {
      return switch (bits) {
        case 1 -> "1" + suffix;
        case 2, 4 -> "L;" + bits + flags;
        case 8 -> "L" + suffix;
        default -> null;
      };
    }
    if (sampleFormat == 3 && bits == 32 && fillOrder == 1) {
      return bigEndian ? "F;32BF" : "F;32F";
    }
    String order = bigEndian ? "BE" : "LE";
    return switch (order + ":" + sampleFormat + ":" + bits + flags) {
      case "LE:2:8", "BE:2:8" -> "L";
      case "LE:1:12" -> "I;12";
      case "LE:1:16", "LE:1:16I" -> "I;16";
      case "LE:1:16R" -> "I;16R";
      case "BE:1:16" -> "I;16B";
      case "LE:2:16" -> "I;16S";
      case "BE:2:16" -> "I;16BS";
      case "LE:1:32", "LE:2:32" -> "I;32";
      case "BE:2:32" -> "I;32BS";
      default -> null;
    };
  }

  private static boolean uniform(int[] bits) {
    for (int b : bits) {
      if (b != bits[0]) {
        return false;
      }
    }
    return bits.length > 0;
  }

  private static String kinds(int[] extra) {
    StringBuilder kinds = new StringBuilder();
    for (int kind : extra) {
      kinds.append('+').append(kind);
    }
    return kinds.toString();
  }
}
