package dev.vl4j.engine;

import dev.vl4j.engine.batch.PreparedPrompt;
import dev.vl4j.engine.limits.PreparationThreads;
import dev.vl4j.engine.limits.RequestGuard;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** An embedder that computes in this process. */
final class LocalEmbedder extends LocalEngine<float[]> implements Embedder {
  /** The length by which a shorter vector is divided, as in PyTorch's {@code normalize}. */
  private static final double LEAST_LENGTH = 1e-12;

  private final EmbedPreparation preparation;

  private LocalEmbedder(
      OpenModel<float[]> open, @Nullable Path temporary, EmbedTask task, EmbedderOptions options) {
    PreparationThreads threads = threads(options.model());
    preparation =
        new EmbedPreparation(
            open, task.template(open.config()), threads::startAside, options.model().limits());
    super(open, temporary, threads, options.model());
  }

  static LocalEmbedder open(Path directory, EmbedderOptions options) {
    Objects.requireNonNull(directory, "directory");
    Objects.requireNonNull(options, "options");
    return open(directory, null, options);
  }

  private static LocalEmbedder open(
      Path directory, @Nullable Path temporary, EmbedderOptions options) {
    EmbedTask task = new EmbedTask(options.template());
    OpenModel<float[]> open = OpenModel.open(directory, options.model(), task);
    LocalEmbedder made = null;
    try {
      made = new LocalEmbedder(open, temporary, task, options);
      return made;
    } finally {
      if (made == null) {
        open.close();
      }
    }
  }

  static LocalEmbedder openDemo(EmbedderOptions options) {
    Objects.requireNonNull(options, "options");
    ModelOptions model = options.model();
    if (model.lora() != null) {
      throw new ModelException(
          "lora: the demonstration embedder is an adapter itself; expected none, found "
              + model.lora());
    }
    return DemoModel.EMBEDDER.open(directory -> {
      Path adapter = directory.resolve(DemoModel.ADAPTER);
      return open(directory, directory, options.withModel(model.withLora(adapter)));
    });
  }

  @Override
  EmbedPreparation preparation() {
    return preparation;
  }

  @Override
  public int dimensions() {
    return open.config().text().hiddenSize();
  }

  @Override
  public CompletableFuture<Embeddings> submit(EmbedRequest request) {
    Objects.requireNonNull(request, "request");
    limits.check(request);
    return submit(
        guard -> preparation.prepare(request, guard),
        request.dimensions(),
        request.normalized(),
        request.timeout());
  }

  @Override
  public CompletableFuture<Embeddings> submitPrompts(
      List<int[]> prompts, int dimensions, boolean normalized) {
    List<int[]> copies = copies(prompts);
    return submit(guard -> preparation.prepare(copies, guard), dimensions, normalized, null);
  }

  private CompletableFuture<Embeddings> submit(
      Function<RequestGuard, Preparation.Prepared> preparing,
      int dimensions,
      boolean normalized,
      @Nullable Duration timeout) {
    if (dimensions < 0 || dimensions > dimensions()) {
      throw new InvalidRequestException(
          "dimensions: expected 1 to %d, found %d".formatted(dimensions(), dimensions));
    }
    int length = dimensions == 0 ? dimensions() : dimensions;
    return requests.compute(
        preparing,
        timeout,
        computed -> {
          RequestReport report = reported(computed);
          return () -> {
            List<PreparedPrompt> prompts = computed.prompts();
            List<Embedding> embeddings = new ArrayList<>();
            for (float[] hidden : computed.finished().results()) {
              int index = embeddings.size();
              embeddings.add(
                  new Embedding(
                      index, vector(hidden, length, normalized), prompts.get(index).length()));
            }
            return new Embeddings(embeddings, report);
          };
        });
  }

  /** Cut first, then normalised: the other way round, the vector would be too short. */
  private static float[] vector(float[] hidden, int length, boolean normalized) {
    float[] vector = Arrays.copyOf(hidden, length);
    if (!normalized) {
      return vector;
    }
    double sum = 0;
    for (float value : vector) {
      sum += (double) value * value;
    }
    double divisor = Math.max(Math.sqrt(sum), LEAST_LENGTH);
    for (int i = 0; i < length; i++) {
      vector[i] = (float) (vector[i] / divisor);
    }
    return vector;
  }

  @Override
  public String renderPrompt(EmbedRequest request, int input) {
    requireInput(request, input);
    return Answers.await(requests.prepare(guard -> preparation.rendered(request, input, guard)));
  }

  @Override
  public int[] promptTokens(EmbedRequest request, int input) {
    requireInput(request, input);
    return Answers.await(requests.prepare(guard -> preparation.tokens(request, input, guard)));
  }

  private void requireInput(EmbedRequest request, int input) {
    Objects.requireNonNull(request, "request");
    limits.check(request);
    requireIndex("input", input, request.inputs().size());
  }
}
