package dev.vl4j.bench.attack;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/** Requests with images that take long, or much memory, to decode, or pages to draw. */
final class ImageAttacks {
  private ImageAttacks() {}

  /** Makes a file, of up to a gigabyte before it is compressed. */
  @FunctionalInterface
  private interface Image {
    byte[] make() throws IOException;
  }

  static List<Attack> all() {
    int side = HostileImages.SIDE;
    List<Attack> attacks = new ArrayList<>();
    attacks.add(
        images(
            "gif-screens",
            "two requests of ten GIFs, 43 bytes each",
            () -> HostileImages.gif(side, side),
            10,
            2));
    attacks.add(
        images(
            "png-bilevel",
            "eight PNGs of one bit, 29 KB each",
            () -> HostileImages.png(side, side, 1, 0),
            8,
            1));
    attacks.add(
        images(
            "png-gray",
            "one PNG of gray, as large as Pillow allows",
            () -> HostileImages.png(side, side, 8, 0),
            1,
            2));
    attacks.add(
        images(
            "png-rgba16",
            "PNGs of RGBA in 16 bits",
            () -> HostileImages.png(side, side, 16, 6),
            1,
            2));
    attacks.add(
        images(
            "png-text-bomb", "a PNG's text of 1 GB", () -> HostileImages.pngText(1L << 30), 1, 4));
    attacks.add(
        images("tiff-empty", "TIFFs of 176 bytes", () -> HostileImages.tiff(side, side), 4, 2));
    attacks.add(
        images(
            "webp-broken",
            "WebPs of 160 bytes that promise 268 million pixels",
            () -> HostileImages.webp(16_383, 16_383),
            4,
            2));
    attacks.add(
        images(
            "webp-large",
            "WebPs of 160 bytes that promise 169 million pixels",
            () -> HostileImages.webp(13_000, 13_000),
            4,
            2));
    attacks.add(
        images(
            "jpeg-scans",
            "a progressive JPEG of 4,000 scans",
            () -> HostileImages.progressiveJpeg(8_000, 4_000),
            1,
            2));
    attacks.add(
        images(
            "many-images",
            "2,000 small images in a request",
            () -> HostileImages.png(31, 17, 8, 0),
            2_000,
            2));
    attacks.add(
        pages(
            "pdf-paths",
            "pages of 40,000 lines that cross one another",
            () -> HostilePages.star(40_000)));
    attacks.add(
        pages(
            "pdf-clips",
            "pages drawn through 300 lines that cross one another",
            () -> HostilePages.clips(300, 500)));
    attacks.add(
        pages(
            "pdf-forms",
            "pages of a form that is shown 10^20 times",
            () -> HostilePages.forms(20, 10)));
    attacks.add(
        pages("pdf-endless", "pages that PDFBox is never done with", HostilePages::endless));
    return attacks;
  }

  /** Requests of a page on two connections. */
  private static Attack pages(String name, String story, Image page) {
    return Attack.prepared(
        name,
        story,
        () -> {
          byte[] request = pages(page.make());
          return battle -> battle.post("/v1/rerank", request, 2);
        });
  }

  /** Requests of one document with so many copies of an image; each copy is a file of its own. */
  private static Attack images(
      String name, String story, Image image, int copies, int connections) {
    return Attack.prepared(
        name,
        story,
        () -> {
          byte[] made = image.make();
          return battle -> battle.post("/v1/rerank", request(made, copies), connections);
        });
  }

  /** A request of one document with so many images, each of which is a file of its own. */
  static byte[] request(byte[] image, int copies) {
    return request("data:image/png;base64,", image, "", copies);
  }

  /** A request of one document with the first page of a PDF file. */
  static byte[] pages(byte[] pdf) {
    return request("data:application/pdf;base64,", pdf, "#page=1", 1);
  }

  private static byte[] request(String before, byte[] image, String after, int copies) {
    StringBuilder parts = new StringBuilder();
    for (int i = 0; i < copies; i++) {
      // Two bytes at the end, which no decoder reads, make each a file that was not seen before.
      byte[] file = Arrays.copyOf(image, image.length + 2);
      file[image.length] = (byte) i;
      file[image.length + 1] = (byte) (i >> 8);
      parts
          .append(i == 0 ? "" : ",")
          .append("{\"type\":\"image_url\",\"image_url\":{\"url\":\"")
          .append(before)
          .append(Base64.getEncoder().encodeToString(file))
          .append(after)
          .append("\"}}");
    }
    return ("{\"query\":\"q\",\"documents\":{\"content\":[" + parts + "]}}")
        .getBytes(StandardCharsets.US_ASCII);
  }
}
