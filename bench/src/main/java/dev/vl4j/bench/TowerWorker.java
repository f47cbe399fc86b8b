package dev.vl4j.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.vl4j.engine.model.Qwen3VlConfig;
import dev.vl4j.engine.model.RerankModel;
import dev.vl4j.engine.model.TextBatch;
import dev.vl4j.engine.model.VisualFeatures;
import dev.vl4j.engine.vision.ImagePatches;
import dev.vl4j.kernels.BackendSettings;
import dev.vl4j.kernels.Backends;
import dev.vl4j.kernels.Segment;
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

  /** A forward pass on an input that is ready in memory. */
  private interface Forward {
    /** What it computed, to be closed by the caller. */
    List<Tensor> run();
  }

  private final RerankModel model;
  private final Qwen3VlConfig config;
  private final Path inputs;
  private final Map<String, Forward> cases = new HashMap<>();

  private TowerWorker(RerankModel model, Qwen3VlConfig config, Path inputs) {
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
    Qwen3VlConfig config = Qwen3VlConfig.read(directory.config());
    int threads = options.integer("threads", Runtime.getRuntime().availableProcessors());
    // The head is not measured: any two tokens will do for it.
    try (RerankModel model =
            new RerankModel(
                config,
                directory,
                Backends.open("cpu", BackendSettings.DEFAULT.withThreads(threads)),
                options.precision(),
                1,
                0);
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, UTF_8))) {
      System.out.println("ready " + model.backend().description());
      TowerWorker worker = new TowerWorker(model, config, inputs);
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        System.out.println(worker.answer(line.split(" ", 3)));
      }
    }
  }

  private String answer(String[] words) throws IOException {
    Forward forward = cases.computeIfAbsent(words[1], this::prepare);
    return switch (words[0]) {
      case "save" -> {
        save(forward.run(), Path.of(words[2]));
        yield "saved";
      }
      case "time" -> {
        long start = System.nanoTime();
        List<Tensor> computed = forward.run();
        double seconds = (System.nanoTime() - start) / 1e9;
        computed.forEach(Tensor::close);
        yield Double.toString(seconds);
      }
      default ->
          throw new IllegalArgumentException("expected save or time, found \"" + words[0] + "\"");
    };
  }

  private Forward prepare(String name) {
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
  private Forward text(int prompts, int tokens, ByteBuffer input) {
    int[] ids = new int[prompts * tokens];
    input.asIntBuffer().get(ids);
    int[] positions = IntStream.range(0, ids.length).map(row -> row % tokens).toArray();
    TextBatch batch =
        TextBatch.ofPrompts(
            ids,
            new int[][] {positions, positions, positions},
            IntStream.range(0, prompts)
                .mapToObj(prompt -> Segment.causalRoot(prompt * tokens, tokens))
                .toList(),
            List.of());
    return () -> List.of(model.text().forward(batch));
  }

  /** The image's visual tokens, and below them those of each DeepStack tap. */
  private Forward vision(int width, int height, ByteBuffer input) {
    int side = config.vision().patchSize();
    float[] values = firstFrame(input.asFloatBuffer());
    List<ImagePatches> image = List.of(new ImagePatches(values, height / side, width / side));
    return () -> {
      VisualFeatures features = model.vision().forward(image);
      List<Tensor> computed = new ArrayList<>(features.deepStack());
      computed.addFirst(features.embeddings());
      return computed;
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

  private void save(List<Tensor> computed, Path file) throws IOException {
    int count = computed.stream().mapToInt(tensor -> tensor.rows() * tensor.columns()).sum();
    ByteBuffer bytes = ByteBuffer.allocate(count * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (Tensor tensor : computed) {
      for (float value : model.backend().download(tensor)) {
        bytes.putFloat(value);
      }
      tensor.close();
    }
    Files.write(file, bytes.array());
  }
}
