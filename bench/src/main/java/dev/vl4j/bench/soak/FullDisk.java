package dev.vl4j.bench.soak;

import dev.vl4j.server.process.JavaCommand;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A run over a file of requests whose output reaches a limit on files, as on a full disk, and then
 * is continued: it must fail in words, and end with the bytes of a run that nothing stopped.
 */
final class FullDisk {
  private static final int LINES = 400;
  private static final int LIMIT_BLOCKS = 64; // of 512 bytes or 1 KiB, as the shell counts

  private final Path folder;
  private final Tally tally;
  private final Path input;
  private final byte[] whole;

  FullDisk(Path folder, Tally tally) throws IOException, InterruptedException {
    this.folder = folder;
    this.tally = tally;
    input = folder.resolve("in.jsonl");
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < LINES; i++) {
      lines.add("{\"query\":\"number %d\",\"documents\":[\"one %d\",\"two\"]}".formatted(i, i));
    }
    Files.write(input, lines);
    Path output = folder.resolve("whole.jsonl");
    int code = run(output, 0);
    if (code != 0) {
      throw new IOException("a run that nothing stops ended with " + code);
    }
    whole = Files.readAllBytes(output);
  }

  /** Runs into the limit, then continues without it. */
  void once() throws IOException, InterruptedException {
    Path output = folder.resolve("limited.jsonl");
    Files.deleteIfExists(output);
    int full = run(output, LIMIT_BLOCKS);
    if (full == 0) {
      tally.wrong("a run whose disk was full ended with success");
    }
    int continued = run(output, 0);
    if (continued != 0 || !Arrays.equals(Files.readAllBytes(output), whole)) {
      tally.wrong("a run that was continued after a full disk gave other bytes, code " + continued);
    } else {
      tally.count("full disk");
    }
  }

  private int run(Path output, int blocks) throws IOException, InterruptedException {
    String limit = blocks == 0 ? "" : "ulimit -f " + blocks + "; ";
    return JavaCommand.vl4j("rerank", "--input", input.toString(), "--output", output.toString())
        .withOptions(List.of("-Xmx256m"))
        .withShell(limit)
        .builder()
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
  }
}
