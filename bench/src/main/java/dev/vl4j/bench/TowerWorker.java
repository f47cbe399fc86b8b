package dev.vl4j.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.vl4j.engine.CachingOptions;
import dev.vl4j.loader.ModelDirectory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Our side of {@code bench/compare}: runs a tower for each line on its standard input.
 *
 * <p>{@link Towers} says what cases there are. {@code save CASE FILE} runs one and writes what it
 * computed as little-endian float32; {@code time CASE} answers with the seconds of one forward.
 * Between lines the process sleeps.
 */
public final class TowerWorker {
  private final Towers towers;
  private final Map<String, Towers.Case> cases = new HashMap<>();

  private TowerWorker(Towers towers) {
    this.towers = towers;
  }

  /**
   * Options: {@code --model DIR}, {@code --inputs DIR} with a file {@code CASE.in} for each case,
   * {@code --threads} (one per processor), {@code --dtype f32|bf16|int8}, {@code --backend} (cpu).
   */
  public static void main(String[] arguments) throws IOException {
    Arguments options = new Arguments(arguments, "model", "inputs", "threads", "dtype", "backend");
    int threads = options.integer("threads", Runtime.getRuntime().availableProcessors());
    try (Towers towers =
            Towers.open(
                ModelDirectory.open(Path.of(options.require("model"))),
                options.string("backend", "cpu"),
                threads,
                options.precision(),
                CachingOptions.DEFAULT,
                Path.of(options.require("inputs")));
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, UTF_8))) {
      System.out.println("ready " + towers.backend().description());
      TowerWorker worker = new TowerWorker(towers);
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        System.out.println(worker.answer(line.split(" ", 3)));
      }
    }
  }

  private String answer(String[] words) throws IOException {
    Towers.Case asked = cases.computeIfAbsent(words[1], towers::prepare);
    return switch (words[0]) {
      case "save" -> {
        save(asked.run(true), Path.of(words[2]));
        yield "saved";
      }
      case "time" -> {
        long start = System.nanoTime();
        List<float[]> _ = asked.run(false);
        yield Double.toString((System.nanoTime() - start) / 1e9);
      }
      default ->
          throw new IllegalArgumentException("expected save or time, found \"" + words[0] + "\"");
    };
  }

  private static void save(List<float[]> computed, Path file) throws IOException {
    int count = computed.stream().mapToInt(values -> values.length).sum();
    ByteBuffer bytes = ByteBuffer.allocate(count * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (float[] values : computed) {
      for (float value : values) {
        bytes.putFloat(value);
      }
    }
    Files.write(file, bytes.array());
  }
}
