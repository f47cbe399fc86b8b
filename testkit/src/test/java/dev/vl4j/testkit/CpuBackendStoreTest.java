package dev.vl4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.DType;
import dev.vl4j.kernels.Epilogue;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.HostMatrix;
import dev.vl4j.kernels.Linear;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.PackedWeights;
import dev.vl4j.kernels.PreparedStore;
import dev.vl4j.kernels.Tensor;
import dev.vl4j.kernels.cpu.CpuBackend;
import dev.vl4j.kernels.packed.PackedCache;
import dev.vl4j.kernels.reference.ReferenceBackend;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Weights from a file give bitwise what weights packed in this process give. */
@ExtendWith(ForcedWidth.class)
class CpuBackendStoreTest {
  /** Output features, input features: no multiples of a panel, of a block, of a step of depth. */
  private static final int[][] SHAPES = {{1, 1}, {7, 3}, {33, 31}, {65, 100}, {100, 513}, {45, 64}};

  private static final int ROWS = 13;

  @TempDir private Path directory;

  /** A layer and the results that it gives. */
  private record Layer(List<HostMatrix> parts, boolean gated) {
    Linear prepare(Backend backend, OperandFormat operands) {
      return gated
          ? backend.prepareGated(parts.getFirst(), parts.getLast(), operands)
          : backend.prepare(parts, operands);
    }

    float[] run(Backend backend, Linear weight, float[] input) {
      try (Forward forward = backend.begin()) {
        Tensor x = forward.tensor(ROWS, weight.inFeatures());
        forward.upload(input, x);
        Tensor out = forward.tensor(ROWS, weight.outFeatures());
        forward.linear(x, weight, Epilogue.NONE, out);
        return forward.read(out).await();
      }
    }
  }

  private static List<Layer> layers(Seeds seeds) {
    List<Layer> layers = new ArrayList<>();
    for (int[] shape : SHAPES) {
      List<HostMatrix> all = new ArrayList<>();
      for (DType dtype : List.of(DType.F32, DType.BF16, DType.F16)) {
        String name = "weight %s %d".formatted(dtype, layers.size());
        float[] values = seeds.values(shape[0] * shape[1]);
        all.add(Seeds.matrix(name, values, dtype, shape[0], shape[1]));
        layers.add(new Layer(List.of(all.getLast()), false));
      }
      layers.add(new Layer(all, false));
      layers.add(new Layer(all.subList(0, 2), true));
      layers.add(new Layer(List.of(all.get(1), all.get(0)), true));
    }
    return layers;
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "FP8") // which processors refuse
  void weightsFromAFileGiveTheSameResults(OperandFormat operands) {
    Seeds seeds = new Seeds("weightsFromAFileGiveTheSameResults" + operands);
    List<Layer> layers = layers(seeds);
    List<float[]> inputs = new ArrayList<>();
    List<float[]> expected = new ArrayList<>();
    try (Backend backend = new CpuBackend(2)) {
      for (Layer layer : layers) {
        inputs.add(seeds.values(ROWS * layer.parts().getFirst().columns()));
        try (Linear weight = layer.prepare(backend, operands)) {
          expected.add(layer.run(backend, weight, inputs.getLast()));
        }
      }
      compare(backend, operands, layers, inputs, expected, false);
    }
    try (Backend another = new CpuBackend(1)) {
      compare(another, operands, layers, inputs, expected, true);
    }
  }

  private static PackedWeights packed(Backend backend) {
    return backend.capability(PackedWeights.class).orElseThrow();
  }

  private void compare(
      Backend backend,
      OperandFormat operands,
      List<Layer> layers,
      List<float[]> inputs,
      List<float[]> expected,
      boolean found) {
    PackedWeights packed = packed(backend);
    try (PackedCache cache = PackedCache.open(directory, packed.layout(operands))) {
      Kept store = new Kept(cache);
      packed.prepareFrom(store);
      List<Linear> weights = new ArrayList<>();
      for (int i = 0; i < layers.size(); i++) {
        weights.add(layers.get(i).prepare(backend, operands));
        assertThat(layers.get(i).run(backend, weights.get(i), inputs.get(i)))
            .as("%s, layer %d, seed %d", operands, i, Seeds.seed())
            .isEqualTo(expected.get(i));
      }
      assertThat(cache.isIncomplete()).isEqualTo(!found);
      assertThat(store.added.isEmpty()).isEqualTo(found);
      cache.save("");
      packed.prepareFrom(PreparedStore.NONE);
      weights.forEach(Linear::close);
    }
  }

  /** Notes which names were added. */
  private record Kept(PreparedStore store, Set<String> added) implements PreparedStore {
    Kept(PreparedStore store) {
      this(store, new HashSet<>());
    }

    @Override
    public MemorySegment find(String name, long bytes) {
      return store.find(name, bytes);
    }

    @Override
    public void add(String name, List<MemorySegment> pieces) {
      added.add(name);
      store.add(name, pieces);
    }
  }

  @Test
  void formatsOfOperandsHaveLayoutsOfTheirOwn() {
    try (Backend backend = new CpuBackend(1)) {
      PackedWeights packed = packed(backend);
      assertThat(packed.layout(OperandFormat.INT8)).contains("int8");
      assertThat(packed.layout(OperandFormat.F32)).isNotEqualTo(packed.layout(OperandFormat.INT8));
    }
  }

  @Test
  void theReferenceKeepsNothing() {
    try (Backend backend = new ReferenceBackend()) {
      assertThat(backend.capability(PackedWeights.class)).isEmpty();
    }
  }
}
