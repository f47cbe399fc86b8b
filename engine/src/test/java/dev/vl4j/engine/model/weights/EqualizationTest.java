package dev.vl4j.engine.model.weights;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.checkpoints.PlantedModel;
import dev.vl4j.engine.checkpoints.Planting;
import dev.vl4j.engine.model.config.ModelConfig;
import dev.vl4j.loader.Checkpoint;
import dev.vl4j.loader.ModelDirectory;
import dev.vl4j.loader.StoredTensor;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a checkpoint whose norms enlarge a few channels, and on one that has nothing to even out. */
class EqualizationTest {
  private static final String LAYER = "model.language_model.layers.1.";

  @TempDir private Path directory;

  private ModelDirectory write(Planting planting) throws IOException {
    PlantedModel.of(planting).write(directory);
    return ModelDirectory.open(directory);
  }

  private static float[] values(StoredTensor tensor) {
    return tensor.toFloats();
  }

  /** What a norm's weight and a column that reads it make together stays what it is. */
  @Test
  void keepsProductsToTheLastBit() throws IOException {
    ModelDirectory model = write(Planting.NORMS);
    try (Checkpoint checkpoint = model.openCheckpoint()) {
      Equalization equalization = Equalization.of(ModelConfig.read(model.config()), checkpoint);
      StoredTensor norm = checkpoint.tensor(LAYER + "post_attention_layernorm.weight");
      float[] before = values(norm);
      float[] after = values(equalization.apply(norm));
      assertThat(after).isNotEqualTo(before);
      for (String name : new String[] {"gate_proj", "up_proj"}) {
        StoredTensor weight = checkpoint.tensor(LAYER + "mlp." + name + ".weight");
        // Rows of up_proj are evened out as well, for down_proj: gate_proj's are not.
        float[] columns = values(weight);
        float[] evened = values(equalization.apply(weight));
        for (int i = 0; i < columns.length; i++) {
          int channel = i % before.length;
          double was = (double) before[channel] * columns[i];
          double is = (double) after[channel] * evened[i];
          if (name.equals("gate_proj")) {
            assertThat(is).as("%s, element %d", name, i).isEqualTo(was);
          } else {
            assertThat(Math.getExponent(is == 0 ? 1 : is / was)).isLessThanOrEqualTo(0);
          }
        }
      }
    }
  }

  /** A column stays below its rows' largest magnitudes, so no step grows. */
  @Test
  void enlargesNoRow() throws IOException {
    ModelDirectory model = write(Planting.NORMS);
    try (Checkpoint checkpoint = model.openCheckpoint()) {
      Equalization equalization = Equalization.of(ModelConfig.read(model.config()), checkpoint);
      StoredTensor weight = checkpoint.tensor(LAYER + "mlp.gate_proj.weight");
      float[] before = values(weight);
      float[] after = values(equalization.apply(weight));
      int columns = Math.toIntExact(weight.shape().getLast());
      for (int row = 0; row < weight.shape().getFirst(); row++) {
        assertThat(largest(after, row, columns)).isEqualTo(largest(before, row, columns));
      }
    }
  }

  private static float largest(float[] values, int row, int columns) {
    float largest = 0;
    for (int i = row * columns; i < (row + 1) * columns; i++) {
      largest = Math.max(largest, Math.abs(values[i]));
    }
    return largest;
  }

  @Test
  void leavesOrdinaryWeightsWhereTheyAre() throws IOException {
    ModelDirectory model = write(Planting.NONE);
    try (Checkpoint checkpoint = model.openCheckpoint()) {
      Equalization equalization = Equalization.of(ModelConfig.read(model.config()), checkpoint);
      for (String name : checkpoint.names()) {
        StoredTensor tensor = checkpoint.tensor(name);
        assertThat(equalization.apply(tensor)).as(name).isSameAs(tensor);
      }
    }
  }
}
