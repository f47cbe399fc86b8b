package dev.vl4j.bench.attack;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.zip.DeflaterOutputStream;

/** PDF files of one page of 1,000 x 500 points that takes long to draw. */
final class HostilePages {
  /** The number of the page's contents; its form or font comes behind them. */
  private static final int CONTENTS = 4;

  private HostilePages() {}

  /** A page that is filled between lines that all cross one another. */
  static byte[] star(int lines) throws IOException {
    return file(List.of(stream("", path(lines) + "f")));
  }

  /** A page that is drawn through the inside of such lines, again and again. */
  static byte[] clips(int lines, int times) throws IOException {
    return file(
        List.of(stream("", ("q " + path(lines) + "W n 0 0 1000 500 re f Q ").repeat(times))));
  }

  private static String path(int lines) {
    StringBuilder path = new StringBuilder("500 250 m ");
    for (int i = 1; i <= lines; i++) {
      double angle = 2.4 * i;
      path.append(
          String.format(
              Locale.ROOT,
              "%.1f %.1f l ",
              500 + 450 * Math.cos(angle),
              250 + 225 * Math.sin(angle)));
    }
    return path.toString();
  }

  /** A page whose forms show one another: the last of them is shown a huge number of times. */
  static byte[] forms(int depth, int times) throws IOException {
    List<byte[]> streams = new ArrayList<>();
    streams.add(stream("", "/F Do"));
    for (int i = 1; i <= depth; i++) {
      boolean last = i == depth;
      streams.add(
          stream(
              "/Type /XObject /Subtype /Form /BBox [0 0 1000 500] /Resources << /XObject << /F "
                  + (CONTENTS + i + 1)
                  + " 0 R >> >>",
              last ? "0 0 1 1 re f" : "/F Do ".repeat(times)));
    }
    return file(streams);
  }

  /** A page with a letter in codes of no bytes, which PDFBox reads for ever. */
  static byte[] endless() throws IOException {
    String font =
        "<< /Type /Font /Subtype /Type0 /BaseFont /X /Encoding %d 0 R /DescendantFonts [<< /Type"
                .formatted(CONTENTS + 2)
            + " /Font /Subtype /CIDFontType2 /BaseFont /X /FontDescriptor << /Type /FontDescriptor"
            + " /FontName /X /Flags 4 >> >>] >>";
    return file(
        List.of(
            stream("", "BT /F 10 Tf 10 50 Td (A) Tj ET"),
            ascii(font),
            stream("", "1 begincodespacerange <> <> endcodespacerange endcmap")));
  }

  private static byte[] stream(String entries, String contents) throws IOException {
    ByteArrayOutputStream deflated = new ByteArrayOutputStream();
    try (DeflaterOutputStream out = new DeflaterOutputStream(deflated)) {
      out.write(contents.getBytes(StandardCharsets.US_ASCII));
    }
    ByteArrayOutputStream object = new ByteArrayOutputStream();
    object.writeBytes(
        ascii(
            "<< /Filter /FlateDecode /Length %d %s >>\nstream\n"
                .formatted(deflated.size(), entries)));
    object.writeBytes(deflated.toByteArray());
    object.writeBytes(ascii("\nendstream"));
    return object.toByteArray();
  }

  private static byte[] file(List<byte[]> contents) {
    List<byte[]> objects = new ArrayList<>();
    objects.add(ascii("<< /Type /Catalog /Pages 2 0 R >>"));
    objects.add(ascii("<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 1000 500] >>"));
    String resources =
        "/Resources << /XObject << /F %1$d 0 R >> /Font << /F %1$d 0 R >> >>"
            .formatted(CONTENTS + 1);
    objects.add(
        ascii(
            "<< /Type /Page /Parent 2 0 R /Contents %d 0 R %s >>".formatted(CONTENTS, resources)));
    objects.addAll(contents);
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    StringBuilder table = new StringBuilder("0000000000 65535 f \n");
    file.writeBytes(ascii("%PDF-1.7\n"));
    for (int i = 0; i < objects.size(); i++) {
      table.append("%010d 00000 n \n".formatted(file.size()));
      file.writeBytes(ascii((i + 1) + " 0 obj\n"));
      file.writeBytes(objects.get(i));
      file.writeBytes(ascii("\nendobj\n"));
    }
    int size = objects.size() + 1;
    file.writeBytes(
        ascii(
            "xref\n0 %d\n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
                .formatted(size, table, size, file.size())));
    return file.toByteArray();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
