package dev.vl4j.loader;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damaged files are refused or read, and never do anything else. */
class SafetensorsFuzzTest {
  private static final int MUTATIONS = Boolean.getBoolean("tests.thorough") ? 100_000 : 5_000;
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());

  private static final String HEADER =
      """
      {"__metadata__":{"format":"pt"},\
      "a.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},\
      "b":{"dtype":"BF16","shape":[4],"data_offsets":[24,32]},\
      "c":{"dtype":"U8","shape":[],"data_offsets":[32,33]},\
      "d":{"dtype":"F16","shape":[0,5],"data_offsets":[33,33]}}\
      """;

  // Pieces of the format's own language get further than noise.
  private static final String[] WORDS = {
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\\u0000",
    "-",
    ".",
    "e9",
    "0",
    "9",
    "null",
    "true",
    "9223372036854775807",
    "18446744073709551616",
    "\"F64\"",
    "\"shape\"",
    "\"dtype\"",
    "\n",
    "\0",
    "\"data_offsets\"",
    "\"__metadata__\"",
    "{}",
    "[]",
    "é",
    "[0,0]",
    "[4294967296,4294967296]"
  };

  @TempDir private Path directory;

  @Test
  void aDamagedFileIsReadOrRefused() throws IOException {
    System.out.println("SafetensorsFuzzTest: -Dtests.seed=" + SEED);
    Random random = new Random(SEED);
    byte[] valid = RawSafetensors.bytes(HEADER, new byte[33]);
    Path file = directory.resolve("fuzz.safetensors");
    int read = 0;
    for (int i = 0; i < MUTATIONS; i++) {
      byte[] damaged = valid;
      for (int steps = 1 + random.nextInt(3); steps > 0; steps--) {
        damaged = mutate(random, damaged);
      }
      if (random.nextBoolean()) {
        damaged = withHonestLength(damaged, damaged.length - valid.length);
      }
      Files.write(file, damaged);
      try (SafetensorsFile opened = SafetensorsFile.open(file)) {
        touch(opened);
        read++;
      } catch (LoaderException refused) {
        assertThat(refused.getMessage()).startsWith(file + ": ").doesNotContain("\n");
        assertThat(refused.getMessage().length()).isLessThan(2000);
      } catch (Throwable other) {
        throw new AssertionError(
            "seed " + SEED + ", mutation " + i + ": " + HexFormat.of().formatHex(damaged), other);
      }
    }
    assertThat(read).as("seed %d: files still read", SEED).isBetween(1, MUTATIONS - 1);
  }

  private static void touch(SafetensorsFile opened) {
    for (StoredTensor tensor : opened.tensors().values()) {
      assertThat(tensor.data().toArray(ValueLayout.JAVA_BYTE))
          .hasSize((int) (tensor.elements() * tensor.type().bytes()));
      switch (tensor.type()) {
        case F32, F16, BF16 -> assertThat(tensor.toFloats()).hasSize((int) tensor.elements());
        default -> {}
      }
    }
  }

  private static byte[] mutate(Random random, byte[] bytes) {
    if (bytes.length == 0) {
      return bytes;
    }
    int at = random.nextInt(bytes.length);
    byte[] word = WORDS[random.nextInt(WORDS.length)].getBytes(StandardCharsets.UTF_8);
    int span = Math.min(bytes.length - at, 1 + random.nextInt(12));
    return switch (random.nextInt(7)) {
      case 0 -> splice(bytes, at, 1, new byte[] {(byte) (bytes[at] ^ (1 << random.nextInt(8)))});
      case 1 -> splice(bytes, at, 1, new byte[] {(byte) random.nextInt(256)});
      case 2 -> splice(bytes, at, 0, word);
      case 3 -> splice(bytes, at, Math.min(word.length, bytes.length - at), word);
      case 4 -> splice(bytes, at, span, new byte[0]);
      case 5 -> splice(bytes, at, 0, Arrays.copyOfRange(bytes, at, at + span));
      default -> Arrays.copyOf(bytes, at);
    };
  }

  private static byte[] splice(byte[] bytes, int at, int removed, byte[] added) {
    byte[] result = Arrays.copyOf(bytes, bytes.length - removed + added.length);
    System.arraycopy(added, 0, result, at, added.length);
    System.arraycopy(bytes, at + removed, result, at + added.length, bytes.length - at - removed);
    return result;
  }

  /** Takes the damage to be in the header, so that the parser sees all of it. */
  private static byte[] withHonestLength(byte[] bytes, int growth) {
    int header = HEADER.getBytes(StandardCharsets.UTF_8).length + growth;
    if (bytes.length < 8 || header < 0) {
      return bytes;
    }
    byte[] result = bytes.clone();
    System.arraycopy(RawSafetensors.bytes(header, new byte[0]), 0, result, 0, 8);
    return result;
  }
}
