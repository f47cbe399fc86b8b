package dev.vl4j.kernels.packed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.kernels.Warnings;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is read is what was written, or it is refused: whatever has happened to the file. */
class PackedFileTest {
  private static final int[] SIZES = {1, 3, 4095, 4096, 4097, 70_001, 12_288};
  private static final String KEY = "what it was\npacked from\n";

  @TempDir private Path directory;
  private final Warnings warnings = new Warnings(PackedCache.class.getName());
  private final Random random = new Random(Shelf.SEED);

  @AfterEach
  void quiet() {
    assertThat(warnings.take()).isEmpty();
    warnings.close();
  }

  private Path written(Shelf shelf) {
    assertThat(shelf.use(directory, KEY)).isZero();
    assertThat(Shelf.files(directory)).hasSize(1);
    return Shelf.files(directory).getFirst();
  }

  @Test
  void whatWasAddedIsFound() {
    Shelf shelf = Shelf.random("whatWasAddedIsFound", SIZES);
    Path file = written(shelf);
    assertThat(file.getFileName().toString()).matches("vl4j-[0-9a-f]{32}\\.packed");
    try (PackedCache cache = PackedCache.open(directory, KEY)) {
      assertThat(cache.note()).contains("note");
      assertThat(cache.isIncomplete()).isFalse();
      assertThat(shelf.prepare(cache)).isEqualTo(SIZES.length);
      assertThat(cache.isIncomplete()).isFalse();
    }
  }

  /** Larger than the writer's block, and not of its multiples. */
  @Test
  void largeWeightsAreFound() throws IOException {
    Shelf shelf = Shelf.random("largeWeightsAreFound", 5_000_001, 20_000_003, 7);
    Path file = written(shelf);
    assertThat(shelf.use(directory, KEY)).isEqualTo(3);
    assertThat(Files.size(file) % PackedHeader.PAGE).isZero();
  }

  @Test
  void aCompleteFileIsNotWrittenAgain() throws IOException {
    Shelf shelf = Shelf.random("aCompleteFileIsNotWrittenAgain", SIZES);
    Path file = written(shelf);
    Object before = Files.readAttributes(file, "lastModifiedTime,fileKey");
    assertThat(shelf.use(directory, KEY)).isEqualTo(SIZES.length);
    assertThat(Files.readAttributes(file, "lastModifiedTime,fileKey")).isEqualTo(before);
  }

