package dev.vl4j.media.pdf;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.DeflaterOutputStream;

/** Writes PDF files of few objects, with whatever in them a test wants. */
public final class Documents {
  private final List<byte[]> objects = new ArrayList<>();

  private Documents() {}

  /** A file of one page, whose object has number 3. */
  public static Documents page(String entries) {
    return new Documents()
        .add("<< /Type /Catalog /Pages 2 0 R >>")
        .add("<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 200 100] >>")
        .add("<< /Type /Page /Parent 2 0 R %s >>".formatted(entries));
  }

  public static Documents empty() {
    return new Documents();
  }

  public Documents add(String object) {
    objects.add(object.getBytes(StandardCharsets.ISO_8859_1));
    return this;
  }

  public Documents stream(String entries, byte[] data) {
    ByteArrayOutputStream object = new ByteArrayOutputStream();
    object.writeBytes(
        "<< /Length %d %s >>\nstream\n"
            .formatted(data.length, entries)
            .getBytes(StandardCharsets.ISO_8859_1));
    object.writeBytes(data);
    object.writeBytes("\nendstream".getBytes(StandardCharsets.ISO_8859_1));
    objects.add(object.toByteArray());
    return this;
  }

  public Documents stream(String entries, String data) {
    return stream(entries, data.getBytes(StandardCharsets.ISO_8859_1));
  }

  /**
   * A path over a page of 200 x 100 points whose lines, or curves of so many points, all cross one
   * another.
   */
  public static String star(int points, String operator, int each) {
    StringBuilder path = new StringBuilder("100 50 m ");
    for (int i = 1; i <= points; i++) {
      path.append(
          "%d %d "
              .formatted(
                  (int) (100 + 90 * Math.cos(2.4 * i)), (int) (50 + 45 * Math.sin(2.4 * i))));
      if (i % each == 0) {
        path.append(operator).append(' ');
      }
    }
    return path.toString();
  }

  /** Zeros, compressed: a thousandth of what they become. */
  public static byte[] zeros(long count) {
    ByteArrayOutputStream compressed = new ByteArrayOutputStream();
    byte[] block = new byte[1 << 16];
    try (DeflaterOutputStream out = new DeflaterOutputStream(compressed)) {
      for (long left = count; left > 0; left -= block.length) {
        out.write(block, 0, (int) Math.min(left, block.length));
      }
    } catch (java.io.IOException e) {
      throw new AssertionError(e);
    }
    return compressed.toByteArray();
  }

  public byte[] bytes() {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    StringBuilder table = new StringBuilder("0000000000 65535 f \n");
    write(file, "%PDF-1.7\n");
    for (int i = 0; i < objects.size(); i++) {
      table.append("%010d 00000 n \n".formatted(file.size()));
      write(file, (i + 1) + " 0 obj\n");
      file.writeBytes(objects.get(i));
      write(file, "\nendobj\n");
    }
    int start = file.size();
    int size = objects.size() + 1;
    write(file, "xref\n0 " + size + "\n" + table);
    write(file, "trailer\n<< /Size " + size + " /Root 1 0 R >>\nstartxref\n" + start + "\n%%EOF\n");
    return file.toByteArray();
  }

  private static void write(ByteArrayOutputStream file, String text) {
    file.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
  }
}
