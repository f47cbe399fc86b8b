package dev.vl4j.engine;

import java.nio.file.Path;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How a {@link Reranker} is opened.
 *
 * @param precision of matrix products; {@link Precision#F32} gives PyTorch's float32 numbers
 * @param threads compute threads; 0 for one per processor
 * @param backend {@code auto} for the best that is ready here, or a backend's name, or {@code
 *     NAME:DEVICE} with the number of one of its devices
 * @param pixelBudget how large images may be
 * @param imageRules what becomes of transparency and orientation of images
 * @param maxTokens longest prompt accepted; 0 for the checkpoint's own limit
 * @param assumeReranker open a directory whose side files do not say that it is a reranker
 * @param packedCache directory where weights are kept as the backend has packed them, so that the
 *     next start need not pack them: 4 GB for each 2B checkpoint in bfloat16; null to keep none.
 *     Whoever can write there can change what models answer
 * @param template the words around queries and documents
 * @param savings what is not computed twice
 * @param batching how concurrent requests share the model
 * @param limits how large requests may be
 * @param observer is told of everything that is computed
 */
public record RerankerOptions(
    Precision precision,
    int threads,
    String backend,
    PixelBudget pixelBudget,
    ImageRules imageRules,
    int maxTokens,
    boolean assumeReranker,
    @Nullable Path packedCache,
    RerankTemplate template,
    Savings savings,
    Batching batching,
    RequestLimits limits,
    EngineObserver observer) {
  public static final RerankerOptions DEFAULT =
      new RerankerOptions(
          Precision.AUTO,
          0,
          "auto",
          PixelBudget.CHECKPOINT,
          ImageRules.OFFICIAL,
          0,
          false,
          null,
          RerankTemplate.QWEN3_VL,
          Savings.ALL,
          Batching.DEFAULT,
          RequestLimits.DEFAULT,
          EngineObserver.NONE);

  public RerankerOptions withPrecision(Precision precision) {
    return with(draft -> draft.precision = precision);
  }

  public RerankerOptions withThreads(int threads) {
    return with(draft -> draft.threads = threads);
  }

  public RerankerOptions withBackend(String backend) {
    return with(draft -> draft.backend = backend);
  }

  public RerankerOptions withPixelBudget(PixelBudget pixelBudget) {
    return with(draft -> draft.pixelBudget = pixelBudget);
  }

  public RerankerOptions withImageRules(ImageRules imageRules) {
    return with(draft -> draft.imageRules = imageRules);
  }

  public RerankerOptions withMaxTokens(int maxTokens) {
    return with(draft -> draft.maxTokens = maxTokens);
  }

  public RerankerOptions withAssumeReranker(boolean assumeReranker) {
    return with(draft -> draft.assumeReranker = assumeReranker);
  }

  public RerankerOptions withPackedCache(@Nullable Path packedCache) {
    return with(draft -> draft.packedCache = packedCache);
  }

  public RerankerOptions withTemplate(RerankTemplate template) {
    return with(draft -> draft.template = template);
  }

  public RerankerOptions withSavings(Savings savings) {
    return with(draft -> draft.savings = savings);
  }

  public RerankerOptions withBatching(Batching batching) {
    return with(draft -> draft.batching = batching);
  }

  public RerankerOptions withLimits(RequestLimits limits) {
    return with(draft -> draft.limits = limits);
  }

  public RerankerOptions withObserver(EngineObserver observer) {
    return with(draft -> draft.observer = observer);
  }

  private RerankerOptions with(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.finished();
  }

  /** The same, to be changed. */
  private static final class Draft {
    private Precision precision;
    private int threads;
    private String backend;
    private PixelBudget pixelBudget;
    private ImageRules imageRules;
    private int maxTokens;
    private boolean assumeReranker;
    private @Nullable Path packedCache;
    private RerankTemplate template;
    private Savings savings;
    private Batching batching;
    private RequestLimits limits;
    private EngineObserver observer;

    Draft(RerankerOptions options) {
      precision = options.precision;
      threads = options.threads;
      backend = options.backend;
      pixelBudget = options.pixelBudget;
      imageRules = options.imageRules;
      maxTokens = options.maxTokens;
      assumeReranker = options.assumeReranker;
      packedCache = options.packedCache;
      template = options.template;
      savings = options.savings;
      batching = options.batching;
      limits = options.limits;
      observer = options.observer;
    }

    RerankerOptions finished() {
      return new RerankerOptions(
          precision,
          threads,
          backend,
          pixelBudget,
          imageRules,
          maxTokens,
          assumeReranker,
          packedCache,
          template,
          savings,
          batching,
          limits,
          observer);
    }
  }
}
