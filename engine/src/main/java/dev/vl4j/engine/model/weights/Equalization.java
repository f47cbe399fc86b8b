package dev.vl4j.engine.model.weights;

import dev.vl4j.engine.model.config.ModelConfig;
import dev.vl4j.engine.model.config.TensorNames;
import dev.vl4j.engine.model.config.VisionConfig;
import dev.vl4j.loader.Checkpoint;
import dev.vl4j.loader.ElementType;
import dev.vl4j.loader.StoredTensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Evens out channels before their weights are rounded to 8 bits.
 *
 * <p>Where the activations of a few channels are much larger than all others, the weights that read
 * them are often smaller by as much, so that the channels count like any other. A row of weights
 * has one step, which leaves little of those few, and the large activations enlarge what is lost.
 * So such columns of a weight are multiplied with a power of two, as large as no row's largest
 * magnitude, and thereby its step, notices. What makes the activations is divided by it: the
 * weights of a norm, or the rows of {@code up_proj}, whose outputs are only multiplied on their way
 * to {@code down_proj}. This changes exponents alone: without rounding, results are the same bits.
 *
 * <p>After Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction",
 * 2019, with a one-sided rule: no column is made smaller, for what activations are like is not
 * known here, and only what is rare is changed.
 */
final class Equalization {
  /** Smaller differences between columns are left as they are. */
  private static final int LEAST_POWER = 4;

  /** A column that is smaller still is as good as none. */
  private static final int LARGEST_POWER = 1 << 15;

  /** One in so many channels is changed at most: each adds its share of rounded activations. */
  private static final int RARE = 8;

  /** So many rows of a weight show whether there is anything to change. */
  private static final int SAMPLE = 64;

  private static final Set<ElementType> TYPES =
      Set.of(ElementType.F32, ElementType.F16, ElementType.BF16);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /**
   * Tensors that share channels.
   *
   * @param makers one element or row for each channel
   * @param readers weights, a column for each channel, or for each several times in turn
   */
  private record Group(int channels, List<String> makers, List<String> readers) {}

  private final Checkpoint checkpoint;
  private final Map<String, Group> makers = new HashMap<>();
  private final Map<String, Group> readers = new HashMap<>();
  private final Map<Group, float[]> powers = new HashMap<>();

  private Equalization(Checkpoint checkpoint) {
    this.checkpoint = checkpoint;
  }

  /** Changes nothing. */
  static Equalization none(Checkpoint checkpoint) {
    return new Equalization(checkpoint);
  }

  /** Of all layers whose inputs a norm or a product makes. */
  static Equalization of(ModelConfig config, Checkpoint checkpoint) {
    Equalization all = new Equalization(checkpoint);
    int hidden = config.text().hiddenSize();
    for (int i = 0; i < config.text().layers(); i++) {
      String layer = config.textScope() + "layers." + i + ".";
      String attention = layer + "self_attn.";
      String mlp = layer + "mlp.";
      all.add(
          hidden,
          List.of(layer + "input_layernorm.weight"),
          attention + "q_proj.weight",
          attention + "k_proj.weight",
          attention + "v_proj.weight");
      all.add(
          hidden,
          List.of(layer + "post_attention_layernorm.weight"),
          mlp + "gate_proj.weight",
          mlp + "up_proj.weight");
      all.add(
          config.text().intermediateSize(),
          List.of(mlp + "up_proj.weight"),
          mlp + "down_proj.weight");
    }
    config.vision().ifPresent(all::addVision);
    return all;
  }

  private void addVision(VisionConfig config) {
    for (int i = 0; i < config.depth(); i++) {
      String block = TensorNames.VISION + "blocks." + i + ".";
      add(config.hiddenSize(), norm(block + "norm1"), block + "attn.qkv.weight");
      add(config.hiddenSize(), norm(block + "norm2"), block + "mlp.linear_fc1.weight");
    }
    String merger = TensorNames.VISION + "merger.";
    add(config.hiddenSize(), norm(merger + "norm"), merger + "linear_fc1.weight");
    for (int i = 0; i < config.deepStackBlocks().length; i++) {
      String deep = TensorNames.VISION + "deepstack_merger_list." + i + ".";
      add(config.mergedSize(), norm(deep + "norm"), deep + "linear_fc1.weight");
    }
  }

  private static List<String> norm(String name) {
    return List.of(name + ".weight", name + ".bias");
  }

  private void add(int channels, List<String> makerNames, String... readerNames) {
    Group group = new Group(channels, makerNames, List.of(readerNames));
    makerNames.forEach(name -> makers.put(name, group));
    group.readers.forEach(name -> readers.put(name, group));
  }

