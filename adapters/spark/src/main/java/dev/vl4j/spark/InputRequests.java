package dev.vl4j.spark;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.EmbedRequest;
import dev.vl4j.engine.Embedder;
import dev.vl4j.engine.Embedding;
import dev.vl4j.engine.Embeddings;
import dev.vl4j.engine.Truncation;
import java.util.List;
import java.util.Set;
import org.apache.spark.TaskContext;
import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;
import scala.runtime.ScalaRunTime;

/**
 * Rows with an input for an embedder: those of a block are one request.
 *
 * @param truncation by its name in {@link Truncation}
 */
record InputRequests(
    ContentColumns inputs,
    EngineSettings settings,
    @Nullable String instruction,
    int dimensions,
    boolean normalized,
    int maxPromptTokens,
    String truncation)
    implements RowRequests<Content> {
  private static final String TOGETHER = "";

  @Override
  public int columns() {
    return 1;
  }

  @Override
  public boolean hasMedia() {
    return inputs.hasMedia();
  }

  @Override
  public void addUris(Row row, Set<String> uris) {
    inputs.addUris(row, uris);
  }

  @Override
  public Content input(Row row, BlockMedia media) throws RowFailure {
    return inputs.content(row, media);
  }

  @Override
  public long mediaBytes(Content input) {
    return ContentColumns.mediaBytes(input);
  }

  @Override
  public Object group(Content input) {
    return TOGETHER;
  }

  @Override
  public Asking<Content> engine(TaskContext task) {
    Embedder embedder = ExecutorEngines.embedder(settings, task);
    // Asked for more, every row would fail for what no row is to blame for.
    if (dimensions > embedder.dimensions()) {
      throw new IllegalArgumentException(
          "dimensions: the vectors of %s have %d, found %d"
              .formatted(settings.model(), embedder.dimensions(), dimensions));
    }
    if (maxPromptTokens > embedder.maxTokens()) {
      throw new IllegalArgumentException(
          "maxPromptTokens: prompts of %s have %d at most, found %d"
              .formatted(settings.model(), embedder.maxTokens(), maxPromptTokens));
    }
    return contents -> RowRequests.answers(embedder.submit(request(contents)), this::answers);
  }

  private EmbedRequest request(List<Content> contents) {
    return EmbedRequest.of(contents)
        .withInstruction(instruction)
        .withDimensions(dimensions)
        .withNormalized(normalized)
        .withMaxPromptTokens(maxPromptTokens)
        .withTruncation(Truncation.valueOf(truncation));
  }

  private List<Answer> answers(Embeddings embeddings) {
    return embeddings.embeddings().stream().map(InputRequests::answer).toList();
  }

  private static Answer answer(Embedding embedding) {
    return new Answer(
        List.of(ScalaRunTime.wrapFloatArray(embedding.vector())), embedding.promptTokens());
  }
}
