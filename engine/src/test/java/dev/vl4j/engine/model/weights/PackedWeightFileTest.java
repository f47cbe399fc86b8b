package dev.vl4j.engine.model.weights;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.Precision;
import dev.vl4j.engine.Warnings;
import dev.vl4j.engine.model.Fixtures;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.BackendSettings;
import dev.vl4j.kernels.Backends;
import dev.vl4j.loader.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A checkpoint that somebody writes to while it is packed. */
class PackedWeightFileTest {
  @TempDir private Path temporary;

  @Test
  void whatWasPackedFromAChangingCheckpointIsNotKept() throws IOException {
    Path cache = temporary.resolve("cache");
    Path model = Files.createDirectory(temporary.resolve("model"));
    Path file = model.resolve("model.safetensors");
    Files.copy(Fixtures.ROOT.resolve("tied_gqa2/model/model.safetensors"), file);
    try (Warnings warnings = new Warnings();
        Backend backend = Backends.open("cpu", BackendSettings.DEFAULT.withThreads(1));
        Checkpoint checkpoint = Checkpoint.open(model)) {
      ResolvedPrecision precision = ResolvedPrecision.of(Precision.F32, checkpoint, null, backend);
      try (PackedWeightFile packed = PackedWeightFile.open(cache, checkpoint, backend, precision);
          WeightStore weights =
              new WeightStore(
                  checkpoint, backend, precision, null, Equalization.none(checkpoint))) {
        weights.linear(
            64, new WeightStore.Part("model.language_model.layers.0.mlp.up_proj.weight", 96));
        Files.setLastModifiedTime(file, FileTime.fromMillis(1));
        packed.save();
        assertThat(warnings.take())
            .singleElement()
            .asString()
            .contains("not written", "model.safetensors: changed while it was open");
        assertThat(cache).doesNotExist();
        assertThat(PackedWeightFile.open(cache, checkpoint, backend, precision)).isNull();
        assertThat(warnings.take())
            .singleElement()
            .asString()
            .contains("changed while it was open");
      }
    }
  }
}
