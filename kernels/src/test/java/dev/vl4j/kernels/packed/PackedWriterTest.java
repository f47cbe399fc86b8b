package dev.vl4j.kernels.packed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.kernels.Warnings;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Writers that fail, die, or meet: nobody sees half a file, and nothing is left behind. */
class PackedWriterTest {
  private static final String KEY = "key";

  /** More than one write. */
  private static final int[] SIZES = {9_000_000, 5, 9_000_000, 4096};

  @TempDir private Path directory;
  private final Warnings warnings = new Warnings(PackedCache.class.getName());
  private final Shelf shelf = Shelf.random("writers", SIZES);

  @AfterEach
  void quiet() {
    assertThat(warnings.take()).isEmpty();
    warnings.close();
  }

  /** A disk with room for so many bytes. */
  private static PackedWriter full(long room) {
    return new PackedWriter((file, bytes, at) -> {
      long free = room - at;
      if (bytes.remaining() > free) {
        file.write(bytes.limit(bytes.position() + (int) Math.max(free, 0)), at);
        throw new IOException("No space left on device");
      }
      file.write(bytes, at);
    });
  }

  @Test
  void aFullDiskIsReportedAndLeavesNothing() {
    for (long room : new long[] {0, 100, 8 << 20, (8 << 20) + 5, 17 << 20}) {
      assertThat(shelf.use(directory, KEY, full(room))).isZero();
      assertThat(warnings.take())
          .as("room for %d bytes", room)
          .singleElement()
          .asString()
          .contains(directory.toString(), "cannot be written: No space left on device");
      assertThat(Shelf.files(directory)).isEmpty();
    }
    assertThat(shelf.use(directory, KEY)).isZero();
    assertThat(shelf.use(directory, KEY, full(0))).isEqualTo(SIZES.length);
  }

  /** Also where the header is what does not fit any more. */
  @Test
  void aFailureInTheLastWriteLeavesNothing() {
    int[] writes = {0};
    PackedWriter failing =
        new PackedWriter((file, bytes, at) -> {
          writes[0]++;
          if (at == 0 && writes[0] > 1) {
            throw new IOException("Input/output error");
          }
          file.write(bytes, at);
        });
    assertThat(shelf.use(directory, KEY, failing)).isZero();
    assertThat(writes[0]).isEqualTo(4);
    assertThat(warnings.take()).singleElement().asString().contains("Input/output error");
    assertThat(Shelf.files(directory)).isEmpty();
  }

  @Test
  void aMissingDirectoryIsCreated() {
    Path deep = directory.resolve("a/b/c");
    assertThat(shelf.use(deep, KEY)).isZero();
    assertThat(shelf.use(deep, KEY)).isEqualTo(SIZES.length);
    assertThat(Shelf.files(deep)).hasSize(1);
  }

  @Test
  void aDirectoryThatCannotBeCreatedIsReported() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "");
    assertThat(shelf.use(file.resolve("cache"), KEY)).isZero();
    // Once when it is looked for, once when it is written.
    assertThat(warnings.take())
        .hasSize(2)
        .allSatisfy(warning -> assertThat(warning).contains(file.toString()));
  }

  /** Where not even the superuser creates a file. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void aReadOnlyDirectoryIsReported() {
    assertThat(shelf.use(Path.of("/proc/self"), KEY)).isZero();
    assertThat(warnings.take())
        .singleElement()
        .asString()
        .contains("/proc/self", "cannot be written");
  }

  @Test
  void manyThreadsGetOneFile() throws Exception {
    int threads = 8;
    try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
      CyclicBarrier barrier = new CyclicBarrier(threads);
      List<Future<Integer>> uses = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        uses.add(
            executor.submit(() -> {
              barrier.await();
              return shelf.use(directory, KEY);
            }));
      }
      for (Future<Integer> use : uses) {
        assertThat(use.get()).isIn(0, SIZES.length);
      }
    }
    assertThat(Shelf.files(directory)).hasSize(1);
    assertThat(shelf.use(directory, KEY)).isEqualTo(SIZES.length);
  }

  @Test
  void manyProcessesGetOneFile() throws Exception {
    List<Process> processes = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      processes.add(start("whole"));
    }
    for (Process process : processes) {
      assertThat(process.waitFor()).isZero();
    }
    assertThat(Shelf.files(directory)).hasSize(1);
    assertThat(shelf.use(directory, KEY)).isEqualTo(SIZES.length);
  }

  @Test
  void onlyDeadWritersAreCleanedUpAfter() throws Exception {
    Process writer = start("stalled");
    try (BufferedReader says =
        new BufferedReader(
            new java.io.InputStreamReader(writer.getInputStream(), StandardCharsets.UTF_8))) {
      String line = says.readLine();
      while (!line.equals("stalled")) {
        line = says.readLine();
      }
      Path partial = Shelf.files(directory).getFirst();
      assertThat(partial.getFileName().toString()).endsWith(".partial");
      assertThat(Files.size(partial)).isPositive();
      // It lives, and writes this very file: its file stays, and nobody else writes another.
      assertThat(shelf.use(directory, KEY)).isZero();
      assertThat(Shelf.files(directory)).containsExactly(partial);
      // Another key is another matter.
      assertThat(shelf.use(directory, "another")).isZero();
      assertThat(Shelf.files(directory)).hasSize(2).contains(partial);
    } finally {
      writer.destroyForcibly().waitFor();
    }
    assertThat(shelf.use(directory, KEY)).isZero();
    assertThat(Shelf.files(directory))
        .hasSize(2)
        .allMatch(file -> file.getFileName().toString().endsWith(".packed"));
    assertThat(shelf.use(directory, KEY)).isEqualTo(SIZES.length);
  }

  /** Other files are nobody's business. */
  @Test
  void onlyOwnFilesAreCleanedUp() throws IOException {
    String dead = "vl4j-00000000000000000000000000000000.packed.0.partial";
    for (String name : List.of(dead, "mine.partial", "vl4j.packed", "model.packed.partial")) {
      Files.writeString(directory.resolve(name), "");
    }
    assertThat(shelf.use(directory, KEY)).isZero();
    assertThat(Shelf.files(directory)).hasSize(4).doesNotContain(directory.resolve(dead));
  }

  private Process start(String how) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            "-Dtests.seed=" + Shelf.SEED,
            OtherProcess.class.getName(),
            directory.toString(),
            KEY,
            how)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  /** Another process that prepares the same weights; {@code stalled}, it stops in the middle. */
  static final class OtherProcess {
    private OtherProcess() {}

    public static void main(String[] arguments) {
      PackedWriter writer = new PackedWriter();
      if (arguments[2].equals("stalled")) {
        writer =
            new PackedWriter((file, bytes, at) -> {
              if (at > 0) {
                System.out.println("stalled");
                System.out.flush();
                sleep();
              }
              file.write(bytes, at);
            });
      }
      Shelf.random("writers", SIZES).use(Path.of(arguments[0]), arguments[1], writer);
    }

    private static void sleep() {
      try {
        Thread.sleep(600_000);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
