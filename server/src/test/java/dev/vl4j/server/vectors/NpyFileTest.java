package dev.vl4j.server.vectors;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Beside files that NumPy wrote ({@code bench/reference/npy_files.py}), byte for byte. */
class NpyFileTest {
  private static final Path FIXTURES = Path.of("src/test/resources/npy");

  @TempDir Path folder;

  private static byte[] byNumpy(String name) throws IOException {
    return Files.readAllBytes(FIXTURES.resolve(name + ".npy"));
  }

  @Test
  void float32() throws IOException {
    Path file =
        new RowFiles(folder)
            .add(0, 0.125f, -1e-30f)
            .failed("", "line 2: broken")
            .add(3.4028235e38f, -0f, 1 / 3f)
            .write(FileFormat.NPY, NumberType.FLOAT32, 3);
    assertThat(Files.readAllBytes(file)).isEqualTo(byNumpy("float32"));
  }

  @Test
  void int8() throws IOException {
    Path file =
        new RowFiles(folder)
            .add("", (byte) -128, (byte) -1, (byte) 127, (byte) 5)
            .failed("", "line 2: broken")
            .write(FileFormat.NPY, NumberType.INT8, 4);
    assertThat(Files.readAllBytes(file)).isEqualTo(byNumpy("int8"));
  }

  @Test
  void uint8() throws IOException {
    Path file =
        new RowFiles(folder)
            .add("", (byte) 0, (byte) 128, (byte) 255)
            .write(FileFormat.NPY, NumberType.UINT8, 3);
    assertThat(Files.readAllBytes(file)).isEqualTo(byNumpy("uint8"));
  }

  @Test
  void noRows() throws IOException {
    Path file = new RowFiles(folder).write(FileFormat.NPY, NumberType.FLOAT32, 5);
    assertThat(Files.readAllBytes(file)).isEqualTo(byNumpy("empty"));
  }

  /** The numbers begin at a multiple of 64 bytes however long the shape is in words. */
  @Test
  void theHeaderIsAligned() throws IOException {
    for (int width : new int[] {1, 36, 2048, 1_000_000_000}) {
      for (long rows : new long[] {0, 9, 12_345_678, Long.MAX_VALUE}) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        NpyFile.writeHeader(out, NumberType.FLOAT32, rows, width);
        byte[] header = out.toByteArray();
        assertThat(header.length % 64).isZero();
        assertThat((header[8] & 0xFF) | (header[9] & 0xFF) << 8).isEqualTo(header.length - 10);
        assertThat(new String(header, StandardCharsets.ISO_8859_1))
            .contains("(%d, %d)".formatted(rows, width))
            .endsWith("\n");
      }
    }
  }
}
