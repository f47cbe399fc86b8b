package dev.vl4j.cuda.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.kernels.Warnings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KernelCacheTest {
  private static final byte[] CODE = new byte[100_000];

  static {
    new Random(1).nextBytes(CODE);
  }

  @TempDir private Path folder;
  private final AtomicInteger made = new AtomicInteger();

  private byte[] get(Path directory, String key) {
    return new KernelCache(directory).get(key, this::make);
  }

  private byte[] make() {
    made.incrementAndGet();
    return CODE.clone();
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  @Test
  void whatIsKeptIsNotMadeAgain() {
    Path deep = folder.resolve("not/yet/there");
    assertThat(get(deep, "a")).isEqualTo(CODE);
    assertThat(get(deep, "a")).isEqualTo(CODE);
    assertThat(made).hasValue(1);
  }

  @Test
  void anotherKeyIsAnotherEntry() throws IOException {
    get(folder, "source\noption");
    get(folder, "source\nother option");
    get(folder, "source\noption");
    assertThat(made).hasValue(2);
    assertThat(files()).hasSize(2);
  }

  @Test
  void damagedEntriesAreMadeAnewWithOneWarningEach() throws IOException {
    get(folder, "a");
    Path file = files().getFirst();
    byte[] whole = Files.readAllBytes(file);
    List<byte[]> damages = new ArrayList<>(List.of(new byte[0], new byte[32]));
    damages.add(java.util.Arrays.copyOf(whole, whole.length - 1));
    damages.add(java.util.Arrays.copyOf(whole, whole.length + 1));
    for (int at : new int[] {0, 31, 32, whole.length - 1}) {
      byte[] flipped = whole.clone();
      flipped[at] ^= 1;
      damages.add(flipped);
    }
    try (Warnings warnings = new Warnings(KernelCache.class.getName())) {
      for (byte[] damage : damages) {
        Files.write(file, damage);
        made.set(0);
        assertThat(get(folder, "a")).isEqualTo(CODE);
        assertThat(made).hasValue(1);
        assertThat(warnings.take())
            .containsExactly(
                "kernel cache: %s: damaged; the kernels are compiled again".formatted(file));
        assertThat(Files.readAllBytes(file)).isEqualTo(whole);
      }
    }
  }

  /** Each has an object of its own, as processes have. Readers never see half a file. */
  @Test
  void writersDoNotDisturbOneAnother() throws Exception {
    int threads = 8;
    try (Warnings warnings = new Warnings(KernelCache.class.getName());
        ExecutorService executor = Executors.newFixedThreadPool(threads)) {
      for (int round = 0; round < 20; round++) {
        String key = "round " + round;
        Callable<byte[]> writer = () -> get(folder, key);
        for (Future<byte[]> result :
            executor.invokeAll(java.util.Collections.nCopies(threads, writer))) {
          assertThat(result.get()).isEqualTo(CODE);
        }
      }
      assertThat(warnings.take()).isEmpty();
    }
    assertThat(files()).hasSize(20).allMatch(file -> file.toString().endsWith(".cubin"));
    made.set(0);
    get(folder, "round 0");
    assertThat(made).hasValue(0);
  }

  @Test
  void aFolderThatTakesNoFilesCostsOneWarning() throws IOException {
    Path file = Files.writeString(folder.resolve("file"), "no folder");
    for (Path directory : List.of(file, file.resolve("below"))) {
      try (Warnings warnings = new Warnings(KernelCache.class.getName())) {
        KernelCache cache = new KernelCache(directory);
        made.set(0);
        assertThat(cache.get("a", this::make)).isEqualTo(CODE);
        assertThat(cache.get("a", this::make)).isEqualTo(CODE);
        assertThat(made).hasValue(2);
        assertThat(warnings.take())
            .singleElement()
            .asString()
            .startsWith("kernel cache: " + directory + " cannot be ")
            .endsWith(
                "kernels are compiled at every start (-Dvl4j.cuda.cache names another folder)");
      }
    }
  }

  @Test
  void whatDeadWritersLeftIsDeletedAfterADay() throws IOException {
    Path dead = Files.writeString(folder.resolve("00.cubin.1.partial"), "half");
    Path living = Files.writeString(folder.resolve("00.cubin.2.partial"), "half");
    Path other = Files.writeString(folder.resolve("notes.partial"), "of somebody else");
    FileTime old = FileTime.from(Instant.now().minus(Duration.ofHours(25)));
    Files.setLastModifiedTime(dead, old);
    Files.setLastModifiedTime(other, old);
    get(folder, "a");
    assertThat(dead).doesNotExist();
    assertThat(living).exists();
    assertThat(other).exists();
  }

  @Test
  void directories() {
    Map<String, String> home = Map.of("user.home", "/home/me");
    assertThat(KernelCache.directory(home::get, name -> null))
        .isEqualTo(Path.of("/home/me/.cache/vl4j/cuda"));
    assertThat(KernelCache.directory(home::get, Map.of("XDG_CACHE_HOME", "/fast")::get))
        .isEqualTo(Path.of("/fast/vl4j/cuda"));
    assertThat(KernelCache.directory(home::get, Map.of("XDG_CACHE_HOME", "relative")::get))
        .isEqualTo(Path.of("/home/me/.cache/vl4j/cuda"));
    assertThat(
            KernelCache.directory(
                Map.of(KernelCache.PROPERTY, "/mine")::get, Map.of("XDG_CACHE_HOME", "/fast")::get))
        .isEqualTo(Path.of("/mine"));
  }
}
