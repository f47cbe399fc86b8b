package dev.vl4j.engine.checkpoints;

import dev.vl4j.engine.model.Fixtures;
import dev.vl4j.loader.ElementType;
import dev.vl4j.loader.SafetensorsFile;
import dev.vl4j.loader.SafetensorsWriter;
import dev.vl4j.loader.SafetensorsWriter.Entry;
import dev.vl4j.loader.StoredTensor;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A copy of a fixture's checkpoint, with a tokenizer, to be changed. */
public final class EditedCheckpoint {
  /** A tensor as it is stored. */
  public record Tensor(ElementType type, List<Long> shape, byte[] data) {
    /** Some of its rows, one after another. */
    public Tensor rows(int... rows) {
      int width = data.length / Math.toIntExact(shape.getFirst());
      byte[] chosen = new byte[rows.length * width];
      for (int i = 0; i < rows.length; i++) {
        System.arraycopy(data, rows[i] * width, chosen, i * width, width);
      }
      return new Tensor(type, List.of((long) rows.length, shape.get(1)), chosen);
    }

    /** Its rows, each moved on by so many places, the last ones to the front. */
    public Tensor rolled(int places) {
      int count = Math.toIntExact(shape.getFirst());
      int[] rows = new int[count];
      for (int i = 0; i < count; i++) {
        rows[(i + places) % count] = i;
      }
      return rows(rows);
    }

    /** A copy in which one element is another number; for F32 and BF16. */
    public Tensor with(int element, float value) {
      byte[] changed = data.clone();
      int bits = Float.floatToRawIntBits(value);
      for (int i = 0; i < type.bytes(); i++) {
        changed[element * type.bytes() + i] =
            (byte) (bits >>> (Byte.SIZE * (Float.BYTES - type.bytes() + i)));
      }
      return new Tensor(type, shape, changed);
    }
  }

  private final Path directory;
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();

  /** Copies a checkpoint that is not in shards into an empty directory. */
  public EditedCheckpoint(String fixture, Path directory) {
    this.directory = directory;
    Fixtures.copy(fixture, directory);
    try (SafetensorsFile file = SafetensorsFile.open(weights())) {
      for (StoredTensor tensor : file.tensors().values()) {
        tensors.put(
            tensor.name(),
            new Tensor(
                tensor.type(), tensor.shape(), tensor.data().toArray(ValueLayout.JAVA_BYTE)));
      }
    }
  }

  private Path weights() {
    return directory.resolve("model.safetensors");
  }

  /** Where it is. */
  public Path directory() {
    return directory;
  }

  /** Its tensors, to be changed; {@link #writeTensors} makes it so. */
  public Map<String, Tensor> tensors() {
    return tensors;
  }

  /** Gives every tensor another name. */
  public void rename(UnaryOperator<String> names) {
    Map<String, Tensor> renamed = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> renamed.put(names.apply(name), tensor));
    tensors.clear();
    tensors.putAll(renamed);
  }

  /** Writes the tensors into one file. */
  public EditedCheckpoint writeTensors() {
    return write("model.safetensors", tensors);
  }

  /** Writes some tensors into a file. */
  public EditedCheckpoint write(String name, Map<String, Tensor> some) {
    List<Entry> entries = new ArrayList<>();
    some.forEach((tensorName, tensor) ->
        entries.add(
            new Entry(
                tensorName,
                tensor.type,
                tensor.shape,
                channel -> channel.write(ByteBuffer.wrap(tensor.data)))));
    SafetensorsWriter.write(directory.resolve(name), entries);
    return this;
  }

  /**
   * Sets a field of {@code config.json}.
   *
   * @param path steps joined by dots
   * @param value null takes the field away
   */
  public EditedCheckpoint configure(String path, @Nullable JsonNode value) {
    return edit("config.json", path, value);
  }

  /** As {@link #configure}, with a value in JSON. */
  public EditedCheckpoint configure(String path, String json) {
    return configure(path, JsonMapper.shared().readTree(json));
  }

  /** As {@link #configure}, for another file. */
  public EditedCheckpoint edit(String file, String path, @Nullable JsonNode value) {
    JsonNode root = JsonMapper.shared().readTree(directory.resolve(file).toFile());
    ObjectNode at = (ObjectNode) root;
    List<String> steps = List.of(path.split("\\.", -1));
    for (String step : steps.subList(0, steps.size() - 1)) {
      at = (ObjectNode) at.get(step);
    }
    if (value == null || value.isNull()) {
      at.remove(steps.getLast());
    } else {
      at.set(steps.getLast(), value);
    }
    JsonMapper.shared().writeValue(directory.resolve(file).toFile(), root);
    return this;
  }
}
