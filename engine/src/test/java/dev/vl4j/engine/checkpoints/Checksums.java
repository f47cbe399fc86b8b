package dev.vl4j.engine.checkpoints;

import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.zip.CRC32;

/** Checksums as {@code bench/reference/videos.py} keeps them of what is long. */
public final class Checksums {
  private Checksums() {}

  /** Of bytes, one after another. */
  public static String of(byte[]... parts) {
    CRC32 crc = new CRC32();
    for (byte[] part : parts) {
      crc.update(part);
    }
    return of(crc);
  }

  /** Of words. */
  public static String of(String words) {
    return of(words.getBytes(StandardCharsets.US_ASCII));
  }

  /** Of what has been summed up. */
  public static String of(CRC32 crc) {
    return HexFormat.of().toHexDigits((int) crc.getValue());
  }
}
