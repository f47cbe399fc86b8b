package dev.vl4j.media.pdf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.DeadlineExceededException;
import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.RequestCancelledException;
import dev.vl4j.engine.media.MediaException;
import dev.vl4j.engine.media.MeteredGuard;
import dev.vl4j.engine.media.OpenPages;
import dev.vl4j.engine.media.PageRenderer;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Stream;
import java.util.zip.DeflaterOutputStream;
import javax.imageio.ImageIO;
import org.apache.pdfbox.pdmodel.PDDocument;
import org.apache.pdfbox.pdmodel.PDPage;
import org.apache.pdfbox.pdmodel.encryption.AccessPermission;
import org.apache.pdfbox.pdmodel.encryption.StandardProtectionPolicy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever a file is, it is drawn or refused in words, within bounds, and nothing is left. */
class HostilePdfTest {
  private static final String IMAGE =
      "/Type /XObject /Subtype /Image /ColorSpace /DeviceRGB /BitsPerComponent 8";
  private static final String FORM = "/Type /XObject /Subtype /Form /BBox [0 0 200 100]";

  private final PageRenderer renderer = new PdfBoxRenderer();

  @Test
  void whatIsNoPdf(@TempDir Path folder) {
    Drawn.refused(new byte[0], "it is broken, or no PDF file");
    Drawn.refused("hello".getBytes(StandardCharsets.UTF_8), "it is broken, or no PDF file");
    Drawn.refused(new byte[100_000], "it is broken, or no PDF file");
    assertThatThrownBy(() -> renderer.open(folder, new MeteredGuard()))
        .isInstanceOf(MediaException.class)
        .hasMessage("it is no regular file");
    assertThatThrownBy(() -> renderer.open(folder.resolve("none.pdf"), new MeteredGuard()))
        .isInstanceOf(MediaException.class)
        .hasMessage("it does not exist");
  }

  static Stream<String> files() {
    return PagesTest.files();
  }

