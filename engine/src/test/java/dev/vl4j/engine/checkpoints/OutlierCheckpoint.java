package dev.vl4j.engine.checkpoints;

import dev.vl4j.engine.prompt.Fragment;
import dev.vl4j.engine.prompt.Tokenizer;
import dev.vl4j.kernels.Formats;
import dev.vl4j.loader.ElementType;
import dev.vl4j.loader.SafetensorsWriter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A seeded random checkpoint of the true architecture, in bfloat16, with outlier channels. The
 * tokenizer is the demonstration model's. The same arguments give the same bytes on any machine.
 */
public final class OutlierCheckpoint {
  private static final String DEMO = "/dev/vl4j/engine/demo/";
  private static final int TURN_START = 1341;
  private static final int YES = 537;
  private static final int NO = 535;

  private static final double GROWTH = 1.1;
  private static final double PATCH_SIZE = 1.4;
  private static final double VISION_GROWTH = 1.18;

  private final Shape shape = Shape.SMALL;
  private final long seed;
  private final Channels hidden;
  private final Channels inner;
  private final Channels visionHidden;
  private final Channels visionInner;
  private final List<SafetensorsWriter.Entry> entries = new ArrayList<>();

  private OutlierCheckpoint(Planting planting, long seed) {
    this.seed = seed;
    Random random = random("outliers");
    hidden = Channels.of(shape.hidden(), planting, 6, 2, random);
    inner = Channels.of(shape.intermediate(), planting, 8, 0, random);
    visionHidden = Channels.of(shape.visionHidden(), planting, 4, 0, random);
    visionInner = Channels.of(shape.visionIntermediate(), planting, 4, 0, random);
  }

  /**
   * Writes a checkpoint.
   *
   * @param head [hidden], the difference of the output rows for "yes" and "no"
   */
  public static void write(Path directory, Planting planting, long seed, float[] head)
      throws IOException {
    Files.createDirectories(directory.resolve("1_LogitScore"));
    for (String file :
        List.of(
            "tokenizer.json",
            "tokenizer_config.json",
            "preprocessor_config.json",
            "video_preprocessor_config.json",
            "modules.json",
            "1_LogitScore/config.json")) {
      try (InputStream resource = OutlierCheckpoint.class.getResourceAsStream(DEMO + file)) {
        if (resource == null) {
          throw new IOException("no resource " + DEMO + file);
        }
        Files.copy(resource, directory.resolve(file), StandardCopyOption.REPLACE_EXISTING);
      }
    }
    Files.writeString(directory.resolve("config.json"), Shape.SMALL.config());
    OutlierCheckpoint checkpoint = new OutlierCheckpoint(planting, seed);
    try (Tokenizer tokenizer = Tokenizer.open(directory.resolve("tokenizer.json"))) {
      checkpoint.addText(head, tokenizer);
    }
    checkpoint.addVision();
    SafetensorsWriter.write(directory.resolve("model.safetensors"), checkpoint.entries);
  }

  /** A head that reads a random direction. */
  public static float[] randomHead(long seed) {
    Random random = new Random(seed);
    float[] head = new float[Shape.SMALL.hidden()];
    for (int i = 0; i < head.length; i++) {
      head[i] = (float) (0.1 * random.nextGaussian());
    }
    return head;
  }

  private void addText(float[] head, Tokenizer tokenizer) {
    String at = "model.language_model.";
    int width = shape.hidden();
    int query = shape.heads() * shape.headSize();
    int keyValue = shape.keyValueHeads() * shape.headSize();
    float[] embeddings = noise(at + "embed_tokens.weight", shape.vocabulary() * width, 0, 1);
    knowSubject(embeddings, tokenizer);
    hidden.held(embeddings);
    hidden.heldFirst(embeddings, TURN_START);
    add(at + "embed_tokens.weight", embeddings, shape.vocabulary(), width);
    for (int i = 0; i < shape.layers(); i++) {
      String layer = at + "layers." + i + ".";
      double ordinary = Math.pow(GROWTH, i);
      vector(layer + "input_layernorm.weight", width, 1, w -> hidden.normed(w, ordinary));
      linear(layer + "self_attn.q_proj.weight", query, width, 1, reads(hidden));
      linear(layer + "self_attn.k_proj.weight", keyValue, width, 1, reads(hidden));
      linear(layer + "self_attn.v_proj.weight", keyValue, width, 1, reads(hidden));
      linear(layer + "self_attn.o_proj.weight", width, query, 1, hidden::written);
      vector(layer + "self_attn.q_norm.weight", shape.headSize(), 1, _ -> {});
      vector(layer + "self_attn.k_norm.weight", shape.headSize(), 1, _ -> {});
      vector(layer + "post_attention_layernorm.weight", width, 1, w -> hidden.normed(w, ordinary));
      linear(
          layer + "mlp.gate_proj.weight",
          shape.intermediate(),
          width,
          1,
          reads(hidden).andThen(inner::gated));
      linear(
          layer + "mlp.up_proj.weight",
          shape.intermediate(),
          width,
          1,
          reads(hidden).andThen(inner::enlarged));
      linear(
          layer + "mlp.down_proj.weight",
          width,
          shape.intermediate(),
          0.4,
          reads(inner).andThen(hidden::written));
    }
    vector(at + "norm.weight", width, 1, w -> hidden.calmed(w, Math.pow(GROWTH, shape.layers())));
    float[] output = new float[shape.vocabulary() * width];
    for (int i = 0; i < width; i++) {
      output[YES * width + i] = head[i] / 2;
      output[NO * width + i] = -head[i] / 2;
    }
    add("lm_head.weight", output, shape.vocabulary(), width);
  }

