package dev.vl4j.server.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The pixels of an image in both directions, written 640x480. */
record ImageSize(int width, int height) {
  private static final int LARGEST = 16384;

  @Override
  public String toString() {
    return width + "x" + height;
  }

  /** Reads a size from the command line. */
  static final class Converter implements ITypeConverter<ImageSize> {
    private static final Pattern SIZE = Pattern.compile("([0-9]{1,5})[xX]([0-9]{1,5})");

    @Override
    public ImageSize convert(String value) {
      Matcher size = SIZE.matcher(value);
      if (size.matches()) {
        int width = Integer.parseInt(size.group(1));
        int height = Integer.parseInt(size.group(2));
        if (Math.min(width, height) >= 1 && Math.max(width, height) <= LARGEST) {
          return new ImageSize(width, height);
        }
      }
      throw new TypeConversionException(
          "expected a size such as 640x480, %d at most, found %s".formatted(LARGEST, value));
    }
  }
}