  /** The tensor itself, or a copy with channels that are evened out. */
  StoredTensor apply(StoredTensor tensor) {
    float[] made = powers(makers.get(tensor.name()));
    float[] read = powers(readers.get(tensor.name()));
    if (made.length == 0 && read.length == 0) {
      return tensor;
    }
    boolean vector = tensor.shape().size() == 1;
    // Exponents of float16 have no room for a division.
    ElementType type = tensor.type() == ElementType.F16 ? ElementType.F32 : tensor.type();
    MemorySegment copy = Arena.ofAuto().allocate(tensor.elements() * type.bytes(), Float.BYTES);
    long at = 0;
    for (int row = 0; row < rows(tensor); row++) {
      float[] values = row(tensor, row);
      for (int i = 0; i < values.length; i++) {
        float divisor = made.length == 0 ? 1 : made[vector ? i : row];
        float factor = read.length == 0 ? 1 : read[i % read.length];
        put(copy, type, at++, values[i] * factor / divisor);
      }
    }
    unload(tensor);
    return new StoredTensor(tensor.name(), type, tensor.shape(), copy, tensor.file());
  }

  /** What each channel's readers are multiplied with; empty if all stay as they are. */
  private float[] powers(@Nullable Group group) {
    if (group == null) {
      return new float[0];
    }
    return powers.computeIfAbsent(group, this::measure);
  }

  private float[] measure(Group group) {
    if (!usable(group)) {
      return new float[0];
    }
    float[] powers = powers(group, shares(group, SAMPLE));
    // What a few rows show must hold in all of them.
    return powers.length == 0 ? powers : powers(group, shares(group, Integer.MAX_VALUE));
  }

  /** Integers that are stored are left alone, and what does not fit is for others to refuse. */
  private boolean usable(Group group) {
    for (String name : group.makers) {
      if (!floats(name) || checkpoint.tensor(name).shape().getFirst() != group.channels) {
        return false;
      }
    }
    for (String name : group.readers) {
      if (!floats(name)
          || checkpoint.tensor(name).shape().size() != 2
          || checkpoint.tensor(name).shape().getLast() % group.channels != 0) {
        return false;
      }
    }
    return true;
  }

  private boolean floats(String name) {
    return checkpoint.contains(name)
        && TYPES.contains(checkpoint.tensor(name).type())
        && checkpoint.tensor(name).elements() > 0
        && !checkpoint.tensor(name).shape().isEmpty();
  }

  /** The largest share that each channel's weights have in the largest weight of their row. */
  private float[] shares(Group group, int sample) {
    float[] shares = new float[group.channels];
    for (String name : group.readers) {
      StoredTensor reader = checkpoint.tensor(name);
      int stride = Math.ceilDiv(rows(reader), sample);
      for (int row = 0; row < rows(reader); row += stride) {
        float[] values = row(reader, row);
        float largest = 0;
        for (float value : values) {
          largest = Math.max(largest, Math.abs(value));
        }
        float inverse = largest == 0 ? 0 : 1 / largest;
        for (int i = 0; i < values.length; i++) {
          int channel = i % group.channels;
          shares[channel] = Math.max(shares[channel], Math.abs(values[i]) * inverse);
        }
      }
      unload(reader);
    }
    return shares;
  }

  private static float[] powers(Group group, float[] shares) {
    float[] powers = new float[group.channels];
    int changed = 0;
    for (int i = 0; i < powers.length; i++) {
      float power = shares[i] > 0 ? Math.scalb(1f, -Math.getExponent(shares[i]) - 1) : 1;
      powers[i] = power < LEAST_POWER ? 1 : Math.min(power, LARGEST_POWER);
      changed += powers[i] == 1 ? 0 : 1;
    }
    return changed == 0 || changed > group.channels / RARE ? new float[0] : powers;
  }

  private static int rows(StoredTensor tensor) {
    return tensor.shape().size() == 1 ? 1 : Math.toIntExact(tensor.shape().getFirst());
  }

  private static float[] row(StoredTensor tensor, int row) {
    long columns = tensor.elements() / rows(tensor);
    long bytes = columns * tensor.type().bytes();
    MemorySegment data = tensor.data().asSlice(row * bytes, bytes);
    return new StoredTensor(tensor.name(), tensor.type(), List.of(columns), data, tensor.file())
        .toFloats();
  }

  /** Powers of two leave a bfloat16 a bfloat16. */
  private static void put(MemorySegment copy, ElementType type, long at, float value) {
    if (type == ElementType.BF16) {
      copy.set(SHORT, at * Short.BYTES, (short) (Float.floatToRawIntBits(value) >>> Short.SIZE));
    } else {
      copy.set(FLOAT, at * Float.BYTES, value);
    }
  }

  private static void unload(StoredTensor tensor) {
    if (tensor.data().isMapped()) {
      tensor.data().unload();
    }
  }
}
