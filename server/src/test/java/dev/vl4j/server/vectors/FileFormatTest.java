package dev.vl4j.server.vectors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class FileFormatTest {
  @TempDir Path folder;

  @Test
  void tabSeparatedValues() throws IOException {
    Path file =
        new RowFiles(folder)
            .add("\"custom_id\":\"a\\tb \\\"c\\\"\",", RowFiles.bytes(1, -0f, 1e-7f))
            .failed("", "line 2:\\n broken")
            .add(0.1f, 3.4028235e38f, Float.NaN)
            .write(FileFormat.TSV, NumberType.FLOAT32, 3);
    assertThat(Files.readAllLines(file))
        .containsExactly(
            "row\tcustom_id\terror\ttokens\tscale\t0\t1\t2",
            "0\t\"a b \"\"c\"\"\"\t\t3\t\t1.0\t-0.0\t1.0E-7",
            "1\t\tline 2:  broken\t0\t\t\t\t",
            "2\t\t\t5\t\t0.1\t3.4028235E38\tNaN");
    Path small =
        new RowFiles(folder)
            .add("\"scale\":0.5,", (byte) 255, (byte) 1)
            .write(FileFormat.TSV, NumberType.UINT8, 2);
    assertThat(Files.readAllLines(small).getLast()).isEqualTo("0\t\t\t3\t0.5\t255\t1");
  }

  /** What was there stays until the new file is whole, and no half of it is left. */
  @ParameterizedTest
  @EnumSource(FileFormat.class)
  void aFileIsWholeOrTheOneBefore(FileFormat format) throws IOException {
    Path target = new RowFiles(folder).add(1).write(format, NumberType.FLOAT32, 1);
    byte[] before = Files.readAllBytes(target);
    assertThatThrownBy(
            () -> new RowFiles(folder).add(1).add(1, 2).write(format, NumberType.FLOAT32, 1))
        .isInstanceOf(IOException.class)
        .hasMessage("rows.jsonl, line 2: its vector has 8 bytes, not 4");
    assertThat(target).hasBinaryContent(before);
    Path again = new RowFiles(folder).add(1).add(2).write(format, NumberType.FLOAT32, 1);
    assertThat(again).isEqualTo(target);
    assertThat(Files.readAllBytes(target)).isNotEqualTo(before);
    try (var files = Files.list(folder)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("rows.jsonl", target.getFileName().toString());
    }
  }

  @Test
  void aLinkStaysOne() throws IOException {
    Path elsewhere = Files.createDirectory(folder.resolve("disk")).resolve("real.npy");
    Files.createFile(elsewhere);
    Path link = Files.createSymbolicLink(folder.resolve("vectors.npy"), elsewhere);
    assertThat(new RowFiles(folder).add(1).write(FileFormat.NPY, NumberType.FLOAT32, 1))
        .isEqualTo(link)
        .isSymbolicLink();
    assertThat(elsewhere).isNotEmptyFile();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "nonsense | it is no row",
        "{\"id\": 1} | its vector has 0 bytes, not 4",
        "{\"embedding\": \"*\"} | it is no row",
        "{\"embedding\": [1]} | its vector has 0 bytes, not 4",
        "5 | its vector has 0 bytes, not 4",
      })
  void damagedRows(String line, String said) throws IOException {
    Path rows = Files.writeString(folder.resolve("r.jsonl"), line + "\n");
    assertThatThrownBy(
            () -> FileFormat.NPY.write(rows, 1, NumberType.FLOAT32, 1, folder.resolve("v.npy")))
        .isInstanceOf(IOException.class)
        .hasMessage("r.jsonl, line 1: " + said);
  }
}
