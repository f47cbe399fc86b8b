package dev.vl4j.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.model.Fixtures;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.BackendSettings;
import dev.vl4j.kernels.Backends;
import dev.vl4j.kernels.OperandFormat;
import dev.vl4j.kernels.PackedWeights;
import dev.vl4j.loader.Checkpoint;
import dev.vl4j.loader.StoredTensor;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A model opened from a packed cache answers bitwise what it answers without one, or packs. */
class PackedCacheTest {
  private static final ModelOptions OPTIONS =
      ModelOptions.DEFAULT.withPrecision(Precision.F32).withThreads(2);

  /** A matrix of the demonstration model that is packed, and larger than what is sampled of it. */
  private static final String LARGE_TENSOR = "model.language_model.layers.0.mlp.down_proj.weight";

  private static final long SAMPLED_BYTES = 3 * 4096;

  @TempDir private Path temporary;
  private Path cache;
  private Path model;
  private final Warnings warnings = new Warnings();

  @BeforeEach
  void start() {
    cache = temporary.resolve("cache");
    model = temporary.resolve("model");
  }

  @AfterEach
  void quiet() {
    assertThat(warnings.take()).isEmpty();
    warnings.close();
  }

  private void copyOf(Path source) {
    try (Stream<Path> files = Files.walk(source)) {
      for (Path file : files.toList()) {
        Path to = model.resolve(source.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(to);
        } else {
          Files.copy(file, to);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void fixture(String name) {
    try {
      copyOf(Fixtures.ROOT.resolve(name).resolve("model"));
      Files.copy(
          Fixtures.ROOT.resolve("tokenizer/tokenizer.json"), model.resolve("tokenizer.json"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void demo() {
    Path unpacked = DemoModel.RERANKER.unpack();
    copyOf(unpacked);
    DemoModel.delete(unpacked);
  }

  private static List<Double> logits(Reranker reranker) {
    Content image = Content.image(Fixtures.ROOT.resolve("images/photo_75x110.png"));
    List<Content> documents =
        List.of(Content.text("She bought a red bicycle."), image, Content.text("x"));
    return reranker.rerank(Content.text("a red circle"), documents).stream()
        .map(RankedDocument::logit)
        .toList();
  }

  private List<Double> logits(ModelOptions options) {
    try (Reranker reranker = Reranker.open(model, options)) {
      return logits(reranker);
    }
  }

  private ModelOptions cached(Precision precision) {
    return OPTIONS.withPrecision(precision).withPackedCache(cache);
  }

  /** Every file of the cache, with what tells one file from another under its name. */
  private Set<String> files() {
    Set<String> found = new HashSet<>();
    try (Stream<Path> files = Files.list(cache)) {
      for (Path file : files.toList()) {
        found.add(file + " " + Files.readAttributes(file, "lastModifiedTime,size,fileKey"));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found;
  }

  @ParameterizedTest
  @CsvSource({"tied_gqa2", "untied_gqa1_sharded", "gqa8_f32", "heads72_f16", "w8a8_text", "demo"})
  void answersAreBitwiseTheSame(String name) {
    if (name.equals("demo")) {
      demo();
    } else {
      fixture(name);
    }
    int count = 0;
    for (Precision precision : List.of(Precision.F32, Precision.BF16, Precision.INT8)) {
      List<Double> plain = logits(OPTIONS.withPrecision(precision));
      assertThat(logits(cached(precision))).as("%s, written", precision).isEqualTo(plain);
      Set<String> written = files();
      assertThat(written).as("a file for each format").hasSize(++count);
      assertThat(logits(cached(precision))).as("%s, read", precision).isEqualTo(plain);
      assertThat(files()).as("nothing is written again").isEqualTo(written);
    }
  }

  /** Though it is unpacked anew each time. */
  @Test
  void theDemonstrationModelHasOneFile() {
    List<Double> plain;
    try (Reranker reranker = Reranker.openDemo(OPTIONS)) {
      plain = logits(reranker);
    }
    Set<String> written = null;
    for (int i = 0; i < 3; i++) {
      try (Reranker reranker = Reranker.openDemo(cached(Precision.F32))) {
        assertThat(logits(reranker)).isEqualTo(plain);
      }
      written = written == null ? files() : written;
      assertThat(files()).hasSize(1).isEqualTo(written);
    }
  }

  /** Byte offset in model.safetensors of a byte of a large tensor that no sample reads. */
  private long unsampledByte() throws IOException {
    long at;
    try (Checkpoint checkpoint = Checkpoint.open(model);
        RandomAccessFile file = weights("r")) {
      at = Long.BYTES + Long.reverseBytes(file.readLong());
      for (String name : checkpoint.names()) {
        StoredTensor tensor = checkpoint.tensor(name);
        long bytes = tensor.data().byteSize();
        if (name.equals(LARGE_TENSOR)) {
          assertThat(bytes).isGreaterThan(2 * SAMPLED_BYTES);
          return at + bytes / 4 + 1; // an odd byte: an exponent's
        }
        at += bytes;
      }
    }
    throw new AssertionError("no tensor " + LARGE_TENSOR);
  }

  private RandomAccessFile weights(String mode) throws IOException {
    return new RandomAccessFile(model.resolve("model.safetensors").toFile(), mode);
  }

  /** Overwrites a weight in place. */
  private void overwrite(long at) throws IOException {
    try (RandomAccessFile file = weights("rw")) {
      file.seek(at);
      int old = file.read();
      file.seek(at);
      file.write(old ^ 0x80);
    }
  }

  @Test
  void aCheckpointOverwrittenInPlaceIsPackedAgain() throws IOException {
    demo();
    List<Double> before = logits(cached(Precision.F32));
    overwrite(unsampledByte());
    List<Double> plain = logits(OPTIONS);
    assertThat(plain).isNotEqualTo(before);
    assertThat(logits(cached(Precision.F32))).isEqualTo(plain);
    assertThat(files()).hasSize(2);
    assertThat(logits(cached(Precision.F32))).isEqualTo(plain);
  }

  /** Same names, same size, same time, same samples: only the file system knows. */
  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  void aCheckpointOverwrittenWithItsOldTimeIsReportedAndPackedAgain() throws IOException {
    demo();
    Path file = model.resolve("model.safetensors");
    FileTime time = Files.getLastModifiedTime(file);
    List<Double> before = logits(cached(Precision.BF16));
    overwrite(unsampledByte());
    Files.setLastModifiedTime(file, time);
    List<Double> plain = logits(OPTIONS.withPrecision(Precision.BF16));
    assertThat(plain).isNotEqualTo(before);
    assertThat(logits(cached(Precision.BF16))).isEqualTo(plain);
    assertThat(warnings.take()).singleElement().asString().contains("other contents");
    Set<String> written = files();
    assertThat(written).hasSize(1);
    assertThat(logits(cached(Precision.BF16))).isEqualTo(plain);
    assertThat(files()).isEqualTo(written);
  }

  @Test
  @EnabledOnOs({OS.LINUX, OS.MAC})
  void aChangeOfPermissionsChangesNothing() {
    demo();
    List<Double> plain = logits(cached(Precision.F32));
    Set<String> written = files();
    assertThat(model.resolve("model.safetensors").toFile().setExecutable(true)).isTrue();
    assertThat(logits(cached(Precision.F32))).isEqualTo(plain);
    assertThat(files()).isEqualTo(written);
  }

  @Test
  void anotherConfigurationIsAnotherModel() throws IOException {
    fixture("tied_gqa2");
    List<Double> plain = logits(cached(Precision.F32));
    Path config = model.resolve("config.json");
    Files.writeString(config, Files.readString(config) + "\n");
    assertThat(logits(cached(Precision.F32))).isEqualTo(plain);
    assertThat(files()).hasSize(2);
  }

  @Test
  void aDamagedFileIsReportedOnceAndRebuilt() throws IOException {
    fixture("gqa8_f32");
    List<Double> plain = logits(cached(Precision.INT8));
    Path file;
    try (Stream<Path> files = Files.list(cache)) {
      file = files.findFirst().orElseThrow();
    }
    try (RandomAccessFile damaged = new RandomAccessFile(file.toFile(), "rw")) {
      damaged.setLength(damaged.length() - 4096);
    }
    assertThat(logits(cached(Precision.INT8))).isEqualTo(plain);
    assertThat(warnings.take())
        .singleElement()
        .asString()
        .contains(file.toString(), "size in bytes: expected");
    Set<String> rebuilt = files();
    assertThat(logits(cached(Precision.INT8))).isEqualTo(plain);
    assertThat(files()).hasSize(1).isEqualTo(rebuilt);
  }

  @Test
  void whatCannotBeCachedIsRefused() throws IOException {
    fixture("tied_gqa2");
    Files.writeString(cache, "no directory");
    assertThatThrownBy(() -> logits(cached(Precision.F32)))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(cache + ": not a directory");
    Files.delete(cache);
    assertThatThrownBy(() -> logits(cached(Precision.F32).withBackend("reference")))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("keeps no prepared weights");
  }

  /** Vector widths and instruction sets are fixed for a process, so others run in others. */
  @Test
  void otherLayoutsHaveOtherFiles() throws Exception {
    fixture("tied_gqa2");
    Set<String> layouts = new HashSet<>();
    for (String setting :
        List.of(
            "-Dvl4j.cpu.tier=auto",
            "-Dvl4j.cpu.tier=vector-api -Dvl4j.vectorBits=128",
            "-Dvl4j.cpu.tier=vector-api -Dvl4j.vectorBits=256")) {
      layouts.add(another(setting));
      assertThat(files()).as(setting).hasSize(layouts.size());
    }
    assertThat(layouts).hasSizeGreaterThan(1);
  }

  /** What {@link OtherProcess} says. */
  private String another(String options) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(options.split(" ")));
    command.addAll(
        List.of(
            "--add-modules",
            "jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            OtherProcess.class.getName(),
            model.toString(),
            cache.toString()));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isZero();
    return said;
  }

  /** Prints its layout, and holds answers with a cache, written and read, to those without. */
  static final class OtherProcess {
    private OtherProcess() {}

    public static void main(String[] arguments) {
      ModelOptions options = OPTIONS.withPrecision(Precision.BF16);
      try (Backend backend = Backends.open("cpu", BackendSettings.DEFAULT.withThreads(1))) {
        System.out.println(
            backend.capability(PackedWeights.class).orElseThrow().layout(OperandFormat.BF16));
      }
      Path model = Path.of(arguments[0]);
      double plain = logit(model, options);
      ModelOptions cached = options.withPackedCache(Path.of(arguments[1]));
      for (String how : List.of("written", "read")) {
        if (logit(model, cached) != plain) {
          throw new AssertionError(how + ": expected the logit " + plain);
        }
      }
    }

    private static double logit(Path model, ModelOptions options) {
      try (Reranker reranker = Reranker.open(model, options)) {
        return reranker.rerank(Content.text("a"), List.of(Content.text("b"))).getFirst().logit();
      }
    }
  }
}
