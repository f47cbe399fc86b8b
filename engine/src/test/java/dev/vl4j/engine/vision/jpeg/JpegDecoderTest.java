package dev.vl4j.engine.vision.jpeg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.RequestCancelledException;
import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.model.Fixtures;
import dev.vl4j.engine.vision.decode.BrokenImageException;
import dev.vl4j.engine.vision.decode.ImagePixels;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What hostile files may cost. What pixels they give is a matter of {@code OddImagesTest}. */
class JpegDecoderTest {
  private static final Path DECODE = Fixtures.ROOT.resolve("decode");
  private static final Path ODD = Fixtures.ROOT.resolve("odd-images/jpeg");

  /** Coefficients 1 to 63, all of their bits, and those that refine the lowest. */
  private static final String FIRST_SCAN = "ffda00080101" + "00" + "013f00";

  private static final String REFINING_SCAN = "ffda00080101" + "00" + "013f10";

  /** Four words, each for 16,384 blocks without any coefficient. */
  private static final String EMPTY_BLOCKS = "0000000000000000";

  @Test
  void thousandsOfEmptyScansCostNoMoreThanTheirBytes() throws BrokenImageException {
    assertThat(samples(progressive(2048, FIRST_SCAN, 3000)))
        .hasSize(2048 * 2048)
        .containsOnly((byte) 128);
  }

  @Test
  void thousandsOfScansThatVisitEveryBlockAreRefused() {
    byte[] file = progressive(2048, REFINING_SCAN, 3000);
    assertThatThrownBy(() -> samples(file))
        .isInstanceOf(BrokenImageException.class)
        .hasMessageMatching("its scans go through its 65536 blocks more than \\d+ times over");
  }

  @Test
  void thousandsOfScansOfAFewBlocksAreFine() throws BrokenImageException {
    assertThat(samples(progressive(64, REFINING_SCAN, 3000))).hasSize(64 * 64);
  }

  @Test
  void losslessScansWithoutDataAreCountedToo() {
    StringBuilder hex = new StringBuilder("ffd8ffc30011080800080003011100021100031100");
    hex.append("ffc4001400").append("01").append("00".repeat(15)).append("00");
    hex.append("ffda0008010100010000".repeat(1000)).append("ffd9");
    byte[] file = HexFormat.of().parseHex(hex);
    assertThatThrownBy(() -> samples(file))
        .isInstanceOf(BrokenImageException.class)
        .hasMessageStartingWith("its scans go through its 12582912 blocks more than 4 times over");
  }

  @Test
  void planesStayReservedAndCoefficientsDoNot() throws IOException {
    for (String name : List.of("s420.jpg", "progressive.jpg")) {
      Ledger guard = new Ledger();
      ImagePixels image = new JpegDecoder().decode(Files.readAllBytes(DECODE.resolve(name)), guard);
      long luminance = (long) blocks(image.width()) * blocks(image.height()) * 64;
      long chrominance =
          (long) blocks((image.width() + 1) / 2) * blocks((image.height() + 1) / 2) * 64;
      assertThat(guard.held).as(name).isEqualTo(luminance + 2 * chrominance);
      assertThat(guard.checks).as(name).isGreaterThanOrEqualTo(image.height() / 16);
    }
  }

  private static int blocks(int samples) {
    return (samples + 7) / 8;
  }

  @Test
  void memoryIsReservedBeforeItIsTaken() {
    Ledger guard = new Ledger();
    guard.most = 1 << 20;
    byte[] file = progressive(13_000, FIRST_SCAN, 1);
    assertThatThrownBy(() -> new JpegDecoder().decode(file, guard))
        .isInstanceOf(OverloadedException.class);
    assertThat(guard.held).isZero();
  }

  @Test
  void largerImagesThanTheGuardAllowsAreRefused() {
    Ledger guard = new Ledger();
    guard.mostPixels = 99;
    assertThatThrownBy(() -> new JpegDecoder().decode(progressive(10, FIRST_SCAN, 1), guard))
        .isInstanceOf(BrokenImageException.class)
        .hasMessageContaining("100 pixels");
  }

  @Test
  void stopsWhenNobodyWaits() {
    for (int checks = 0; checks < 600; checks += 97) {
      Ledger guard = new Ledger();
      guard.mostChecks = checks;
      assertThatThrownBy(() -> new JpegDecoder().decode(progressive(2048, FIRST_SCAN, 2), guard))
          .as(checks + " checks")
          .isInstanceOf(RequestCancelledException.class);
    }
  }

  @Test
  void brokenFilesGiveAnImageOrWordsAndNothingElse() throws IOException {
    long seed = 20261127;
    Random random = new Random(seed);
    List<Path> files;
    try (Stream<Path> all = Files.list(ODD)) {
      files = all.filter(file -> file.toString().endsWith(".jpg")).sorted().toList();
    }
    assertThat(files).hasSizeGreaterThan(50);
    for (Path file : files) {
      byte[] sound = Files.readAllBytes(file);
      for (int i = 0; i < 60; i++) {
        byte[] broken = Arrays.copyOf(sound, sound.length - random.nextInt(4));
        for (int n = 1 + random.nextInt(4); n > 0; n--) {
          broken[random.nextInt(broken.length)] = (byte) random.nextInt(256);
        }
        assertThatCode(() -> decodeOrRefuse(broken))
            .as("%s, seed %d, case %d", file, seed, i)
            .doesNotThrowAnyException();
      }
    }
  }

  private static void decodeOrRefuse(byte[] file) {
    try {
      samples(file);
    } catch (BrokenImageException e) {
      assertThat(e.getMessage()).isNotEmpty();
    }
  }

  private static byte[] samples(byte[] file) throws BrokenImageException {
    Ledger guard = new Ledger();
    guard.mostPixels = 1 << 23;
    ImagePixels image = new JpegDecoder().decode(file, guard);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] row = new byte[image.width() * image.mode().channels];
    ImagePixels.Rows rows = image.rows();
    for (int y = 0; y < image.height(); y++) {
      rows.next(row);
      out.writeBytes(row);
    }
    return out.toByteArray();
  }

  /** A gray square without any coefficient: one DC scan, then so many AC scans. */
  private static byte[] progressive(int size, String scan, int scans) {
    StringBuilder hex = new StringBuilder("ffd8");
    hex.append("ffdb004300").append("01".repeat(64));
    hex.append("ffc2000b08").append("%04x%04x".formatted(size, size)).append("01011100");
    hex.append("ffc4001400").append("01").append("00".repeat(15)).append("00");
    hex.append("ffc4001410").append("01").append("00".repeat(15)).append("e0");
    int blocks = blocks(size) * blocks(size);
    hex.append("ffda00080101").append("00").append("000000").append("00".repeat(blocks / 8 + 8));
    hex.append((scan + EMPTY_BLOCKS).repeat(scans));
    return HexFormat.of().parseHex(hex.append("ffd9"));
  }

  /** Counts, up to a limit. */
  private static final class Ledger implements WorkGuard {
    long held;
    long most = Long.MAX_VALUE;
    long mostPixels = DEFAULT_MAX_PIXELS;
    int checks;
    int mostChecks = Integer.MAX_VALUE;

    @Override
    public void check() {
      if (++checks > mostChecks) {
        throw new RequestCancelledException("nobody waits");
      }
    }

    @Override
    public void reserve(long bytes) {
      if (held + bytes > most) {
        throw new OverloadedException("no memory");
      }
      held += bytes;
    }

    @Override
    public void release(long bytes) {
      held -= bytes;
    }

    @Override
    public long maxPixels() {
      return mostPixels;
    }
  }
}
