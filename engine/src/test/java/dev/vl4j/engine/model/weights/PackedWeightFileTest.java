package dev.vl4j.engine.model.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.vl4j.engine.Precision;
import dev.vl4j.engine.Warnings;
import dev.vl4j.engine.model.Fixtures;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.BackendSettings;
import dev.vl4j.kernels.Backends;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.PackedWeights;
import dev.vl4j.kernels.PreparedStore;
import dev.vl4j.kernels.Support;
import dev.vl4j.kernels.packed.PackedCache;
import dev.vl4j.loader.Checkpoint;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A checkpoint that somebody writes to while it is packed, and a backend that refuses its file. */
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
      try (PackedWeightFile packed =
              PackedWeightFile.open(cache, List.of(checkpoint), backend, precision);
          WeightStore weights =
              new WeightStore(
                  checkpoint,
                  backend,
                  precision,
                  null,
                  LoraAdapter.none(),
                  Equalization.none(checkpoint))) {
        weights.linear(
            64, new WeightStore.Part("model.language_model.layers.0.mlp.up_proj.weight", 96));
        Files.setLastModifiedTime(file, FileTime.fromMillis(1));
        packed.save();
        assertThat(warnings.take())
            .singleElement()
            .asString()
            .contains("not written", "model.safetensors: changed while it was open");
        assertThat(cache).doesNotExist();
        assertThat(PackedWeightFile.open(cache, List.of(checkpoint), backend, precision)).isNull();
        assertThat(warnings.take())
            .singleElement()
            .asString()
            .contains("changed while it was open");
      }
    }
  }

  /** Takes what it is given, until it refuses. */
  private static final class Packing implements PackedWeights {
    private final List<PreparedStore> stores = new ArrayList<>();
    private boolean refuses;

    @Override
    public String layout(OperandFormat operands) {
      return "rows";
    }

    @Override
    public void prepareFrom(PreparedStore store) {
      stores.add(store);
      if (refuses && store instanceof PackedCache cache) {
        assertThat(cache.note()).as("the file is open").isPresent();
        throw new BackendException("not from this file");
      }
    }

    Backend backend() {
      return (Backend)
          Proxy.newProxyInstance(
              Backend.class.getClassLoader(),
              new Class<?>[] {Backend.class},
              (proxy, method, arguments) -> {
                assertThat(method.getName()).isEqualTo("capability");
                return Optional.of(this);
              });
    }
  }

  @Test
  void aFileThatTheBackendRefusesIsClosed() {
    Path model = Fixtures.ROOT.resolve("tied_gqa2/model");
    Packing packing = new Packing();
    try (Checkpoint checkpoint = Checkpoint.open(model)) {
      ResolvedPrecision precision =
          ResolvedPrecision.of(Precision.F32, checkpoint, null, _ -> Support.KERNELS);
      try (PackedWeightFile packed =
          PackedWeightFile.open(temporary, List.of(checkpoint), packing.backend(), precision)) {
        packing.stores.getFirst().add("w", List.of(MemorySegment.ofArray(new byte[64])));
        packed.save();
      }
      packing.stores.clear();
      packing.refuses = true;
      assertThatExceptionOfType(BackendException.class)
          .isThrownBy(() ->
              PackedWeightFile.open(temporary, List.of(checkpoint), packing.backend(), precision))
          .withMessage("not from this file");
    }
    assertThat(packing.stores).hasSize(2).endsWith(PreparedStore.NONE);
    assertThat(((PackedCache) packing.stores.getFirst()).note()).as("the file is closed").isEmpty();
  }
}