  @ParameterizedTest
  @MethodSource("files")
  void cutFiles(String name) throws IOException {
    byte[] file = PagesTest.bytes(name);
    for (int part = 0; part < 16; part++) {
      MeteredGuard guard = new MeteredGuard().withTime(Duration.ofSeconds(20));
      try {
        Drawn.draw(Arrays.copyOf(file, file.length * part / 16), guard);
      } catch (MediaException e) {
        assertThat(e).message().isNotBlank().doesNotContain("Exception");
      }
      assertThat(guard.held()).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void workThatIsCancelledAnywhere(String name) throws IOException, MediaException {
    byte[] file = PagesTest.bytes(name);
    MeteredGuard whole = new MeteredGuard();
    Drawn.draw(file, whole);
    for (long checks = 0; checks < whole.checks(); checks += 1 + whole.checks() / 25) {
      MeteredGuard guard = new MeteredGuard().withChecks(checks);
      assertThatThrownBy(() -> Drawn.draw(file, guard))
          .isInstanceOf(RequestCancelledException.class);
      assertThat(guard.held()).isZero();
    }
  }

  @Test
  void memoryThatIsNotThere() throws IOException {
    byte[] file = PagesTest.bytes("shapes.pdf");
    MeteredGuard guard = new MeteredGuard().withBudget(1000);
    assertThatThrownBy(() -> Drawn.draw(file, guard)).isInstanceOf(OverloadedException.class);
    assertThat(guard.held()).isZero();
  }

  @Test
  void pagesThatAreNotThere() throws IOException, MediaException {
    try (OpenPages pages = renderer.open(PagesTest.bytes("shapes.pdf"), new MeteredGuard())) {
      assertThatThrownBy(() -> pages.render(1, 10, 10))
          .isInstanceOf(MediaException.class)
          .hasMessage("it has 1 pages, and none of number 2");
      assertThatThrownBy(() -> pages.size(-1)).isInstanceOf(MediaException.class);
      assertThatThrownBy(() -> pages.render(0, 0, 10)).isInstanceOf(MediaException.class);
      assertThatThrownBy(() -> pages.render(0, 1 << 20, 1 << 20))
          .isInstanceOf(MediaException.class);
    }
  }

  @Test
  void encryptedFiles() throws IOException, MediaException {
    byte[] plain = Drawn.draw(encrypted("owner", ""), new MeteredGuard());
    assertThat(plain).hasSize(3 * 100 * 50).containsOnly((byte) 255);
    Drawn.refused(encrypted("owner", "user"), "it is encrypted, and needs a password");
  }

  private static byte[] encrypted(String owner, String user) throws IOException {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    try (PDDocument document = new PDDocument()) {
      document.addPage(new PDPage());
      document.protect(new StandardProtectionPolicy(owner, user, new AccessPermission()));
      document.save(file);
    }
    return file.toByteArray();
  }

  /** The number of pages is counted, whatever the file says of it. */
  @Test
  void treesThatLie() throws MediaException {
    String page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 20 10] >>";
    for (int count : new int[] {0, 1, 3, 1_000_000_000, -7}) {
      byte[] file =
          Documents.empty()
              .add("<< /Type /Catalog /Pages 2 0 R >>")
              .add("<< /Type /Pages /Kids [3 0 R 4 0 R 5 0 R] /Count %d >>".formatted(count))
              .add(page)
              .add(
                  "<< /Type /Pages /Parent 2 0 R /Kids [5 0 R 5 0 R] /Count %d >>".formatted(count))
              .add(page)
              .bytes();
      try (OpenPages pages = renderer.open(file, new MeteredGuard())) {
        assertThat(pages.pages()).isEqualTo(4);
        for (int i = 0; i < 4; i++) {
          assertThat(pages.render(i, 20, 10)).hasSize(600);
        }
      }
    }
  }

  @Test
  void treesWithoutAnEnd() {
    Drawn.refused(
        Documents.empty()
            .add("<< /Type /Catalog /Pages 2 0 R >>")
            .add("<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
            .add("<< /Type /Pages /Kids [2 0 R] /Parent 2 0 R /Count 1 >>"),
        "its tree of pages has no end");
    Documents wide = Documents.empty().add("<< /Type /Catalog /Pages 2 0 R >>");
    for (int level = 2; level < 40; level++) {
      String kid = (level + 1) + " 0 R ";
      wide.add("<< /Type /Pages /Kids [%s] /Count 1 >>".formatted(kid.repeat(10)));
    }
    Drawn.refused(wide.add("<< /Type /Page /MediaBox [0 0 9 9] >>"), "more than 1000000 pages");
    Drawn.refused(
        Documents.empty()
            .add("<< /Type /Catalog /Pages 2 0 R >>")
            .add("<< /Type /Pages /Kids [] /Count 5 >>"),
        "there is no page in it");
  }

  @Test
  void picturesThatAreTooLarge() throws IOException {
    Drawn.refused(
        Documents.page("/Resources << /XObject << /I 4 0 R >> >> /Contents 5 0 R").stream(
            IMAGE + " /Width 100000 /Height 100000", "abc")
            .stream("", "/I Do"),
        "a picture has 10000000000 pixels");
    ByteArrayOutputStream jpeg = new ByteArrayOutputStream();
    ImageIO.write(new BufferedImage(16, 16, BufferedImage.TYPE_INT_RGB), "jpeg", jpeg);
    byte[] lying = jpeg.toByteArray();
    int frame = new String(lying, StandardCharsets.ISO_8859_1).indexOf("\u00ff\u00c0");
    Arrays.fill(lying, frame + 5, frame + 9, (byte) 0xfd);
    Drawn.refused(
        Documents.page("/Resources << /XObject << /I 4 0 R >> >> /Contents 5 0 R").stream(
            IMAGE + " /Width 16 /Height 16 /Filter /DCTDecode", lying)
            .stream("", "/I Do"),
        "a picture has 4227730441 pixels");
  }

  @Test
  void picturesThatCannotBeDecoded() {
    for (String filter : new String[] {"JPXDecode", "JBIG2Decode"}) {
      Drawn.refused(
          Documents.page("/Resources << /XObject << /I 4 0 R >> >> /Contents 5 0 R").stream(
              IMAGE + " /Width 16 /Height 16 /Filter /" + filter, "abc")
              .stream("", "/I Do"),
          "JPEG 2000 or JBIG2");
    }
    Drawn.refused(
        Documents.page("/Resources << /XObject << /I 4 0 R >> >> /Contents 5 0 R").stream(
            IMAGE + " /Width 16 /Height 16 /Filter /DCTDecode", "no JPEG")
            .stream("", "/I Do"),
        "a picture or a part of a page is broken");
  }

  /** What is small in the file and huge when it is decoded. */
  @Test
  void streamsThatInflate() {
    byte[] bomb = Documents.zeros(300L << 20);
    Drawn.refused(
        Documents.page("/Contents 4 0 R").stream("/Filter /FlateDecode", bomb),
        "a part of it becomes larger than 256 MB");
    // PDFBox does not look at the header.
    byte[] headless = bomb.clone();
    headless[0] = 0;
    Drawn.refused(
        Documents.page("/Contents 4 0 R").stream("/Filter /FlateDecode", headless),
        "a part of it becomes larger than 256 MB");
    // Twice compressed.
    ByteArrayOutputStream twice = new ByteArrayOutputStream();
    try (var out = new DeflaterOutputStream(twice)) {
      out.write(bomb);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    Drawn.refused(
        Documents.page("/Contents 4 0 R").stream(
            "/Filter [/FlateDecode /FlateDecode]", twice.toByteArray()),
        "becomes larger than 256 MB");
    // A run of 128 bytes from two.
    byte[] runs = new byte[8 << 20];
    for (int i = 0; i < runs.length; i += 2) {
      runs[i] = (byte) 129;
    }
    Drawn.refused(
        Documents.page("/Contents 4 0 R").stream("/Filter /RunLengthDecode", runs),
        "becomes larger than 256 MB");
  }

  /** A name that the file chose says nothing of what it names. */
  @Test
  void streamsBehindNamesThatMeanOtherThings() {
    byte[] bomb = Documents.zeros(300L << 20);
    for (String name : new String[] {"A", "Parent"}) {
      for (String where :
          new String[] {
            "/Resources << /XObject << /%s 4 0 R >> >>",
            "/Resources << /XObject << /Type /Annot /Rect [0 0 1 1] /%s 4 0 R >> >>",
            "/Resources << /Font << /F << /Type /Font /Subtype /Type3 /CharProcs << /%s 4 0 R >>"
                + " >> >> >>",
            "/Annots [<< /Subtype /Stamp /Rect [0 0 9 9] /AP << /N << /%s 4 0 R >> >> >>]"
          }) {
        Drawn.refused(
            Documents.page(where.formatted(name)).stream(FORM + " /Filter /FlateDecode", bomb),
            "becomes larger than 256 MB");
      }
    }
  }

  /** Any bytes can be taken for compressed ones, and these from each place on become many. */
  @Test
  void beginningsOfStreams() {
    Drawn.refused(
        "stream\n".repeat(100_000).getBytes(StandardCharsets.US_ASCII),
        "its parts become larger than 4096 MB");
  }

  @Test
  void tablesThatAreHuge() {
    Drawn.refused(
        Documents.page("/Resources << /Shading << /S 4 0 R >> >> /Contents 6 0 R")
            .add("<< /ShadingType 1 /ColorSpace /DeviceGray /Function 5 0 R >>")
            .stream(
                "/FunctionType 0 /Domain [0 1 0 1] /Range [0 1] /BitsPerSample 8"
                    + " /Size [60000 60000]",
                "abc")
            .stream("", "/S sh"),
        "a function has more than");
    Drawn.refused(
        Documents.page("/Contents 4 0 R").stream(
            "/Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 2000000000 >>",
            Documents.zeros(100)),
        "a row of a stream is too long");
  }

  /** Each form shows the next one ten times: 10^30 times the last. */
  @Test
  void formsThatMultiply() {
    Documents file =
        Documents.page("/Resources << /XObject << /F 5 0 R >> >> /Contents 4 0 R").stream(
            "", "/F Do");
    for (int i = 6; i < 36; i++) {
      file.stream(
          FORM + " /Resources << /XObject << /F %d 0 R >> >>".formatted(i), "/F Do ".repeat(10));
    }
    byte[] bytes = file.stream(FORM, "0 0 1 1 re f").bytes();
    MeteredGuard guard = new MeteredGuard().withTime(Duration.ofSeconds(2));
    long start = System.nanoTime();
    assertThatThrownBy(() -> Drawn.draw(bytes, guard))
        .isInstanceOf(DeadlineExceededException.class);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(20));
    assertThat(guard.held()).isZero();
  }

  @Test
  void formsWithoutAnEnd() throws MediaException {
    byte[] file =
        Documents.page("/Resources << /XObject << /F 5 0 R >> >> /Contents 4 0 R").stream(
                "", "/F Do")
            .stream(FORM + " /Resources << /XObject << /F 5 0 R >> >>", "/F Do")
            .bytes();
    MeteredGuard guard = new MeteredGuard().withTime(Duration.ofSeconds(20));
    assertThat(Drawn.draw(file, guard)).hasSize(3 * 100 * 50);
    assertThat(guard.held()).isZero();
  }

  @Test
  void fontsThatAreNotThere() throws MediaException {
    String text = "BT /F 40 Tf 10 20 Td (Hamburg) Tj ET";
    byte[] file =
        Documents.page(
                "/Resources << /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Nowhere >>"
                    + " >> >> /Contents 4 0 R")
            .stream("", text)
            .bytes();
    assertThat(Drawn.draw(file, new MeteredGuard())).contains((byte) 0);
    Drawn.refused(
        Documents.page("/Resources << /Font << /F 5 0 R >> >> /Contents 4 0 R").stream(
                "", "BT /F 40 Tf 10 20 Td <30423044> Tj ET")
            .add(
                "<< /Type /Font /Subtype /Type0 /BaseFont /Ryumin /Encoding /UniJIS-UCS2-H"
                    + " /DescendantFonts [6 0 R] >>")
            .add(
                "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /Ryumin /CIDSystemInfo"
                    + " << /Registry (Adobe) /Ordering (Japan1) /Supplement 2 >> >>"),
        "the font Ryumin without bringing it");
  }
}