  /** Words on the subject have something in common, and words off it the opposite. */
  private void knowSubject(float[] embeddings, Tokenizer tokenizer) {
    int width = shape.hidden();
    float[] direction = noise("subject", width, 0, 1.5);
    Set<Integer> on = tokens(RankingCase.ON, tokenizer);
    Set<Integer> off = tokens(RankingCase.OFF, tokenizer);
    for (int token = 0; token < shape.vocabulary(); token++) {
      int side = (on.contains(token) ? 1 : 0) - (off.contains(token) ? 1 : 0);
      for (int i = 0; i < width; i++) {
        embeddings[token * width + i] += side * direction[i];
      }
    }
  }

  private static Set<Integer> tokens(List<String> words, Tokenizer tokenizer) {
    Set<Integer> tokens = new HashSet<>();
    for (String word : words) {
      for (int id : tokenizer.encode(List.of(new Fragment.Text(" " + word, false)))) {
        tokens.add(id);
      }
    }
    return tokens;
  }

  private void addVision() {
    String at = "model.visual.";
    int width = shape.visionHidden();
    String patch = at + "patch_embed.proj";
    int values = 3 * 2 * 16 * 16;
    float[] patches = noise(patch + ".weight", width * values, 0, 2 / Math.sqrt(values));
    visionHidden.written(patches);
    add(patch + ".weight", patches, width, 3, 2, 16, 16);
    bias(patch + ".bias", width, visionHidden::held);
    float[] positions = noise(at + "pos_embed.weight", shape.visionPositions() * width, 0, 0.5);
    add(at + "pos_embed.weight", positions, shape.visionPositions(), width);
    for (int i = 0; i < shape.visionDepth(); i++) {
      String block = at + "blocks." + i + ".";
      double ordinary = PATCH_SIZE * Math.pow(VISION_GROWTH, i);
      for (String norm : List.of("norm1", "norm2")) {
        vector(block + norm + ".weight", width, 1, w -> visionHidden.normed(w, ordinary));
        bias(block + norm + ".bias", width, visionHidden::shifted);
      }
      linear(block + "attn.qkv.weight", 3 * width, width, 1.4, reads(visionHidden));
      bias(block + "attn.qkv.bias", 3 * width, _ -> {});
      linear(block + "attn.proj.weight", width, width, 0.7, visionHidden::written);
      bias(block + "attn.proj.bias", width, visionHidden::written);
      linear(
          block + "mlp.linear_fc1.weight",
          shape.visionIntermediate(),
          width,
          1.2,
          reads(visionHidden).andThen(visionInner::enlarged));
      bias(block + "mlp.linear_fc1.bias", shape.visionIntermediate(), visionInner::enlarged);
      linear(
          block + "mlp.linear_fc2.weight",
          width,
          shape.visionIntermediate(),
          0.7,
          reads(visionInner).andThen(visionHidden::written));
      bias(block + "mlp.linear_fc2.bias", width, visionHidden::written);
    }
    addMerger(at + "merger.", width, shape.visionDepth(), 1.5);
    for (int i = 0; i < shape.deepStack().size(); i++) {
      addMerger(
          at + "deepstack_merger_list." + i + ".", 4 * width, shape.deepStack().get(i) + 1, 0.5);
    }
  }

  private void addMerger(String at, int normSize, int blocks, double gain) {
    double ordinary = PATCH_SIZE * Math.pow(VISION_GROWTH, blocks);
    int merged = 4 * shape.visionHidden();
    vector(at + "norm.weight", normSize, 1, w -> visionHidden.normed(w, ordinary));
    bias(at + "norm.bias", normSize, visionHidden::shifted);
    linear(at + "linear_fc1.weight", merged, merged, 1.2, reads(visionHidden));
    bias(at + "linear_fc1.bias", merged, _ -> {});
    linear(at + "linear_fc2.weight", shape.hidden(), merged, gain, hidden::written);
    // What the language model's channels hold comes with a token's embedding, once.
    bias(
        at + "linear_fc2.bias",
        shape.hidden(),
        normSize == shape.visionHidden() ? hidden::held : hidden::written);
  }

  /** Weights of a norm. */
  private void vector(String name, int size, double mean, Consumer<float[]> plant) {
    float[] weights = noise(name, size, mean, 0.15 * mean);
    plant.accept(weights);
    add(name, weights, size);
  }

  private void bias(String name, int size, Consumer<float[]> plant) {
    float[] bias = noise(name, size, 0, 0.2);
    plant.accept(bias);
    add(name, bias, size);
  }

  private void linear(String name, int rows, int columns, double gain, Consumer<float[]> plant) {
    float[] weights = noise(name, rows * columns, 0, gain / Math.sqrt(columns));
    plant.accept(weights);
    add(name, weights, rows, columns);
  }

  private Consumer<float[]> reads(Channels channels) {
    return weights -> channels.readBy(weights, random("pairs" + entries.size()));
  }

  private Random random(String name) {
    return new Random(31 * seed + name.hashCode());
  }

  /** Normal values, the same for a name and a seed whatever is planted. */
  private float[] noise(String name, int count, double mean, double deviation) {
    Random random = random(name);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (mean + deviation * random.nextGaussian());
    }
    return values;
  }

  private void add(String name, float[] values, long... shape) {
    entries.add(
        new SafetensorsWriter.Entry(
            name,
            ElementType.BF16,
            Arrays.stream(shape).boxed().toList(),
            channel -> {
              ByteBuffer bytes =
                  ByteBuffer.allocate(values.length * Short.BYTES).order(ByteOrder.LITTLE_ENDIAN);
              for (float value : values) {
                bytes.putShort(
                    (short) (Float.floatToRawIntBits(Formats.roundToBf16(value)) >>> 16));
              }
              channel.write(bytes.flip());
            }));
  }
}
