package dev.vl4j.bench;

import dev.vl4j.loader.ElementType;
import dev.vl4j.loader.SafetensorsWriter;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Writes a checkpoint of a published model's shape with random weights: it computes nothing useful,
 * at the real model's speed. The tokenizer is the demonstration model's.
 */
public final class RandomCheckpoint {
  private static final String DEMO = "/dev/vl4j/engine/demo/";
  private static final double DEVIATION = 0.02;
  private static final short ONE = (short) (Float.floatToRawIntBits(1) >>> Short.SIZE);

  /** Odd, so that the repetitions of the random values never fall on the same columns. */
  private static final int POOL_VALUES = (1 << 24) - 3;

  /** What differs between the sizes. */
  private record Shape(Text text, Vision vision) {
    static Shape named(String name) {
      return switch (name) {
        case "tiny" ->
            new Shape(
                new Text(128, 384, 4, 4, 2, 32, 1408, 8192, true, List.of(6, 5, 5)),
                new Vision(96, 256, 4, 4, 64, List.of(0, 1, 2)));
        case "small" ->
            new Shape(
                new Text(384, 1024, 5, 4, 2, 128, 1408, 8192, true, List.of(24, 20, 20)),
                new Vision(256, 512, 6, 4, 2304, List.of(1, 3, 5)));
        case "2b" -> new Shape(Text.published(2048, 6144, 28, 16, true), Vision.SMALLER);
        case "4b" -> new Shape(Text.published(2560, 9728, 36, 32, true), Vision.SMALLER);
        case "8b" -> new Shape(Text.published(4096, 12288, 36, 32, false), Vision.LARGER);
        case "32b" -> new Shape(Text.published(5120, 25600, 64, 64, false), Vision.LARGER);
        default ->
            throw new IllegalArgumentException(
                "--shape: expected tiny, small, 2b, 4b, 8b or 32b, found " + name);
      };
    }

    /** The same with fewer layers in the text tower, so that a large shape fits a small machine. */
    Shape withLayers(int layers) {
      if (layers < vision.deepStack.size() || layers > text.layers) {
        throw new IllegalArgumentException(
            "--layers: expected %d to %d, found %d"
                .formatted(vision.deepStack.size(), text.layers, layers));
      }
      return new Shape(text.withLayers(layers), vision);
    }
  }

  /** Of the text tower. */
  private record Text(
      int hidden,
      int intermediate,
      int layers,
      int heads,
      int keyValueHeads,
      int headSize,
      int vocabulary,
      int maxPositions,
      boolean tied,
      List<Integer> mropeSection) {

    /** With what all published models have in common. */
    static Text published(int hidden, int intermediate, int layers, int heads, boolean tied) {
      return new Text(
          hidden, intermediate, layers, heads, 8, 128, 151936, 262144, tied, List.of(24, 20, 20));
    }

    Text withLayers(int fewer) {
      return new Text(
          hidden,
          intermediate,
          fewer,
          heads,
          keyValueHeads,
          headSize,
          vocabulary,
          maxPositions,
          tied,
          mropeSection);
    }
  }

  /** Of the vision tower. */
  private record Vision(
      int hidden, int intermediate, int depth, int heads, int positions, List<Integer> deepStack) {
    /** 2B's and 4B's. */
    static final Vision SMALLER = new Vision(1024, 4096, 24, 16, 2304, List.of(5, 11, 17));

    /** 8B's and 32B's: heads of 72. */
    static final Vision LARGER = new Vision(1152, 4304, 27, 16, 2304, List.of(8, 16, 24));
  }

  private final Shape shape;
  private final SplittableRandom random;
  private final ByteBuffer pool;
  private final List<SafetensorsWriter.Entry> entries = new ArrayList<>();

