package dev.vl4j.kernels.packed;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

/** Weights that a test wants to have kept: what a backend would prepare. */
final class Shelf {
  static final long SEED = Long.getLong("tests.seed", System.nanoTime());

  static {
    System.out.println("tests.seed=" + SEED);
  }

  final Map<String, byte[]> weights = new LinkedHashMap<>();

  /** Some weights of odd sizes; the last one fills pages exactly. */
  static Shelf random(String test, int... sizes) {
    Random random = new Random(SEED ^ test.hashCode());
    Shelf shelf = new Shelf();
    for (int size : sizes) {
      byte[] bytes = new byte[size];
      random.nextBytes(bytes);
      shelf.weights.put("weight \u00e4 " + shelf.weights.size(), bytes);
    }
    return shelf;
  }

  /**
   * Does what a backend does: takes what the cache has and adds the rest, in pieces.
   *
   * @return how many the cache had
   */
  int prepare(PackedCache cache) {
    int found = 0;
    for (Map.Entry<String, byte[]> weight : weights.entrySet()) {
      MemorySegment memory = cache.find(weight.getKey(), weight.getValue().length);
      if (memory == null) {
        cache.add(weight.getKey(), pieces(MemorySegment.ofArray(weight.getValue())));
      } else {
        assertThat(memory.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(weight.getValue());
        assertThat(memory.address() % PackedHeader.PAGE).isZero();
        assertThat(memory.isReadOnly()).isTrue();
        found++;
      }
    }
    return found;
  }

  private static List<MemorySegment> pieces(MemorySegment whole) {
    List<MemorySegment> pieces = new ArrayList<>();
    long at = 0;
    for (long size = 1; at < whole.byteSize(); size = 3 * size + 1) {
      long bytes = Math.min(size, whole.byteSize() - at);
      pieces.add(whole.asSlice(at, bytes));
      at += bytes;
    }
    return pieces;
  }

  /** Opens a cache, prepares and saves; gives how many weights the cache had. */
  int use(Path directory, String key) {
    return use(directory, key, new PackedWriter());
  }

  int use(Path directory, String key, PackedWriter writer) {
    try (PackedCache cache = PackedCache.open(directory, key, writer)) {
      int found = prepare(cache);
      cache.save("note");
      return found;
    }
  }

  static List<Path> files(Path directory) {
    try (Stream<Path> files = Files.list(directory)) {
      return files.sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
