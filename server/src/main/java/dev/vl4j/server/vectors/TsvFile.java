package dev.vl4j.server.vectors;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** Tab-separated values with a header: a line for each row, a column for each number. */
final class TsvFile implements VectorFile {
  private final OutputStream out;
  private final NumberType type;
  private final int width;

  TsvFile(OutputStream out, NumberType type, int width) throws IOException {
    this.out = out;
    this.type = type;
    this.width = width;
    StringBuilder header = new StringBuilder("row\tcustom_id\terror\ttokens\tscale");
    for (int i = 0; i < width; i++) {
      header.append('\t').append(i);
    }
    write(header);
  }

  @Override
  public void add(Row row) throws IOException {
    StringBuilder line = new StringBuilder();
    line.append(row.number());
    line.append('\t').append(Tsv.field(Objects.requireNonNullElse(row.customId(), "")));
    line.append('\t').append(Tsv.field(Objects.requireNonNullElse(row.error(), "")));
    line.append('\t').append(row.tokens());
    line.append('\t').append(row.scale() == null ? "" : row.scale());
    byte[] vector = row.vector();
    if (vector == null) {
      line.append("\t".repeat(width));
    } else {
      ByteBuffer numbers = ByteBuffer.wrap(vector).order(ByteOrder.LITTLE_ENDIAN);
      while (numbers.hasRemaining()) {
        line.append('\t').append(type.text(numbers));
      }
    }
    write(line);
  }

  private void write(StringBuilder line) throws IOException {
    out.write(line.append('\n').toString().getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void finish() {
    // Nothing stands behind the last line.
  }
}
