package dev.vl4j.kernels.packed;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/**
 * The start of a file of packed weights. Little-endian, padded with zeros to whole pages:
 *
 * <pre>
 *  0  "VL4JPACK"
 *  8  int32  version of this format
 * 12  int32  bytes of the header, padding included
 * 16  int64  bytes of the file
 * 24  SHA-256 of the header, with zeros in this place
 * 56  key, note, int32 number of entries, entries
 * </pre>
 *
 * <p>A text is an int32 with its length and UTF-8. An entry is its name, int64 offset, int64 bytes
 * and int32 CRC-32 of the pages that begin at the offset. Entries follow the header and each other
 * on whole pages, so that every byte of a file is under a checksum.
 *
 * @param key what the weights were packed from and how
 * @param note whatever the writer wants to read again
 * @param entries in the order of their bytes
 */
record PackedHeader(String key, String note, List<Entry> entries) {
  /** Raised when this format changes. */
  static final int VERSION = 1;

  /** Entries start on whole pages. */
  static final int PAGE = 4096;

  private static final byte[] MAGIC = "VL4JPACK".getBytes(StandardCharsets.US_ASCII);
  static final int HASH = 24;
  private static final int HASH_BYTES = 32;
  private static final int BODY = HASH + HASH_BYTES;
  private static final int ENTRY_BYTES = 2 * Long.BYTES + 2 * Integer.BYTES;

  /**
   * A weight.
   *
   * @param offset from the start of the file
   * @param bytes without padding
   * @param checksum of the bytes and the padding to the next page
   */
  record Entry(String name, long offset, long bytes, int checksum) {
    long end() {
      return pages(offset + bytes);
    }
  }

  PackedHeader {
    entries = List.copyOf(entries);
  }

  static long pages(long bytes) {
    return (bytes + PAGE - 1) / PAGE * PAGE;
  }

  /** Bytes of a header with entries of these names, padding included. */
  static long bytes(String key, String note, Iterable<String> names) {
    long bytes = BODY + textBytes(key) + textBytes(note) + Integer.BYTES;
    for (String name : names) {
      bytes += textBytes(name) - Integer.BYTES + ENTRY_BYTES;
    }
    return pages(bytes);
  }

  private static long textBytes(String text) {
    return Integer.BYTES + (long) text.getBytes(StandardCharsets.UTF_8).length;
  }

  private int bytes() {
    return Math.toIntExact(bytes(key, note, entries.stream().map(Entry::name).toList()));
  }

  /** Bytes of the file. */
  long fileBytes() {
    return entries.isEmpty() ? bytes() : entries.getLast().end();
  }

  byte[] encode() {
    ByteBuffer buffer = ByteBuffer.allocate(bytes()).order(ByteOrder.LITTLE_ENDIAN);
    buffer.put(MAGIC).putInt(VERSION).putInt(buffer.capacity()).putLong(fileBytes());
    buffer.position(BODY);
    put(buffer, key);
    put(buffer, note);
    buffer.putInt(entries.size());
    for (Entry entry : entries) {
      put(buffer, entry.name);
      buffer.putLong(entry.offset).putLong(entry.bytes).putInt(entry.checksum);
    }
    buffer.put(HASH, hash(buffer.array()));
    return buffer.array();
  }

  private static void put(ByteBuffer buffer, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    buffer.putInt(bytes.length).put(bytes);
  }

  /**
   * Reads the header of a file.
   *
   * @param file all of it
   */
  static PackedHeader decode(MemorySegment file) throws DamagedFileException {
    check(
        "a header", "at least %d bytes".formatted(BODY), file.byteSize(), file.byteSize() >= BODY);
    ByteBuffer start = file.asSlice(0, BODY).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    byte[] magic = new byte[MAGIC.length];
    start.get(magic);
    check("first bytes", hex(MAGIC), hex(magic), Arrays.equals(magic, MAGIC));
    int version = start.getInt();
    check("format version", VERSION, version, version == VERSION);
    int headerBytes = start.getInt();
    long fileBytes = start.getLong();
    check("size in bytes", fileBytes, file.byteSize(), fileBytes == file.byteSize());
    check(
        "size of the header",
        "whole pages in %d bytes".formatted(fileBytes),
        headerBytes,
        headerBytes >= PAGE && headerBytes % PAGE == 0 && headerBytes <= fileBytes);
    byte[] header = file.asSlice(0, headerBytes).toArray(ValueLayout.JAVA_BYTE);
    byte[] stored = Arrays.copyOfRange(header, HASH, BODY);
    byte[] computed = hash(header);
    check("checksum of the header", hex(stored), hex(computed), Arrays.equals(stored, computed));
    try {
      ByteBuffer body = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).position(BODY);
      return body(body, headerBytes, fileBytes);
    } catch (BufferUnderflowException | IllegalArgumentException e) {
      throw new DamagedFileException("the header ends inside an entry");
    }
  }

  private static PackedHeader body(ByteBuffer body, int headerBytes, long fileBytes)
      throws DamagedFileException {
    String key = text(body);
    String note = text(body);
    int count = body.getInt();
    List<Entry> entries = new ArrayList<>();
    long end = headerBytes;
    for (int i = 0; i < count; i++) {
      Entry entry = new Entry(text(body), body.getLong(), body.getLong(), body.getInt());
      check("offset of " + entry.name, end, entry.offset, entry.offset == end);
      check(
          "bytes of " + entry.name,
          "1 to %d".formatted(fileBytes - end),
          entry.bytes,
          entry.bytes > 0 && entry.bytes <= fileBytes - end);
      end = entry.end();
      entries.add(entry);
    }
    check("end of the last entry", fileBytes, end, end == fileBytes);
    return new PackedHeader(key, note, entries);
  }

  private static String text(ByteBuffer buffer) {
    int length = buffer.getInt();
    if (length < 0 || length > buffer.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] bytes = new byte[length];
    buffer.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  static void check(String what, Object expected, Object found, boolean holds)
      throws DamagedFileException {
    if (!holds) {
      throw new DamagedFileException("%s: expected %s, found %s".formatted(what, expected, found));
    }
  }

  /** SHA-256 of a header as if there were no hash in it yet. */
  static byte[] hash(byte[] header) {
    MessageDigest digest = sha256();
    digest.update(header, 0, HASH);
    digest.update(new byte[HASH_BYTES]);
    digest.update(header, BODY, header.length - BODY);
    return digest.digest();
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
