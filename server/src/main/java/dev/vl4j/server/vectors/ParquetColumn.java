package dev.vl4j.server.vectors;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.apache.parquet.format.ColumnChunk;
import org.apache.parquet.format.ColumnMetaData;
import org.apache.parquet.format.CompressionCodec;
import org.apache.parquet.format.DataPageHeader;
import org.apache.parquet.format.Encoding;
import org.apache.parquet.format.PageHeader;
import org.apache.parquet.format.PageType;
import org.apache.parquet.format.Type;
import org.apache.parquet.format.Util;

/**
 * The values of a column in one row group, as data pages of version 1 in the encoding PLAIN. Pages
 * end with rows.
 */
final class ParquetColumn {
  private static final int PAGE_BYTES = 1 << 20;

  private final Type type;
  private final CompressionCodec codec;
  private final int maxDefinition;
  private final boolean repeated;
  private final List<String> path;

  private final RunLengths repetitions = new RunLengths();
  private final RunLengths definitions = new RunLengths();
  private final ByteArrayOutputStream values = new ByteArrayOutputStream();
  private int pageCount;

  private final ByteArrayOutputStream pages = new ByteArrayOutputStream();
  private long count;
  private long uncompressed;

  /**
   * @param codec {@code UNCOMPRESSED} or {@code GZIP}
   * @param maxDefinition the definition level of a value that is there; 0 if all are
   * @param repeated whether rows have lists of values
   */
  ParquetColumn(
      Type type, CompressionCodec codec, int maxDefinition, boolean repeated, String... path) {
    this.type = type;
    this.codec = codec;
    this.maxDefinition = maxDefinition;
    this.repeated = repeated;
    this.path = List.of(path);
  }

  /** A row without a value. */
  void addNull() throws IOException {
    repetitions.add(0, 1);
    definitions.add(0, 1);
    endRow(1);
  }

  void add(long value) throws IOException {
    add(littleEndian(Long.BYTES).putLong(value).array(), 1);
  }

  void add(int value) throws IOException {
    add(littleEndian(Integer.BYTES).putInt(value).array(), 1);
  }

  void add(float value) throws IOException {
    add(littleEndian(Float.BYTES).putFloat(value).array(), 1);
  }

  void add(String text) throws IOException {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    add(littleEndian(Integer.BYTES + utf8.length).putInt(utf8.length).put(utf8).array(), 1);
  }

  private static ByteBuffer littleEndian(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * A row of some values.
   *
   * @param plain the values as PLAIN has them
   * @param number how many there are; 1 unless the column has lists
   */
  void add(byte[] plain, int number) throws IOException {
    values.write(plain);
    repetitions.add(0, 1);
    repetitions.add(1, number - 1);
    definitions.add(maxDefinition, number);
    endRow(number);
  }

  private void endRow(int levels) throws IOException {
    pageCount += levels;
    if (values.size() >= PAGE_BYTES) {
      endPage();
    }
  }

  private void endPage() throws IOException {
    if (pageCount == 0) {
      return;
    }
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    byte[] repetition = repetitions.take();
    byte[] definition = definitions.take();
    if (repeated) {
      body.write(repetition);
    }
    if (maxDefinition > 0) {
      body.write(definition);
    }
    values.writeTo(body);
    byte[] compressed = compress(body);
    int before = pages.size();
    Util.writePageHeader(
        new PageHeader(PageType.DATA_PAGE, body.size(), compressed.length)
            .setData_page_header(
                new DataPageHeader(pageCount, Encoding.PLAIN, Encoding.RLE, Encoding.RLE)),
        pages);
    uncompressed += pages.size() - before + body.size();
    pages.write(compressed);
    values.reset();
    count += pageCount;
    pageCount = 0;
  }

  private byte[] compress(ByteArrayOutputStream body) throws IOException {
    if (codec == CompressionCodec.UNCOMPRESSED) {
      return body.toByteArray();
    }
    ByteArrayOutputStream compressed = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(compressed)) {
      body.writeTo(out);
    }
    return compressed.toByteArray();
  }

  /** Bytes that are held. */
  long held() {
    return (long) pages.size() + values.size();
  }

  /**
   * Writes the values so far, of which none are left.
   *
   * @param position of {@code out} in the file
   */
  ColumnChunk write(OutputStream out, long position) throws IOException {
    endPage();
    pages.writeTo(out);
    ColumnMetaData data =
        new ColumnMetaData(
            type,
            List.of(Encoding.PLAIN, Encoding.RLE),
            path,
            codec,
            count,
            uncompressed,
            pages.size(),
            position);
    pages.reset();
    count = 0;
    uncompressed = 0;
    return new ColumnChunk(position).setMeta_data(data);
  }
}
