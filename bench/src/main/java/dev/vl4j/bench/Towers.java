package dev.vl4j.bench;

import dev.vl4j.engine.CachingOptions;
import dev.vl4j.engine.Precision;
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
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * A model's towers on inputs in files, for one thread.
 *
 * <p>A case is {@code text-BxT}, B prompts of T tokens, {@code vision-WxH}, one image of so many
 * pixels, or {@code images-NxS}, N times the same square image of S pixels a side. Its input is the
 * file {@code CASE.in}: token ids as int32 or patches of one image with all their frames as
 * float32, little-endian.
 */
public final class Towers implements AutoCloseable {
  private static final Pattern CASE = Pattern.compile("(text|vision|images)-(\\d+)x(\\d+)");

  /** A tower's forward on an input that is ready in memory. */
  public interface Case {
    /**
     * Computes it to its end.
     *
     * @param whole whether all that it gives is wanted, or some of it will do
     */
    List<float[]> run(boolean whole);
  }

  private final Backend backend;
  private final ModelForwards<Double> forwards;
  private final ModelConfig config;
  private final Path inputs;

  private Towers(Backend backend, ModelForwards<Double> forwards, ModelConfig config, Path inputs) {
    this.backend = backend;
    this.forwards = forwards;
    this.config = config;
    this.inputs = inputs;
  }

  /**
   * Opens a model on a backend of its own.
   *
   * @param choice of the backend, as {@link Backends#open} takes it
   * @param inputs folder of the inputs
   */
  public static Towers open(
      ModelDirectory directory,
      String choice,
      int threads,
      Precision precision,
      CachingOptions caching,
      Path inputs) {
    ModelConfig config = ModelConfig.read(directory.config());
    Backend backend = Backends.open(choice, BackendSettings.DEFAULT.withThreads(threads));
    try {
      // The head is not measured: any two tokens will do for it.
      ModelForwards<Double> forwards =
          ModelForwards.open(
              config,
              directory,
              backend,
              precision,
              weights -> ScoreHead.of(config, weights, 1, 0),
              null,
              null,
              caching);
      return new Towers(backend, forwards, config, inputs);
    } catch (RuntimeException e) {
      backend.close();
      throw e;
    }
  }

  /** What the towers run on. */
  public Backend backend() {
    return backend;
  }

  public ModelConfig config() {
    return config;
  }

  private Model model() {
    return forwards.model();
  }

  /** Reads a case's input. */
  public Case prepare(String name) {
    Matcher sizes = CASE.matcher(name);
    if (!sizes.matches()) {
      throw new IllegalArgumentException(
          "case: expected text-BxT, vision-WxH or images-NxS, found \"%s\"".formatted(name));
    }
    int first = Integer.parseInt(sizes.group(2));
    int second = Integer.parseInt(sizes.group(3));
    ByteBuffer input = read(inputs.resolve(name + ".in"));
    return switch (sizes.group(1)) {
      case "text" -> text(first, second, input);
      case "vision" -> vision(1, first, second, input);
      default -> vision(first, second, second, input);
    };
  }

  /** The last token's final hidden state for each of the prompts. */
  private Case text(int prompts, int tokens, ByteBuffer input) {
    int[] ids = new int[prompts * tokens];
    input.asIntBuffer().get(ids);
    int[] positions = IntStream.range(0, ids.length).map(row -> row % tokens).toArray();
    int[] lengths = new int[prompts];
    Arrays.fill(lengths, tokens);
    TextTower tower = model().text();
    return whole -> {
      try (Forward forward = backend.begin()) {
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

  /** The last image's visual tokens, and below them those of each DeepStack tap. */
  private Case vision(int count, int width, int height, ByteBuffer input) {
    int side = config.vision().orElseThrow().patchSize();
    float[] values = firstFrame(input.asFloatBuffer());
    ImagePatches image = new ImagePatches.Values(values, height / side, width / side);
    List<ImagePatches> images = Collections.nCopies(count, image);
    return whole -> {
      List<VisualFeatures> encoded = model().vision().orElseThrow().encode(images, () -> {});
      VisualFeatures features = encoded.getLast();
      try (Forward forward = backend.begin()) {
        List<float[]> computed = new ArrayList<>();
        List<Tensor> tensors = new ArrayList<>(features.deepStack());
        tensors.addFirst(features.embeddings());
        for (Tensor tensor : tensors) {
          computed.add(forward.read(whole ? tensor : tensor.rows(0, 1)).await());
        }
        return computed;
      } finally {
        encoded.forEach(VisualFeatures::close);
      }
    };
  }

  /** Of [patches * channels][frames][pixels] the first frame: of a still image all are the same. */
  private float[] firstFrame(FloatBuffer patches) {
    int frames = config.vision().orElseThrow().temporalPatchSize();
    int pixels =
        config.vision().orElseThrow().patchSize() * config.vision().orElseThrow().patchSize();
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

  @Override
  public void close() {
    try (backend) {
      forwards.close();
    }
  }
}
