package dev.vl4j.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.vl4j.engine.CachingOptions;
import dev.vl4j.engine.model.Model;
import dev.vl4j.engine.model.ModelForwards;
import dev.vl4j.engine.model.config.ModelConfig;
import dev.vl4j.engine.model.head.ScoreHead;
import dev.vl4j.engine.model.tower.TextBatch;
import dev.vl4j.engine.model.tower.TextTower;
import dev.vl4j.engine.model.tower.VisualFeatures;
import dev.vl4j.engine.vision.ImagePatches;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.BackendSettings;
import dev.vl4j.kernels.Backends;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.Tensor;
import dev.vl4j.loader.ModelDirectory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Our side of {@code bench/compare}: runs a tower for each line on its standard input.
 *
 * <p>A case is {@code text-BxT}, B prompts of T tokens, or {@code vision-WxH}, one image of so many
 * pixels. {@code save CASE FILE} runs it and writes what it computed as little-endian float32;
 * {@code time CASE} answers with the seconds of one forward. Between lines the process sleeps.
 */
public final class TowerWorker {
  private static final Pattern CASE = Pattern.compile("(text|vision)-(\\d+)x(\\d+)");

  /** A tower's forward on an input that is ready in memory. */
  private interface Case {
    /**
     * Computes it to its end.
     *
     * @param whole whether all that it gives is wanted, or some of it will do
     */
    List<float[]> run(boolean whole);
  }

  private final Model model;
  private final ModelConfig config;
  private final Path inputs;
  private final Map<String, Case> cases = new HashMap<>();

  private TowerWorker(Model model, ModelConfig config, Path inputs) {
    this.model = model;
    this.config = config;
    this.inputs = inputs;
  }

  /**
   * Options: {@code --model DIR}, {@code --inputs DIR} with a file {@code CASE.in} for each case
   * (token ids as int32 or patches with all their frames as float32, little-endian), {@code
   * --threads} (one per processor), {@code --dtype f32|bf16|int8}.
   */
  public static void main(String[] arguments) throws IOException {
    Arguments options = new Arguments(arguments, "model", "inputs", "threads", "dtype");
    ModelDirectory directory = ModelDirectory.open(Path.of(options.require("model")));
    Path inputs = Path.of(options.require("inputs"));
    ModelConfig config = ModelConfig.read(directory.config());
    int threads = options.integer("threads", Runtime.getRuntime().availableProcessors());
    // The head is not measured: any two tokens will do for it.
    try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULT.withThreads(threads));
        ModelForwards<Double> forwards =
            ModelForwards.open(
                config,
                directory,
                backend,
                options.precision(),
                weights -> ScoreHead.of(config, weights, 1, 0),
                null,
                CachingOptions.DEFAULT);
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, UTF_8))) {
      System.out.println("ready " + backend.description());
      TowerWorker worker = new TowerWorker(forwards.model(), config, inputs);
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        System.out.println(worker.answer(line.split(" ", 3)));
      }
    }
  }

  private String answer(String[] words) throws IOException {
    Case asked = cases.computeIfAbsent(words[1], this::prepare);
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

  private Case prepare(String name) {
    Matcher sizes = CASE.matcher(name);
    if (!sizes.matches()) {
      throw new IllegalArgumentException(
          "case: expected text-BxT or vision-WxH, found \"%s\"".formatted(name));
    }
    int first = Integer.parseInt(sizes.group(2));
    int second = Integer.parseInt(sizes.group(3));
    ByteBuffer input = read(inputs.resolve(name + ".in"));
    return name.startsWith("text") ? text(first, second, input) : vision(first, second, input);
  }

  /** The last token's final hidden state for each of the prompts. */
  private Case text(int prompts, int tokens, ByteBuffer input) {
    int[] ids = new int[prompts * tokens];
    input.asIntBuffer().get(ids);
    int[] positions = IntStream.range(0, ids.length).map(row -> row % tokens).toArray();
    int[] lengths = new int[prompts];
    Arrays.fill(lengths, tokens);
    TextTower tower = model.text();
    return whole -> {
      try (Forward forward = model.backend().begin()) {
        TextBatch batch =
            TextBatch.ofPrompts(
                forward,
                tower.attention(),
                ids,
                new int[][] {positions, positions, positions},
                lengths,
                List.of());
        return List.of(forward.read(tower.forward(forward, batch, () -> {})).await());
      }
    };
  }

  /** The image's visual tokens, and below them those of each DeepStack tap. */
  private Case vision(int width, int height, ByteBuffer input) {
    int side = config.vision().patchSize();
    float[] values = firstFrame(input.asFloatBuffer());
    List<ImagePatches> image =
        List.of(new ImagePatches.Values(values, height / side, width / side));
    return whole -> {
      try (VisualFeatures features = model.vision().encode(image, () -> {}).getFirst();
          Forward forward = model.backend().begin()) {
        List<float[]> computed = new ArrayList<>();
        List<Tensor> tensors = new ArrayList<>(features.deepStack());
        tensors.addFirst(features.embeddings());
        for (Tensor tensor : tensors) {
          computed.add(forward.read(whole ? tensor : tensor.rows(0, 1)).await());
        }
        return computed;
      }
    };
  }

  /** Of [patches * channels][frames][pixels] the first frame: of a still image all are the same. */
  private float[] firstFrame(FloatBuffer patches) {
    int frames = config.vision().temporalPatchSize();
    int pixels = config.vision().patchSize() * config.vision().patchSize();
    float[] values = new float[patches.remaining() / frames];
    for (int to = 0; to < values.length; to += pixels) {
      patches.get(to * frames, values, to, pixels);
    }
    return values;
  }

  private static ByteBuffer read(Path file) {
    try {
      return ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
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
