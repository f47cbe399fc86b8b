package dev.vl4j.loader;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.loader.SafetensorsWriter.Entry;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What changes a checkpoint's identity, and what does not. */
class CheckpointIdentityTest {
  private static final String SINGLE = "model.safetensors";
  private static final int LARGE = 50_000;
  private static final FileTime TIME = FileTime.fromMillis(1_700_000_000_123L);

  @TempDir private Path directory;

  /** Texts of a checkpoint at one time. */
  private record State(String identity, String changes, String checksums) {
    static State of(Path directory) {
      try (Checkpoint checkpoint = Checkpoint.open(directory)) {
        return new State(checkpoint.identity(), checkpoint.changes(), checkpoint.checksums());
      }
    }
  }

  @BeforeEach
  void model() throws IOException {
    Files.writeString(directory.resolve("config.json"), "{\"a\": 1}");
    write(directory.resolve(SINGLE), "a", 1);
  }

  /** A large and a small tensor. */
  private static void write(Path file, String name, int fill) throws IOException {
    SafetensorsWriter.write(file, List.of(bytes(name, LARGE, fill), bytes("small", 100, fill)));
    Files.setLastModifiedTime(file, TIME);
  }

  private static Entry bytes(String name, int count, int fill) {
    return new Entry(
        name,
        ElementType.U8,
        List.of((long) count),
        channel -> {
          ByteBuffer buffer = ByteBuffer.allocate(count);
          java.util.Arrays.fill(buffer.array(), (byte) fill);
          channel.write(buffer);
        });
  }

  /** Overwrites a byte in place, and then sets the time back. */
  private void overwrite(long fromEnd) throws IOException {
    Path file = directory.resolve(SINGLE);
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length - (int) fromEnd] ^= 1;
    Files.write(file, bytes);
    Files.setLastModifiedTime(file, TIME);
  }

  @Test
  void itIsTheSameAsLongAsNothingChanges() {
    State state = State.of(directory);
    assertThat(State.of(directory)).isEqualTo(state);
    assertThat(state.identity())
        .contains("config.json: 8 bytes", SINGLE + ": 50", "modified 2023-11-14T22:13:20.123Z");
  }

  @Test
  void aCopyWithTheSameTimesHasTheSame(@TempDir Path other) throws IOException {
    for (String name : List.of("config.json", SINGLE)) {
      Files.copy(directory.resolve(name), other.resolve(name), StandardCopyOption.COPY_ATTRIBUTES);
    }
    assertThat(State.of(other).identity()).isEqualTo(State.of(directory).identity());
    assertThat(State.of(other).checksums()).isEqualTo(State.of(directory).checksums());
  }

  @Test
  void timeSizeConfigurationAndHeaderChangeIt() throws IOException {
    State before = State.of(directory);
    Path file = directory.resolve(SINGLE);
    Files.setLastModifiedTime(file, FileTime.fromMillis(TIME.toMillis() + 1));
    assertThat(State.of(directory).identity()).isNotEqualTo(before.identity());
    write(file, "b", 1);
    assertThat(State.of(directory).identity()).isNotEqualTo(before.identity());
    write(file, "ab", 1);
    assertThat(State.of(directory).identity()).isNotEqualTo(before.identity());
    write(file, "a", 1);
    assertThat(State.of(directory).identity()).isEqualTo(before.identity());
    Files.writeString(directory.resolve("config.json"), "{\"a\": 2}");
    assertThat(State.of(directory).identity()).isNotEqualTo(before.identity());
  }

  @Test
  void everyShardAndTheIndexCount() throws IOException {
    Path index = directory.resolve(SINGLE + ".index.json");
    Files.delete(directory.resolve(SINGLE));
    for (String name : List.of("1.safetensors", "2.safetensors")) {
      write(directory.resolve(name), "a", 1);
    }
    String map = "{\"weight_map\": {\"a\": \"1.safetensors\", \"small\": \"%d.safetensors\"}}";
    Files.writeString(index, map.formatted(2));
    State before = State.of(directory);
    assertThat(before.identity().lines()).hasSize(4);
    assertThat(before.checksums().lines()).hasSize(2);
    Files.setLastModifiedTime(directory.resolve("2.safetensors"), FileTime.fromMillis(1));
    assertThat(State.of(directory).identity()).isNotEqualTo(before.identity());
    write(directory.resolve("2.safetensors"), "a", 1);
    assertThat(State.of(directory).identity()).isEqualTo(before.identity());
    Files.writeString(index, map.formatted(1));
    assertThat(State.of(directory).identity()).isNotEqualTo(before.identity());
  }

  /** In the small tensor, and in the large one at its end, middle and start. */
  @ParameterizedTest
  @ValueSource(longs = {1, 100, 101, 101 + LARGE / 2, 100 + LARGE})
  void samplesOfEveryTensorCount(long fromEnd) throws IOException {
    State before = State.of(directory);
    overwrite(fromEnd);
    assertThat(State.of(directory).identity()).isNotEqualTo(before.identity());
  }

  /** What no sample sees, though size and time are as before. */
  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  void whatNoSampleSeesIsNotedByTheFileSystemAndByChecksums() throws IOException {
    State before = State.of(directory);
    overwrite(100 + LARGE / 4);
    State after = State.of(directory);
    assertThat(after.identity()).isEqualTo(before.identity());
    assertThat(after.changes()).isNotEqualTo(before.changes());
    assertThat(after.checksums()).isNotEqualTo(before.checksums());
  }

  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  void aChangeOfPermissionsIsNotedAndChangesNothingElse() throws IOException {
    State before = State.of(directory);
    assertThat(directory.resolve(SINGLE).toFile().setExecutable(true)).isTrue();
    State after = State.of(directory);
    assertThat(after.changes()).isNotEqualTo(before.changes());
    assertThat(after.identity()).isEqualTo(before.identity());
    assertThat(after.checksums()).isEqualTo(before.checksums());
  }

  @Test
  void aFileThatIsReplacedWhileItIsOpenIsNamed() throws IOException {
    try (Checkpoint checkpoint = Checkpoint.open(directory)) {
      checkpoint.requireUnchanged();
      write(directory.resolve(SINGLE), "a", 2);
      assertThatThrownBy(checkpoint::requireUnchanged)
          .isInstanceOf(LoaderException.class)
          .hasMessageContaining(SINGLE + ": changed while it was open");
      assertThatThrownBy(checkpoint::identity)
          .isInstanceOf(LoaderException.class)
          .hasMessageContaining(SINGLE + ": changed while it was open");
    }
  }
}
