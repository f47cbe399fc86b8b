package dev.vl4j.fuzz;

import dev.vl4j.engine.ImageSource;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.vision.ImageDecoder;
import dev.vl4j.engine.vision.RgbImage;
import java.util.List;
import java.util.stream.Stream;

/** Image files, a target for each format so that each gets its share of the time. */
final class ImageTargets {
  /** The first bytes, which tell the format; a mutation of them would only be another target's. */
  private record Format(String name, byte[] magic) {}

  private static final String ODD = "engine/src/test/resources/fixtures/odd-images/";

  private ImageTargets() {}

  static List<Target> all() {
    return Stream.of(
            new Format("png", bytes(0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n')),
            new Format("jpeg", bytes(0xff, 0xd8, 0xff)),
            new Format("gif", bytes('G', 'I', 'F', '8')),
            new Format("bmp", bytes('B', 'M')),
            new Format("tiff", bytes()),
            new Format("webp", bytes('R', 'I', 'F', 'F')))
        .map(format ->
            Target.of(format.name(), input -> decode(input, format.magic()))
                .from(ODD + format.name()))
        .toList();
  }

  private static void decode(byte[] input, byte[] magic) {
    byte[] file = input.clone();
    System.arraycopy(magic, 0, file, 0, Math.min(magic.length, file.length));
    try {
      RgbImage image = ImageDecoder.decode(new ImageSource.Encoded(file, "document 3, image 1"));
      if (image.samples().length != 3 * image.width() * image.height()) {
        throw new AssertionError("samples are missing");
      }
    } catch (InvalidRequestException e) {
      CheckpointTargets.refused(e, file);
    } catch (OverloadedException e) {
      // Large images may find the memory taken.
    }
  }

  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }
}
