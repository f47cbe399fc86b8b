package dev.vl4j.bench.attack;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

/** Small files that ask for much: pixels, scans, frames, metadata. */
final class HostileImages {
  /** Its square is just below the number of pixels that Pillow refuses. */
  static final int SIDE = 13_370;

  private HostileImages() {}

  /** A frame of one pixel on a logical screen. */
  static byte[] gif(int width, int height) {
    ByteBuffer file = ByteBuffer.allocate(64).order(ByteOrder.LITTLE_ENDIAN);
    file.put("GIF89a".getBytes(StandardCharsets.US_ASCII));
    file.putShort((short) width).putShort((short) height);
    file.put(new byte[] {(byte) 0x80, 0, 0, 0, 0, 0, (byte) 255, (byte) 255, (byte) 255});
    file.put((byte) ',').putShort((short) 0).putShort((short) 0);
    file.putShort((short) 1).putShort((short) 1).put((byte) 0);
    file.put(new byte[] {2, 2, 0x44, 1, 0, ';'});
    return taken(file);
  }

  /**
   * A black PNG.
   *
   * @param colorType 0 for gray, 6 for RGBA
   */
  static byte[] png(int width, int height, int depth, int colorType) throws IOException {
    int samples = colorType == 6 ? 4 : 1;
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.writeBytes(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'});
    byte[] header = new byte[13];
    ByteBuffer.wrap(header).putInt(width).putInt(height).put((byte) depth).put((byte) colorType);
    chunk(file, "IHDR", header);
    chunk(file, "IDAT", deflated(((long) width * depth * samples + 7) / 8 + 1, height));
    chunk(file, "IEND", new byte[0]);
    return file.toByteArray();
  }

  /** A PNG of one pixel with a text that inflates to so many bytes. */
  static byte[] pngText(long bytes) throws IOException {
    byte[] small = png(1, 1, 8, 0);
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.write(small, 0, 33);
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    text.writeBytes("Comment\0\0".getBytes(StandardCharsets.ISO_8859_1));
    text.writeBytes(deflated(bytes, 1));
    chunk(file, "zTXt", text.toByteArray());
    file.write(small, 33, small.length - 33);
    return file.toByteArray();
  }

  private static void chunk(ByteArrayOutputStream file, String type, byte[] data)
      throws IOException {
    byte[] name = type.getBytes(StandardCharsets.US_ASCII);
    CRC32 crc = new CRC32();
    crc.update(name);
    crc.update(data);
    DataOutputStream out = new DataOutputStream(file);
    out.writeInt(data.length);
    out.write(name);
    out.write(data);
    out.writeInt((int) crc.getValue());
  }

  /** Zeros, deflated. */
  static byte[] deflated(long rowBytes, int rows) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Deflater best = new Deflater(Deflater.BEST_COMPRESSION);
    try (DeflaterOutputStream deflate = new DeflaterOutputStream(out, best)) {
      byte[] zeros = new byte[1 << 16];
      for (long left = rowBytes * rows; left > 0; left -= zeros.length) {
        deflate.write(zeros, 0, (int) Math.min(left, zeros.length));
      }
    } finally {
      best.end();
    }
    return out.toByteArray();
  }

  /** A bilevel TIFF whose one strip holds next to nothing. */
  static byte[] tiff(int width, int height) {
    ByteBuffer file = ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN);
    file.put(new byte[] {'I', 'I', 42, 0}).putInt(8);
    int[][] entries = {
      {256, width},
      {257, height},
      {258, 1},
      {259, 32773},
      {262, 1},
      {273, 160},
      {277, 1},
      {278, height},
      {279, 16}
    };
    file.putShort((short) entries.length);
    for (int[] entry : entries) {
      file.putShort((short) entry[0]).putShort((short) 4).putInt(1).putInt(entry[1]);
    }
    file.putInt(0);
    file.position(160);
    for (int i = 0; i < 8; i++) {
      file.put(new byte[] {(byte) 0x81, 0});
    }
    return taken(file);
  }

  /** A lossless WebP whose header promises pixels that do not come. */
  static byte[] webp(int width, int height) {
    ByteBuffer file = ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN);
    int data = 140;
    file.put("RIFF".getBytes(StandardCharsets.US_ASCII)).putInt(12 + data);
    file.put("WEBPVP8L".getBytes(StandardCharsets.US_ASCII)).putInt(data);
    file.put((byte) 0x2f).putInt((width - 1) | (height - 1) << 14);
    for (int i = 5; i < data; i++) {
      file.put((byte) (i * 37));
    }
    return taken(file);
  }

  /**
   * A gray progressive JPEG of many scans, each of which refines every block by nothing: runs of
   * empty blocks cost a few bytes in the file and a visit to each block.
   */
  static byte[] progressiveJpeg(int side, int scans) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeShort(0xffd8);
    out.writeShort(0xffdb);
    out.writeShort(67);
    out.writeByte(0);
    for (int i = 0; i < 64; i++) {
      out.writeByte(1);
    }
    out.writeShort(0xffc2);
    out.writeShort(11);
    out.writeByte(8);
    out.writeShort(side);
    out.writeShort(side);
    out.write(new byte[] {1, 1, 0x11, 0});
    // Tables of one code of one bit: DC difference 0, and an AC run of 2^14 blocks and more.
    huffman(out, 0x00, 0x00);
    huffman(out, 0x10, 0xe0);
    int blocks = ((side + 7) / 8) * ((side + 7) / 8);
    scan(out, 0, 0, new byte[(blocks + 7) / 8]);
    byte[] empty = runs(blocks);
    for (int i = 0; i < scans; i++) {
      scan(out, 1, 63, empty);
    }
    out.writeShort(0xffd9);
    return bytes.toByteArray();
  }

  private static void huffman(DataOutputStream out, int table, int symbol) throws IOException {
    out.writeShort(0xffc4);
    out.writeShort(20);
    out.writeByte(table);
    out.writeByte(1);
    out.write(new byte[15]);
    out.writeByte(symbol);
  }

  private static void scan(DataOutputStream out, int from, int to, byte[] data) throws IOException {
    out.writeShort(0xffda);
    out.writeShort(8);
    out.write(new byte[] {1, 1, 0, (byte) from, (byte) to, 0});
    out.write(data);
  }

  /** Codes for runs of {@code 2^14} blocks, each a bit 0 and fourteen bits 0. */
  private static byte[] runs(int blocks) {
    int codes = (blocks + (1 << 14) - 1) >> 14;
    return new byte[(codes * 15 + 7) / 8];
  }

  private static byte[] taken(ByteBuffer file) {
    byte[] bytes = new byte[file.position()];
    file.get(0, bytes);
    return bytes;
  }
}
