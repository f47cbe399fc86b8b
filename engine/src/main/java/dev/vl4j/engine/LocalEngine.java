package dev.vl4j.engine;

import dev.vl4j.engine.batch.Dispatcher;
import dev.vl4j.engine.batch.Forwards;
import dev.vl4j.engine.batch.Scheduler;
import dev.vl4j.engine.limits.MemoryBudget;
import dev.vl4j.engine.limits.PreparationThreads;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A model in this process with its scheduler: what is the same for every task.
 *
 * @param <R> the result of one prompt
 */
abstract class LocalEngine<R> implements Engine {
  private static final System.Logger LOG = System.getLogger(LocalEngine.class.getName());

  /** What ends without being waited for takes no longer, unless it is huge. */
  private static final long ENDING_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  final OpenModel<R> open;
  final RequestLimits limits;
  final Requests<R> requests;
  private final @Nullable Path temporary;
  private final EngineObserver observer;
  private final Dispatcher<R> dispatcher;
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * @param open closed with the engine
   * @param threads on which requests are prepared
   * @param temporary directory that is deleted when the engine is closed, or null
   */
  LocalEngine(
      OpenModel<R> open,
      @Nullable Path temporary,
      PreparationThreads threads,
      ModelOptions options) {
    this.open = open;
    this.temporary = temporary;
    limits = options.limits();
    observer = options.observer();
    BatchingOptions batching = options.batching();
    List<Scheduler<?, R>> schedulers = new ArrayList<>();
    for (Replica<R> replica : open.replicas()) {
      schedulers.add(
          replica.schedule(batching.maxBatchTokens(), batching.maxRequests(), listener()));
    }
    dispatcher = new Dispatcher<>(schedulers, Dispatcher.LEAST_TOKENS);
    requests = new Requests<>(dispatcher, threads);
  }

  /** What is done before requests are computed. */
  abstract Preparation preparation();

  static PreparationThreads threads(ModelOptions options) {
    return new PreparationThreads(
        new MemoryBudget(options.limits().memory()),
        options.limits().imagePixels(),
        options.threads() == 0 ? Runtime.getRuntime().availableProcessors() : options.threads(),
        2 * options.batching().maxRequests());
  }

  /**
   * Copies prompts of tokens.
   *
   * @throws InvalidRequestException if there are none, or too many
   */
  final List<int[]> copies(List<int[]> prompts) {
    Arguments.requireElements("prompts", prompts);
    if (prompts.isEmpty()) {
      throw new InvalidRequestException("prompts: expected at least one, found none");
    }
    limits.checkPrompts(prompts.size());
    return prompts.stream().map(int[]::clone).toList();
  }

  /**
   * @param what a request has several of
   * @throws InvalidRequestException if it has none of this index
   */
  static void requireIndex(String what, int index, int count) {
    if (index < 0 || index >= count) {
      throw new InvalidRequestException("%s %d: the request has %d".formatted(what, index, count));
    }
  }

  private Scheduler.Listener listener() {
    return new Scheduler.Listener() {
      @Override
      public void computed(Scheduler.Forward forward) {
        forwardFinished(forward);
      }

      @Override
      public void stopped(IllegalStateException error) {
        requests.failAll(error);
        tell(() -> observer.engineStopped(error));
      }
    };
  }

  private void forwardFinished(Scheduler.Forward forward) {
    tell(() ->
        observer.forwardFinished(
            new ForwardReport(
                forward.prompts(),
                forward.requests(),
                report(forward.work()),
                Duration.ofNanos(forward.nanos()))));
  }

  /** What a request took, which the observer is told, too. */
  final RequestReport reported(Requests.Computed<R> computed) {
    Scheduler.Finished<R> finished = computed.finished();
    RequestReport report =
        new RequestReport(
            computed.prompts().size(),
            report(finished.work()),
            Duration.ofNanos(computed.preparationNanos()),
            Duration.ofNanos(finished.queueNanos()),
            Duration.ofNanos(finished.forwardNanos()));
    tell(() -> observer.requestFinished(report));
    return report;
  }

  private static WorkReport report(Forwards.Work work) {
    return new WorkReport(
        work.computedTokens(), work.sharedTokens(), work.encodedImages(), work.reusedImages());
  }

  private static void tell(Runnable report) {
    try {
      report.run();
    } catch (RuntimeException | Error e) {
      LOG.log(System.Logger.Level.WARNING, "an observer failed", e);
    }
  }

  @Override
  public final Precision precision() {
    return open.model().precision().precision();
  }

  @Override
  public final List<DeviceInfo> devices() {
    return open.replicas().stream().map(Replica::device).toList();
  }

  @Override
  public final int maxTokens() {
    return open.maxTokens();
  }

  @Override
  public final boolean isAlive() {
    return dispatcher.isAlive();
  }

  @Override
  public final Statistics statistics() {
    CacheStatistics prefixes = CacheStatistics.NONE;
    CacheStatistics images = CacheStatistics.NONE;
    for (Replica<R> replica : open.replicas()) {
      prefixes = prefixes.plus(replica.prefixes());
      images = images.plus(replica.images());
    }
    return new Statistics(dispatcher.inFlight(), dispatcher.running(), prefixes, images);
  }

  @Override
  public final int[] tokenize(String text) {
    Objects.requireNonNull(text, "text");
    return Answers.await(requests.prepare(guard -> preparation().allTokens(text, guard)));
  }

  @Override
  public final int[] tokenizePrompt(String text) {
    Objects.requireNonNull(text, "text");
    return Answers.await(requests.prepare(guard -> preparation().tokens(text, guard)));
  }

  @Override
  public final String detokenize(int[] ids) {
    Objects.requireNonNull(ids, "ids");
    preparation().requireTokens(ids);
    return open.tokenizer().decode(ids);
  }

  @Override
  public final String tokenSpelling(int id) {
    return preparation().spelling(id);
  }

  @Override
  public final int close(Duration grace) {
    Objects.requireNonNull(grace, "grace");
    long nanos = Math.max(TimeUnit.NANOSECONDS.convert(grace), 0);
    int cut = requests.close(nanos);
    if (!closed.getAndSet(true)) {
      long most = nanos == Long.MAX_VALUE ? Long.MAX_VALUE : ENDING_NANOS;
      if (requests.awaitEnd(most)) {
        free();
      } else {
        LOG.log(System.Logger.Level.WARNING, "a forward is still running after the end");
        Thread _ =
            Thread.ofPlatform()
                .daemon()
                .name("vl4j-closing")
                .start(() -> {
                  boolean _ = requests.awaitEnd(Long.MAX_VALUE);
                  free();
                });
      }
    }
    return cut;
  }

  private void free() {
    try {
      open.close();
    } finally {
      if (temporary != null) {
        DemoModel.delete(temporary);
      }
    }
  }
}
