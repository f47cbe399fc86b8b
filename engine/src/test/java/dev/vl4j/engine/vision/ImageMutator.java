package dev.vl4j.engine.vision;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32;

/** Changes files in the ways in which they break: bits, cuts, splices, lengths. */
final class ImageMutator {
  private static final int[] INTERESTING = {
    0, 1, 2, 3, 7, 8, 16, 100, 127, 128, 255, 256, 1000, 32_767, 65_535, Integer.MAX_VALUE, -1, -2
  };

  private final Random random;
  private final List<byte[]> files;

  ImageMutator(Random random, List<byte[]> files) {
    this.random = random;
    this.files = files;
  }

  /** A file that has been changed in one to four places. */
  byte[] next() {
    byte[] file = any().clone();
    for (int changes = 1 + random.nextInt(4); changes > 0 && file.length > 0; changes--) {
      file = changed(file);
    }
    return random.nextBoolean() ? withRightChecksums(file) : file;
  }

  private byte[] any() {
    return files.get(random.nextInt(files.size()));
  }

  private byte[] changed(byte[] file) {
    // Half of the changes hit the headers.
    int reach = random.nextBoolean() ? Math.min(64, file.length) : file.length;
    int at = random.nextInt(reach);
    switch (random.nextInt(8)) {
      case 0 -> file[at] ^= (byte) (1 << random.nextInt(8));
      case 1 -> file[at] = (byte) random.nextInt(256);
      case 2 -> number(file, at);
      case 3 -> {
        return Arrays.copyOf(file, at);
      }
      case 4 -> {
        return splice(file, at, new byte[0], Math.min(file.length, at + 1 + random.nextInt(16)));
      }
      case 5 -> {
        byte[] other = any();
        int from = random.nextInt(other.length);
        int to = Math.min(other.length, from + 1 + random.nextInt(64));
        return splice(file, at, Arrays.copyOfRange(other, from, to), at);
      }
      case 6 -> {
        byte[] other = any();
        int from = Math.min(at, other.length);
        return splice(file, at, Arrays.copyOfRange(other, from, other.length), file.length);
      }
      default -> {
        int from = random.nextInt(file.length);
        int count = Math.min(1 + random.nextInt(32), file.length - Math.max(from, at));
        System.arraycopy(file, from, file, at, count);
      }
    }
    return file;
  }

  /** A number of two or four bytes: a length, a size, an offset. */
  private void number(byte[] file, int at) {
    int value = INTERESTING[random.nextInt(INTERESTING.length)];
    ByteBuffer number =
        ByteBuffer.allocate(4)
            .order(random.nextBoolean() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    int bytes = random.nextBoolean() ? 2 : 4;
    if (bytes == 2) {
      number.putShort((short) value);
    } else {
      number.putInt(value);
    }
    number.flip().get(file, at, Math.min(bytes, file.length - at));
  }

  /** The bytes before {@code at}, what is put in, and the bytes from {@code rest} on. */
  private static byte[] splice(byte[] file, int at, byte[] in, int rest) {
    ByteBuffer out = ByteBuffer.allocate(at + in.length + file.length - rest);
    return out.put(file, 0, at).put(in).put(file, rest, file.length - rest).array();
  }

  /** PNG's decoder would see little else if all checksums were wrong. */
  private static byte[] withRightChecksums(byte[] file) {
    if (ImageFormat.of(file) != ImageFormat.PNG) {
      return file;
    }
    ByteBuffer png = ByteBuffer.wrap(file);
    int at = 8;
    while (at + 12 <= file.length) {
      int length = png.getInt(at);
      if (length < 0 || length > file.length - at - 12) {
        return file;
      }
      CRC32 crc = new CRC32();
      crc.update(file, at + 4, length + 4);
      png.putInt(at + 8 + length, (int) crc.getValue());
      at += 12 + length;
    }
    return file;
  }
}
