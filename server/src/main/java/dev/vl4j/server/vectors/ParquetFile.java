package dev.vl4j.server.vectors;

import dev.vl4j.engine.Diagnostics;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.parquet.format.ColumnChunk;
import org.apache.parquet.format.CompressionCodec;
import org.apache.parquet.format.ConvertedType;
import org.apache.parquet.format.FieldRepetitionType;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.IntType;
import org.apache.parquet.format.ListType;
import org.apache.parquet.format.LogicalType;
import org.apache.parquet.format.RowGroup;
import org.apache.parquet.format.SchemaElement;
import org.apache.parquet.format.StringType;
import org.apache.parquet.format.Type;
import org.apache.parquet.format.Util;
import org.jspecify.annotations.Nullable;

/**
 * A table of Apache Parquet: {@code row}, {@code custom_id}, {@code error}, {@code tokens}, {@code
 * scale} and {@code embedding}, a list. Apache's own structures say what is where; of the format's
 * encodings, the plain one does, since vectors have no order or repetition to be made use of. Small
 * integers take four bytes there, so that they are compressed.
 */
final class ParquetFile implements VectorFile {
  private static final byte[] MAGIC = "PAR1".getBytes(StandardCharsets.US_ASCII);

  /** Of a row group, which is held until it is whole. */
  private static final long GROUP_BYTES = 32 << 20;

  private static final String[] LIST = {"embedding", "list", "element"};

  private final OutputStream out;
  private final NumberType type;
  private final int width;
  private final ParquetColumn numbers = column(Type.INT64, 0, "row");
  private final ParquetColumn customIds = column(Type.BYTE_ARRAY, 1, "custom_id");
  private final ParquetColumn errors = column(Type.BYTE_ARRAY, 1, "error");
  private final ParquetColumn tokens = column(Type.INT32, 0, "tokens");
  private final ParquetColumn scales = column(Type.FLOAT, 1, "scale");
  private final ParquetColumn vectors;
  private final List<ParquetColumn> columns;
  private final List<RowGroup> groups = new ArrayList<>();
  private long position = MAGIC.length;
  private long rows;
  private long rowsBefore;

  ParquetFile(OutputStream out, NumberType type, int width) throws IOException {
    this.out = out;
    this.type = type;
    this.width = width;
    boolean floats = type == NumberType.FLOAT32;
    vectors =
        new ParquetColumn(
            floats ? Type.FLOAT : Type.INT32,
            floats ? CompressionCodec.UNCOMPRESSED : CompressionCodec.GZIP,
            2,
            true,
            LIST);
    columns = List.of(numbers, customIds, errors, tokens, scales, vectors);
    out.write(MAGIC);
  }

  private static ParquetColumn column(Type type, int maxDefinition, String name) {
    return new ParquetColumn(type, CompressionCodec.UNCOMPRESSED, maxDefinition, false, name);
  }

  @Override
  public void add(Row row) throws IOException {
    numbers.add(row.number());
    addText(customIds, row.customId());
    addText(errors, row.error());
    tokens.add(row.tokens());
    if (row.scale() == null) {
      scales.addNull();
    } else {
      scales.add(row.scale());
    }
    if (row.vector() == null) {
      vectors.addNull();
    } else {
      vectors.add(plain(row.vector()), width);
    }
    rows++;
    if (columns.stream().mapToLong(ParquetColumn::held).sum() >= GROUP_BYTES) {
      endGroup();
    }
  }

  private static void addText(ParquetColumn column, @Nullable String text) throws IOException {
    if (text == null) {
      column.addNull();
    } else {
      column.add(text);
    }
  }

  /** Numbers as the encoding PLAIN has them: there are none of one byte. */
  private byte[] plain(byte[] vector) {
    if (type == NumberType.FLOAT32) {
      return vector;
    }
    ByteBuffer plain =
        ByteBuffer.allocate(Integer.BYTES * vector.length).order(ByteOrder.LITTLE_ENDIAN);
    for (byte number : vector) {
      plain.putInt(type.integer(number));
    }
    return plain.array();
  }

  private void endGroup() throws IOException {
    if (rows == rowsBefore) {
      return;
    }
    List<ColumnChunk> chunks = new ArrayList<>();
    long uncompressed = 0;
    for (ParquetColumn column : columns) {
      ColumnChunk chunk = column.write(out, position);
      chunks.add(chunk);
      position += chunk.getMeta_data().getTotal_compressed_size();
      uncompressed += chunk.getMeta_data().getTotal_uncompressed_size();
    }
    groups.add(new RowGroup(chunks, uncompressed, rows - rowsBefore));
    rowsBefore = rows;
  }

  @Override
  public void finish() throws IOException {
    endGroup();
    ByteArrayOutputStream footer = new ByteArrayOutputStream();
    Util.writeFileMetaData(
        new FileMetaData(1, schema(), rows, groups)
            .setCreated_by("vl4j version " + Diagnostics.version()),
        footer);
    footer.writeTo(out);
    out.write(
        ByteBuffer.allocate(Integer.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(footer.size())
            .array());
    out.write(MAGIC);
  }

  private List<SchemaElement> schema() {
    return List.of(
        new SchemaElement("vectors").setNum_children(columns.size()),
        element("row", Type.INT64, FieldRepetitionType.REQUIRED),
        text("custom_id"),
        text("error"),
        element("tokens", Type.INT32, FieldRepetitionType.REQUIRED),
        element("scale", Type.FLOAT, FieldRepetitionType.OPTIONAL),
        new SchemaElement(LIST[0])
            .setRepetition_type(FieldRepetitionType.OPTIONAL)
            .setNum_children(1)
            .setConverted_type(ConvertedType.LIST)
            .setLogicalType(LogicalType.LIST(new ListType())),
        new SchemaElement(LIST[1])
            .setRepetition_type(FieldRepetitionType.REPEATED)
            .setNum_children(1),
        number());
  }

  private static SchemaElement element(String name, Type type, FieldRepetitionType repetition) {
    return new SchemaElement(name).setType(type).setRepetition_type(repetition);
  }

  private static SchemaElement text(String name) {
    return element(name, Type.BYTE_ARRAY, FieldRepetitionType.OPTIONAL)
        .setConverted_type(ConvertedType.UTF8)
        .setLogicalType(LogicalType.STRING(new StringType()));
  }

  private SchemaElement number() {
    if (type == NumberType.FLOAT32) {
      return element(LIST[2], Type.FLOAT, FieldRepetitionType.REQUIRED);
    }
    boolean signed = type == NumberType.INT8;
    return element(LIST[2], Type.INT32, FieldRepetitionType.REQUIRED)
        .setConverted_type(signed ? ConvertedType.INT_8 : ConvertedType.UINT_8)
        .setLogicalType(LogicalType.INTEGER(new IntType((byte) Byte.SIZE, signed)));
  }
}