  private RandomCheckpoint(Shape shape, long seed) {
    this.shape = shape;
    random = new SplittableRandom(seed);
    pool = ByteBuffer.allocateDirect(POOL_VALUES * Short.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    while (pool.hasRemaining()) {
      float value = (float) (random.nextGaussian() * DEVIATION);
      pool.putShort((short) (Float.floatToRawIntBits(value) >>> Short.SIZE));
    }
  }

  private static final List<String> FILES =
      List.of(
          "tokenizer.json",
          "tokenizer_config.json",
          "preprocessor_config.json",
          "video_preprocessor_config.json");

  /** What says that a model is a reranker. */
  private static final List<String> RERANKER_FILES =
      List.of("modules.json", "1_LogitScore/config.json");

  /**
   * Options: {@code --out DIR}, {@code --shape tiny|small|2b|4b|8b|32b} (2b), {@code --layers} of
   * the text tower (all), {@code --seed}; with the flag {@code --embedder}, the model does not say
   * that it is a reranker.
   */
  public static void main(String[] arguments) throws IOException {
    Arguments options =
        new Arguments(Set.of("embedder"), arguments, "out", "shape", "layers", "seed");
    Path directory = Path.of(options.require("out"));
    Shape whole = Shape.named(options.string("shape", "2b"));
    Shape shape = whole.withLayers(options.integer("layers", whole.text.layers));
    Files.createDirectories(directory);
    for (String file : FILES) {
      copy(file, directory.resolve(file));
    }
    if (!options.has("embedder")) {
      Files.createDirectories(directory.resolve("1_LogitScore"));
      for (String file : RERANKER_FILES) {
        copy(file, directory.resolve(file));
      }
    }
    Files.writeString(directory.resolve("config.json"), config(shape));
    RandomCheckpoint checkpoint = new RandomCheckpoint(shape, options.integer("seed", 1));
    checkpoint.addText();
    checkpoint.addVision();
    SafetensorsWriter.write(directory.resolve("model.safetensors"), checkpoint.entries);
    System.out.printf(
        "%s: %d tensors, %d bytes%n",
        directory, checkpoint.entries.size(), Files.size(directory.resolve("model.safetensors")));
  }

  private static void copy(String name, Path target) throws IOException {
    try (InputStream resource = RandomCheckpoint.class.getResourceAsStream(DEMO + name)) {
      if (resource == null) {
        throw new IOException("no resource " + DEMO + name);
      }
      Files.copy(resource, target, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private void addText() {
    String at = "model.language_model.";
    int hidden = shape.text.hidden;
    int query = shape.text.heads * shape.text.headSize;
    int keyValue = shape.text.keyValueHeads * shape.text.headSize;
    add(at + "embed_tokens.weight", shape.text.vocabulary, hidden);
    for (int i = 0; i < shape.text.layers; i++) {
      String layer = at + "layers." + i + ".";
      addOnes(layer + "input_layernorm.weight", hidden);
      add(layer + "self_attn.q_proj.weight", query, hidden);
      add(layer + "self_attn.k_proj.weight", keyValue, hidden);
      add(layer + "self_attn.v_proj.weight", keyValue, hidden);
      add(layer + "self_attn.o_proj.weight", hidden, query);
      addOnes(layer + "self_attn.q_norm.weight", shape.text.headSize);
      addOnes(layer + "self_attn.k_norm.weight", shape.text.headSize);
      addOnes(layer + "post_attention_layernorm.weight", hidden);
      add(layer + "mlp.gate_proj.weight", shape.text.intermediate, hidden);
      add(layer + "mlp.up_proj.weight", shape.text.intermediate, hidden);
      add(layer + "mlp.down_proj.weight", hidden, shape.text.intermediate);
    }
    addOnes(at + "norm.weight", hidden);
    if (!shape.text.tied) {
      add("lm_head.weight", shape.text.vocabulary, hidden);
    }
  }

  private void addVision() {
    String at = "model.visual.";
    int hidden = shape.vision.hidden;
    add(at + "patch_embed.proj.weight", hidden, 3, 2, 16, 16);
    add(at + "patch_embed.proj.bias", hidden);
    add(at + "pos_embed.weight", shape.vision.positions, hidden);
    for (int i = 0; i < shape.vision.depth; i++) {
      String block = at + "blocks." + i + ".";
      addNorm(block + "norm1", hidden);
      addNorm(block + "norm2", hidden);
      addLinear(block + "attn.qkv", 3L * hidden, hidden);
      addLinear(block + "attn.proj", hidden, hidden);
      addLinear(block + "mlp.linear_fc1", shape.vision.intermediate, hidden);
      addLinear(block + "mlp.linear_fc2", hidden, shape.vision.intermediate);
    }
    addMerger(at + "merger.", hidden);
    for (int i = 0; i < shape.vision.deepStack.size(); i++) {
      addMerger(at + "deepstack_merger_list." + i + ".", 4 * hidden);
    }
  }

  private void addMerger(String at, int normSize) {
    int merged = 4 * shape.vision.hidden;
    addNorm(at + "norm", normSize);
    addLinear(at + "linear_fc1", merged, merged);
    addLinear(at + "linear_fc2", shape.text.hidden, merged);
  }

  private void addLinear(String name, long outFeatures, long inFeatures) {
    add(name + ".weight", outFeatures, inFeatures);
    add(name + ".bias", outFeatures);
  }

  private void addNorm(String name, int size) {
    addOnes(name + ".weight", size);
    add(name + ".bias", size);
  }

  private void add(String name, long... dimensions) {
    List<Long> list = Arrays.stream(dimensions).boxed().toList();
    long values = list.stream().reduce(1L, Math::multiplyExact);
    entries.add(
        new SafetensorsWriter.Entry(
            name, ElementType.BF16, list, channel -> writeRandom(channel, values)));
  }

  private void writeRandom(WritableByteChannel channel, long values) throws IOException {
    long left = values;
    while (left > 0) {
      int from = random.nextInt(POOL_VALUES);
      int count = (int) Math.min(left, POOL_VALUES - from);
      channel.write(pool.slice(from * Short.BYTES, count * Short.BYTES));
      left -= count;
    }
  }

  private void addOnes(String name, int size) {
    entries.add(
        new SafetensorsWriter.Entry(
            name,
            ElementType.BF16,
            List.of((long) size),
            channel -> {
              ByteBuffer ones =
                  ByteBuffer.allocate(size * Short.BYTES).order(ByteOrder.LITTLE_ENDIAN);
              while (ones.hasRemaining()) {
                ones.putShort(ONE);
              }
              channel.write(ones.flip());
            }));
  }

  /** In the spelling of the published checkpoints, with the demonstration tokenizer's ids. */
  private static String config(Shape shape) {
    return """
    {
      "architectures": ["Qwen3VLForConditionalGeneration"],
      "image_token_id": 1352,
      "model_type": "qwen3_vl",
      "text_config": {
        "attention_bias": false,
        "attention_dropout": 0.0,
        "bos_token_id": 1340,
        "dtype": "bfloat16",
        "eos_token_id": 1342,
        "head_dim": %d,
        "hidden_act": "silu",
        "hidden_size": %d,
        "initializer_range": 0.02,
        "intermediate_size": %d,
        "max_position_embeddings": %d,
        "model_type": "qwen3_vl_text",
        "num_attention_heads": %d,
        "num_hidden_layers": %d,
        "num_key_value_heads": %d,
        "rms_norm_eps": 1e-06,
        "rope_scaling": {
          "mrope_interleaved": true,
          "mrope_section": %s,
          "rope_type": "default"
        },
        "rope_theta": 5000000,
        "tie_word_embeddings": %b,
        "use_cache": true,
        "vocab_size": %d
      },
      "tie_word_embeddings": %b,
      "video_token_id": 1353,
      "vision_config": {
        "deepstack_visual_indexes": %s,
        "depth": %d,
        "hidden_act": "gelu_pytorch_tanh",
        "hidden_size": %d,
        "in_channels": 3,
        "initializer_range": 0.02,
        "intermediate_size": %d,
        "model_type": "qwen3_vl",
        "num_heads": %d,
        "num_position_embeddings": %d,
        "out_hidden_size": %d,
        "patch_size": 16,
        "spatial_merge_size": 2,
        "temporal_patch_size": 2
      },
      "vision_end_token_id": 1350,
      "vision_start_token_id": 1349
    }
    """
        .formatted(
            shape.text.headSize,
            shape.text.hidden,
            shape.text.intermediate,
            shape.text.maxPositions,
            shape.text.heads,
            shape.text.layers,
            shape.text.keyValueHeads,
            shape.text.mropeSection,
            shape.text.tied,
            shape.text.vocabulary,
            shape.text.tied,
            shape.vision.deepStack,
            shape.vision.depth,
            shape.vision.hidden,
            shape.vision.intermediate,
            shape.vision.heads,
            shape.vision.positions,
            shape.text.hidden);
  }
}
