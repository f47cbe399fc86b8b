package dev.vl4j.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hardwood.InputFile;
import dev.hardwood.reader.ParquetFileReader;
import dev.vl4j.server.OddModels;
import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Commands as the launcher runs them, on the module path, where libraries see only what modules let
 * them see. The other tests are on the class path.
 */
@Timeout(120)
@Execution(ExecutionMode.CONCURRENT)
class ModulePathTest {
  @TempDir Path folder;

  private void run(String... words) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Djava.io.tmpdir=" + folder,
                "--module-path",
                "target/classes"
                    + File.pathSeparator
                    + Files.readString(Path.of("target/runtime-class-path")).strip(),
                "-m",
                "dev.vl4j.server/dev.vl4j.server.cli.Main"));
    command.addAll(List.of(words));
    Path said = folder.resolve("said");
    int code =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(said.toFile())
            .start()
            .waitFor();
    assertThat(code).as(Files.readString(said)).isZero();
  }

  @Test
  void vectorsOfPicturesAndTexts() throws IOException, InterruptedException {
    Path model = OddModels.embedder(folder.resolve("model"));
    Path photos = Files.createDirectory(folder.resolve("photos"));
    BufferedImage picture = new BufferedImage(40, 50, BufferedImage.TYPE_INT_RGB);
    ImageIO.write(picture, "png", photos.resolve("a.png").toFile());
    Path table = folder.resolve("v.parquet");
    run(
        "embed",
        model.toString(),
        "--image",
        photos.toString(),
        "--document",
        "red",
        "--output",
        table.toString());
    try (ParquetFileReader parquet = ParquetFileReader.open(InputFile.of(table))) {
      assertThat(parquet.getFileMetaData().numRows()).isEqualTo(2);
    }
    Path lines = folder.resolve("v.jsonl");
    run("embed", model.toString(), "--document", "red", "--output", lines.toString());
    assertThat(lines).content().startsWith("{\"id\":\"embd-").contains("\"embedding\":[");
  }

  @Test
  void rankings() throws IOException, InterruptedException {
    Path answer = folder.resolve("answer.json");
    run("rerank", "--query", "red", "--document", "a", "--output", answer.toString());
    assertThat(answer).content().contains("\"relevance_score\":");
  }
}
