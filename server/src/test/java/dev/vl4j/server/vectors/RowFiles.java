package dev.vl4j.server.vectors;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;

/** Rows in JSON Lines, and what formats make of them. */
final class RowFiles {
  private final Path folder;
  private final List<String> rows = new ArrayList<>();

  RowFiles(Path folder) {
    this.folder = folder;
  }

  /** A row with these fields beside its vector, each with a comma behind it. */
  RowFiles add(String fields, byte... vector) {
    rows.add(
        "{\"id\":\"embd-0\",%s\"embedding\":\"%s\",\"tokens\":%d}"
            .formatted(fields, Base64.getEncoder().encodeToString(vector), rows.size() + 3));
    return this;
  }

  RowFiles add(float... vector) {
    return add("", bytes(vector));
  }

  RowFiles failed(String fields, String message) {
    rows.add("{\"id\":\"embd-0\",%s\"error\":{\"message\":\"%s\"}}".formatted(fields, message));
    return this;
  }

  static byte[] bytes(float... vector) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Float.BYTES * vector.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(vector);
    return bytes.array();
  }

  /** The file of a format that has these rows. */
  Path write(FileFormat format, NumberType type, int width) throws IOException {
    Path lines = Files.write(folder.resolve("rows.jsonl"), rows);
    Path target = folder.resolve("vectors." + format.name().toLowerCase(Locale.ROOT));
    format.write(lines, rows.size(), type, width, target);
    return target;
  }
}
