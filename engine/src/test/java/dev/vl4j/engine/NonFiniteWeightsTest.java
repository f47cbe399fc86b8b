package dev.vl4j.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.checkpoints.EditedCheckpoint;
import dev.vl4j.engine.checkpoints.EditedCheckpoint.Tensor;
import dev.vl4j.engine.model.Fixtures;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A weight that is no finite number never makes a score, wherever it is. */
class NonFiniteWeightsTest {
  private static final float[] NONE = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY};
  private static final String EMBEDDINGS = "model.language_model.embed_tokens.weight";
  private static final Content QUERY = Content.text("a red circle");
  private static final Content TEXT = Content.text("She bought a red bicycle.");
  private static final Content IMAGE =
      Content.image(Fixtures.ROOT.resolve("images/tiny_20x33.png"));
  private static final int HIDDEN = 64;

  @TempDir Path directory;

  /** One tensor of each kind, on both backends; the seed says which element is spoilt. */
  @ParameterizedTest
  @CsvSource({"F32, cpu, 71", "BF16, cpu, 72", "INT8, cpu, 73", "F32, reference, 74"})
  void noTensorHidesThem(Precision precision, String backend, long seed) {
    System.out.printf("non-finite weights: %s on %s, seed %d%n", precision, backend, seed);
    EditedCheckpoint checkpoint = new EditedCheckpoint("tied_gqa2", directory);
    Map<String, Tensor> good = new LinkedHashMap<>(checkpoint.tensors());
    ModelOptions options =
        ModelOptions.DEFAULT.withThreads(1).withPrecision(precision).withBackend(backend);
    Random random = new Random(seed);
    Set<String> kinds = new HashSet<>();
    for (Map.Entry<String, Tensor> entry : good.entrySet()) {
      String name = entry.getKey();
      if (name.equals(EMBEDDINGS) || !kinds.add(name.replaceAll("\\d+", "N"))) {
        continue;
      }
      Tensor tensor = entry.getValue();
      int elements = tensor.data().length / tensor.type().bytes();
      float value = NONE[kinds.size() % NONE.length];
      int element = random.nextInt(elements);
      checkpoint.tensors().putAll(good);
      checkpoint.tensors().put(name, tensor.with(element, value));
      checkpoint.writeTensors();
      // Integers cannot be made of them, so that such a model does not even open in int8.
      assertThatThrownBy(
              () -> {
                try (Reranker reranker = Reranker.open(directory, options)) {
                  reranker.rerank(QUERY, List.of(IMAGE));
                }
              })
          .as("%s[%d] = %s", name, element, value)
          .isInstanceOfAny(NonFiniteResultException.class, ModelException.class)
          .message()
          .containsAnyOf("in the place of a score", "infinite or undefined value");
    }
    assertThat(kinds).hasSizeGreaterThan(25);
  }

  @Test
  void overflowIsNoScoreEither() {
    EditedCheckpoint checkpoint = new EditedCheckpoint("gqa8_f32", directory);
    String norm = "model.language_model.norm.weight";
    Tensor weight = checkpoint.tensors().get(norm);
    for (int i = 0; i < 36; i++) {
      weight = weight.with(i, Float.MAX_VALUE);
    }
    checkpoint.tensors().put(norm, weight);
    checkpoint.writeTensors();
    try (Reranker reranker = Reranker.open(directory)) {
      assertThatThrownBy(() -> reranker.rerank(QUERY, List.of(TEXT)))
          .isInstanceOf(NonFiniteResultException.class)
          .hasMessageContaining("in the place of a score");
    }
  }

  @Test
  void othersAreAnsweredAllTheSame() throws Exception {
    EditedCheckpoint checkpoint = new EditedCheckpoint("tied_gqa2", directory);
    RerankRequest good = RerankRequest.of(QUERY, List.of(TEXT, IMAGE));
    RerankRequest bad = RerankRequest.of(QUERY, List.of(TEXT, Content.text("Gravity")));
    List<RankedDocument> expected;
    int spoilt;
    try (Reranker reranker = Reranker.open(directory)) {
      expected = reranker.rerank(good);
      Set<Integer> known = new HashSet<>();
      for (int document = 0; document < 2; document++) {
        for (int id : reranker.promptTokens(good, document)) {
          known.add(id);
        }
      }
      spoilt =
          IntStream.of(reranker.promptTokens(bad, 1))
              .filter(id -> !known.contains(id))
              .findFirst()
              .orElseThrow();
    }
    Tensor embeddings = checkpoint.tensors().get(EMBEDDINGS);
    checkpoint.tensors().put(EMBEDDINGS, embeddings.with(spoilt * HIDDEN + 5, Float.NaN));
    checkpoint.writeTensors();
    try (Reranker reranker = Reranker.open(directory)) {
      List<CompletableFuture<Ranking>> answers = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        answers.add(reranker.submit(i % 2 == 0 ? good : bad));
      }
      for (int i = 0; i < answers.size(); i++) {
        CompletableFuture<Ranking> answer = answers.get(i);
        if (i % 2 == 0) {
          assertThat(answer.get().documents()).isEqualTo(expected);
        } else {
          assertThatThrownBy(answer::get)
              .isInstanceOf(ExecutionException.class)
              .hasCauseInstanceOf(NonFiniteResultException.class);
        }
      }
      assertThat(reranker.isAlive()).isTrue();
      assertThat(reranker.rerank(good)).isEqualTo(expected);
    }
  }
}
