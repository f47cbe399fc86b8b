package dev.vl4j.spark;

import dev.vl4j.engine.Embedder;
import dev.vl4j.engine.Engine;
import dev.vl4j.engine.ModelOptions;
import dev.vl4j.engine.Reranker;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;

/**
 * The engines of this JVM, one for each task and settings, whichever of Spark's tasks ask for them.
 * They are opened when they are needed first and stay open until the JVM ends.
 */
final class ExecutorEngines {
  private static final String VECTOR_MODULE = "jdk.incubator.vector";

  /** The engines of the whole process. */
  static final ExecutorEngines SHARED = new ExecutorEngines(ExecutorEngines::open);

  static {
    Runtime.getRuntime().addShutdownHook(new Thread(SHARED::close, "vl4j-close"));
  }

  /**
   * @param kind what it does
   */
  record Key(Kind kind, EngineSettings settings) {}

  enum Kind {
    RERANKER,
    EMBEDDER
  }

  private final Function<Key, Engine> opening;
  private final ConcurrentMap<Key, CompletableFuture<Engine>> engines = new ConcurrentHashMap<>();

  ExecutorEngines(Function<Key, Engine> opening) {
    this.opening = opening;
  }

  /** The reranker for a task, on the devices and cores that Spark has given it. */
  static Reranker reranker(EngineSettings settings, TaskContext task) {
    return (Reranker) SHARED.engine(new Key(Kind.RERANKER, placed(settings, task)));
  }

  /** The embedder for a task, on the devices and cores that Spark has given it. */
  static Embedder embedder(EngineSettings settings, TaskContext task) {
    return (Embedder) SHARED.engine(new Key(Kind.EMBEDDER, placed(settings, task)));
  }

  private static EngineSettings placed(EngineSettings settings, TaskContext task) {
    int cores = SparkEnv.get().conf().getInt("spark.executor.cores", 0);
    return settings.on(task.resourcesJMap()).withCores(cores);
  }

  /**
   * The engine of some settings. All who ask while it is opened wait for the same opening, and get
   * its failure if it fails; who asks later tries again. An engine that has stopped is replaced.
   *
   * @throws RuntimeException what opening it has failed with
   */
  Engine engine(Key key) {
    CompletableFuture<Engine> found =
        engines.compute(
            key, (_, known) -> known == null || isOver(known) ? startOpening(key) : known);
    try {
      return found.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("interrupted while a model was opened");
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException exception -> throw exception;
        case Error error -> throw error;
        case null, default -> throw new CompletionException(e);
      }
    }
  }

  private static boolean isOver(CompletableFuture<Engine> known) {
    return switch (known.state()) {
      case RUNNING -> false;
      case SUCCESS -> !known.resultNow().isAlive();
      case FAILED, CANCELLED -> true;
    };
  }

  /** On a thread of its own, for the task that asks first may be killed meanwhile. */
  private CompletableFuture<Engine> startOpening(Key key) {
    CompletableFuture<Engine> opened = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .name("vl4j-open")
        .start(() -> {
          try {
            opened.complete(opening.apply(key));
          } catch (Throwable e) {
            opened.completeExceptionally(e);
          }
        });
    return opened;
  }

  private static Engine open(Key key) {
    requireVectorModule(ModuleLayer.boot().findModule(VECTOR_MODULE).isPresent());
    EngineSettings settings = key.settings();
    ModelOptions options = settings.options(ModelFinder::directory);
    if (settings.model().equals(ModelFinder.DEMO)) {
      return switch (key.kind()) {
        case RERANKER -> Reranker.openDemo(options);
        case EMBEDDER -> Embedder.openDemo(options);
      };
    }
    return switch (key.kind()) {
      case RERANKER -> Reranker.open(ModelFinder.find(settings.model()), options);
      case EMBEDDER -> Embedder.open(ModelFinder.find(settings.model()), options);
    };
  }

  /** The engine says so, too, but not where Spark's users write it. */
  static void requireVectorModule(boolean present) {
    if (!present) {
      throw new IllegalStateException(
          ("the module %s is missing in this JVM: submit with"
                  + " --conf spark.executor.extraJavaOptions='--add-modules=%<s"
                  + " --enable-native-access=ALL-UNNAMED', and in local mode with the same"
                  + " spark.driver.extraJavaOptions")
              .formatted(VECTOR_MODULE));
    }
  }

  /** Frees all engines; requests in flight fail. */
  void close() {
    engines.forEach((_, opened) -> {
      if (opened.state() == CompletableFuture.State.SUCCESS) {
        int _ = opened.resultNow().close(Duration.ZERO);
      }
    });
  }
}
