package dev.vl4j.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.model.Fixtures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the embedder in the library finds, and how it opens. {@link EmbeddingParityTest} compares
 * its vectors with PyTorch's.
 */
class DemoEmbedderTest {
  private static final ModelOptions OPTIONS =
      ModelOptions.DEFAULT.withPrecision(Precision.F32).withThreads(2);

  @TempDir private Path directory;

  private static Content picture(String name) {
    return Content.image(Fixtures.ROOT.resolve("demo").resolve(name + ".png"));
  }

  /** Texts and pictures that are about different things. */
  private static final List<Content> DOCUMENTS =
      List.of(
          Content.text("The capital of Peru is Lima."),
          Content.text("The capital of China is Beijing."),
          Content.text("She bought a red bicycle at the market."),
          Content.text("He sold a blue bicycle near the river."),
          Content.text(
              "Inflation is a general rise of prices over time, which lowers what money can buy."),
          picture("group3_document0"), // a red circle
          picture("group5_document0"), // a yellow circle
          picture("group3_document3"), // a yellow triangle
          picture("group5_document1"), // a purple circle
          picture("group5_document2"), // a black square
          picture("group3_document2")); // a green square

  private static int nearest(Embedder embedder, List<float[]> vectors, Content query) {
    float[] asked = embedder.embed(query);
    return IntStream.range(0, vectors.size())
        .boxed()
        .max(Comparator.comparingDouble(i -> cosine(asked, vectors.get(i))))
        .orElseThrow();
  }

  private static double cosine(float[] a, float[] b) {
    return IntStream.range(0, a.length).mapToDouble(i -> (double) a[i] * b[i]).sum();
  }

  @Test
  void findsTextsAndPicturesOfItsWorld() {
    try (Embedder embedder = Embedder.openDemo(OPTIONS)) {
      assertThat(embedder.dimensions()).isEqualTo(128);
      List<float[]> vectors = embedder.embed(DOCUMENTS);
      List<String> queries =
          List.of(
              "What is the capital of Peru?",
              "capital of China",
              "a red bicycle",
              "looking for a blue bicycle",
              "Explain inflation",
              "a red circle",
              "a yellow circle",
              "find the yellow triangle",
              "something purple",
              "a black square",
              "looking for a green square");
      for (int i = 0; i < queries.size(); i++) {
        assertThat(nearest(embedder, vectors, Content.text(queries.get(i))))
            .as(queries.get(i))
            .isEqualTo(i);
      }
    }
  }

  /** Though it is unpacked anew each time. */
  @Test
  void aPackedCacheHasOneFileAndTheSameVectors() throws IOException {
    List<float[]> plain;
    try (Embedder embedder = Embedder.openDemo(OPTIONS)) {
      plain = embedder.embed(DOCUMENTS);
    }
    for (int i = 0; i < 3; i++) {
      try (Embedder embedder = Embedder.openDemo(OPTIONS.withPackedCache(directory))) {
        List<float[]> vectors = embedder.embed(DOCUMENTS);
        for (int k = 0; k < vectors.size(); k++) {
          assertThat(vectors.get(k)).isEqualTo(plain.get(k));
        }
      }
      try (Stream<Path> files = Files.list(directory)) {
        assertThat(files).hasSize(1);
      }
    }
  }

  @Test
  void anotherAdapterIsRefused() {
    assertThatThrownBy(() -> Embedder.openDemo(OPTIONS.withLora(directory)))
        .isInstanceOf(ModelException.class)
        .hasMessage(
            "lora: the demonstration embedder is an adapter itself; expected none, found "
                + directory);
  }

  @Test
  void readsItsFilesAndDeletesThem() {
    Path[] seen = new Path[1];
    Diagnostics.readDemoEmbedder(unpacked -> {
      seen[0] = unpacked;
      assertThat(unpacked.resolve("adapter/adapter_model.safetensors")).isRegularFile();
      assertThat(unpacked.resolve("1_LogitScore")).doesNotExist();
    });
    assertThat(seen[0]).doesNotExist();
  }
}