  @Test
  void truncatedFilesAreReportedOnceAndRebuilt() throws IOException {
    Shelf shelf = Shelf.random("truncatedFilesAreReportedOnceAndRebuilt", SIZES);
    Path file = written(shelf);
    int size = (int) Files.size(file);
    int header = headerBytes(file);
    TreeSet<Integer> lengths = new TreeSet<>(Arrays.asList(0, 1, 7, 8, 55, 56, 57, size - 1));
    lengths.addAll(Arrays.asList(header - 1, header, header + 1, size - 4095, size - 4096));
    for (int i = 0; i < 60; i++) {
      lengths.add(random.nextInt(size));
    }
    for (int length : lengths) {
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.truncate(length);
      }
      refusedAndRebuilt(shelf, file, "cut to %d of %d bytes".formatted(length, size));
    }
  }

  @Test
  void anyFlippedBitIsReportedOnceAndRebuilt() throws IOException {
    Shelf shelf = Shelf.random("anyFlippedBitIsReportedOnceAndRebuilt", SIZES);
    Path file = written(shelf);
    int size = (int) Files.size(file);
    int header = headerBytes(file);
    TreeSet<Integer> places = new TreeSet<>();
    for (int i = 0; i < 64; i++) {
      places.add(i); // every field before the texts
    }
    for (int i = 0; i < 60; i++) {
      places.add(random.nextInt(header));
      places.add(header + random.nextInt(size - header)); // weights and the gaps after them
    }
    for (int place : places) {
      int bit = random.nextInt(8);
      flip(file, place, 1 << bit);
      refusedAndRebuilt(shelf, file, "bit %d of byte %d of %d".formatted(bit, place, size));
    }
  }

  @Test
  void appendedBytesAreReportedAndRebuilt() throws IOException {
    Shelf shelf = Shelf.random("appendedBytesAreReportedAndRebuilt", SIZES);
    Path file = written(shelf);
    Files.write(file, new byte[4096], StandardOpenOption.APPEND);
    refusedAndRebuilt(shelf, file, "4096 bytes more");
  }

  private void refusedAndRebuilt(Shelf shelf, Path file, String how) {
    String what = "%s, seed %d".formatted(how, Shelf.SEED);
    assertThat(shelf.use(directory, KEY)).as(what).isZero();
    assertThat(warnings.take())
        .as(what)
        .singleElement()
        .asString()
        .contains(file.toString(), "expected", "found", "packed again")
        .doesNotContain("\n");
    assertThat(shelf.use(directory, KEY)).as(what).isEqualTo(SIZES.length);
    assertThat(Shelf.files(directory)).containsExactly(file);
  }

  private static int headerBytes(Path file) throws IOException {
    try (Arena arena = Arena.ofConfined();
        FileChannel channel = FileChannel.open(file)) {
      MemorySegment all = channel.map(MapMode.READ_ONLY, 0, channel.size(), arena);
      return (int) PackedHeader.decode(all).entries().getFirst().offset();
    } catch (DamagedFileException e) {
      throw new AssertionError(e);
    }
  }

  private static void flip(Path file, int place, int bits) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[place] ^= (byte) bits;
    Files.write(file, bytes);
  }

  @Test
  void otherKeysHaveOtherFiles() {
    Shelf shelf = Shelf.random("otherKeysHaveOtherFiles", SIZES);
    Shelf other = Shelf.random("another", SIZES);
    assertThat(shelf.use(directory, KEY)).isZero();
    assertThat(other.use(directory, KEY + "bf16")).isZero();
    assertThat(Shelf.files(directory)).hasSize(2);
    assertThat(shelf.use(directory, KEY)).isEqualTo(SIZES.length);
    assertThat(other.use(directory, KEY + "bf16")).isEqualTo(SIZES.length);
  }

  /** A name is a short hash: only the whole key counts. */
  @Test
  void aFileWithAnotherKeyIsReportedAndReplaced() throws IOException {
    Shelf shelf = Shelf.random("aFileWithAnotherKeyIsReportedAndReplaced", SIZES);
    Path file = written(shelf);
    assertThat(Shelf.random("another", SIZES).use(directory, "another key")).isZero();
    Path another =
        Shelf.files(directory).stream().filter(path -> !path.equals(file)).findFirst().get();
    Files.copy(file, another, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    try (PackedCache cache = PackedCache.open(directory, "another key")) {
      assertThat(cache.note()).isEmpty();
      assertThat(shelf.prepare(cache)).isZero();
      cache.save("");
    }
    assertThat(warnings.take())
        .singleElement()
        .asString()
        .contains("key: expected \"another key\", found \"what it was; packed from\"");
    assertThat(shelf.use(directory, "another key")).isEqualTo(SIZES.length);
  }

  @Test
  void aWeightThatIsMissingOrOfAnotherSizeIsReportedOnceAndAdded() {
    Shelf shelf = Shelf.random("aWeightThatIsMissing", SIZES);
    Path file = written(shelf);
    shelf.weights.put("weight \u00e4 2", new byte[4097]);
    shelf.weights.put("new", new byte[] {1, 2, 3});
    assertThat(shelf.use(directory, KEY)).isEqualTo(SIZES.length - 1);
    assertThat(warnings.take())
        .singleElement()
        .asString()
        .contains("weight \u00e4 2: expected 4097 bytes, found 4095");
    assertThat(shelf.use(directory, KEY)).isEqualTo(SIZES.length + 1);
    assertThat(Shelf.files(directory)).containsExactly(file);
  }

  @Test
  void aRejectedFileIsNotUsedAndReplaced() {
    Shelf shelf = Shelf.random("aRejectedFileIsNotUsedAndReplaced", SIZES);
    Path file = written(shelf);
    Shelf other = Shelf.random("other contents", SIZES);
    try (PackedCache cache = PackedCache.open(directory, KEY)) {
      cache.reject("it is stale");
      assertThat(other.prepare(cache)).isZero();
      cache.save("new");
    }
    assertThat(warnings.take()).singleElement().asString().contains("it is stale");
    try (PackedCache cache = PackedCache.open(directory, KEY)) {
      assertThat(cache.note()).contains("new");
      assertThat(other.prepare(cache)).isEqualTo(SIZES.length);
    }
    assertThat(Shelf.files(directory)).containsExactly(file);
  }

  @Test
  void aReaderKeepsItsFileWhenAnotherTakesItsPlace() throws IOException {
    Shelf shelf = Shelf.random("aReaderKeepsItsFile", SIZES);
    Path file = written(shelf);
    try (PackedCache cache = PackedCache.open(directory, KEY)) {
      Files.delete(file);
      assertThat(Shelf.random("another", 100_000).use(directory, KEY)).isZero();
      assertThat(shelf.prepare(cache)).isEqualTo(SIZES.length);
    }
  }
}
