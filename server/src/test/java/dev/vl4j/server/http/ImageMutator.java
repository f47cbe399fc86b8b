package dev.vl4j.server.http;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;

/** Files of pictures, most of them broken: flipped bytes, cut ends, sizes that are not true. */
final class ImageMutator {
  private static final String WEBP =
      "UklGRoYBAABXRUJQVlA4IHoBAACwCQCdASolAB0APmUmjkWkIiEarf4AQAZEtQBOnKCrbv6+u8M3ye2Gd3C6tksP"
          + "pqvbFAbrbMzDLV0bAz7/pC7WVfpkmPXGr+r7UCdww6RQlRfsGY5QgAD8ywnZF8eUoTfijLtYEDbECCbJXhlF1TvF"
          + "F72V1pTEQN8CJozJ99jIV4uAHnsT5/cSV78u9obFGbuPskAL3fv//rcTG9Yhx7HKB64MuxW5uZRReTbLiF0fSUox"
          + "GNd7PFb9ACCGWvjaGBa7Jct3q/BgnWD/4SumMqrpB/ZtRdFjrx6w0K+La2CQL+qudtSE4E5SgOPrjymeNUNaCi9U"
          + "uYtgwQrqnpf01oTPVPs3W1NfUZk7eAajDGewmNDWX5NYDTTH6YT+H7n/vr0Q6tj5pjei2qNwsG8SoNpUmwZraxJc"
          + "sh8VQ5ORu2rGM15hQy1umWn4yMvPGaVJ8mkpqb6sLtb6WlcSlVnY2QJ+IoHgCPc+0b1hoK2b9lr+u84U9dNXEc5g"
          + "AAA=";
  private static final int[] SIZES = {
    0, 1, 255, 4096, 13_000, 65_535, 1 << 24, Integer.MAX_VALUE, -1
  };

  private final Random random;
  private final List<byte[]> files = new ArrayList<>();

  ImageMutator(Random random) {
    this.random = random;
    for (String format : List.of("png", "jpeg", "gif", "bmp", "tiff")) {
      files.add(drawn(format));
    }
    files.add(Base64.getDecoder().decode(WEBP));
  }

  private static byte[] drawn(String format) {
    BufferedImage image = new BufferedImage(20, 14, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 200; i++) {
      image.setRGB(i % 20, i / 20, 0x10203 * i);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      if (!ImageIO.write(image, format, out)) {
        throw new AssertionError("this JDK writes no " + format);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  /** The URL of a picture; now and then the URL itself is broken, too. */
  String url() {
    byte[] file = files.get(random.nextInt(files.size())).clone();
    for (int left = random.nextInt(4); left > 0; left--) {
      file = mutate(file);
    }
    String url =
        "data:image/%s;base64,".formatted(random.nextBoolean() ? "png" : "x")
            + Base64.getEncoder().encodeToString(file);
    return switch (random.nextInt(12)) {
      case 0 -> url.substring(0, random.nextInt(url.length()));
      case 1 -> url.replace('A', "-_= \\u00e9%".charAt(random.nextInt(6)));
      case 2 ->
          List.of("http://[::1", "file:///etc/passwd", "FILE:", "data:,", "data:;base64,=", "")
              .get(random.nextInt(6));
      default -> url;
    };
  }

  private byte[] mutate(byte[] file) {
    int at = random.nextInt(file.length);
    switch (random.nextInt(6)) {
      case 0 -> file[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> file[at % Math.min(file.length, 64)] = (byte) random.nextInt(256); // the head
      case 2 -> {
        return Arrays.copyOf(file, 1 + at);
      }
      case 3 -> size(file);
      case 4 -> {
        byte[] longer = Arrays.copyOf(file, file.length + random.nextInt(2000));
        random.nextBytes(longer);
        System.arraycopy(file, 0, longer, 0, at);
        return longer;
      }
      default -> {
        for (int i = at; i < Math.min(file.length, at + 4); i++) {
          file[i] = (byte) (random.nextBoolean() ? 0xff : 0);
        }
      }
    }
    return file;
  }

  /** Says another size in the file's head; PNG's checksum is made right again. */
  private void size(byte[] file) {
    ByteBuffer head = ByteBuffer.wrap(file);
    int width = SIZES[random.nextInt(SIZES.length)];
    int height = SIZES[random.nextInt(SIZES.length)];
    String magic = new String(file, 0, Math.min(4, file.length), StandardCharsets.ISO_8859_1);
    if (magic.equals("\u0089PNG") && file.length > 33) {
      head.putInt(16, width).putInt(20, height);
      CRC32 checksum = new CRC32();
      checksum.update(file, 12, 17);
      head.putInt(29, (int) checksum.getValue());
    } else if (magic.startsWith("GIF8") && file.length > 10) {
      head.putShort(6, (short) width).putShort(8, (short) height);
    } else if (magic.startsWith("BM") && file.length > 26) {
      head.putInt(18, Integer.reverseBytes(width)).putInt(22, Integer.reverseBytes(height));
    } else {
      frame(head, width, height);
    }
  }

  /** A JPEG's first frame; other files change somewhere in their middle. */
  private void frame(ByteBuffer file, int width, int height) {
    for (int at = 0; at + 9 < file.limit(); at++) {
      if ((file.get(at) & 0xff) == 0xff && (file.get(at + 1) & 0xfe) == 0xc0) {
        file.putShort(at + 5, (short) height).putShort(at + 7, (short) width);
        return;
      }
    }
    if (file.limit() > 40) {
      file.putInt(8 + random.nextInt(file.limit() - 16), width);
    }
  }
}
