package dev.vl4j.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.Engine;
import dev.vl4j.engine.Reranker;
import dev.vl4j.spark.ExecutorEngines.Kind;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.resource.ResourceInformation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExecutorEnginesTest {
  private static final EngineSettings SETTINGS =
      new RerankTransformer().setModel("demo").settings();
  private static final ExecutorEngines.Key KEY = new ExecutorEngines.Key(Kind.RERANKER, SETTINGS);

  private final AtomicBoolean alive = new AtomicBoolean(true);

  private Engine engine() {
    return (Engine)
        Proxy.newProxyInstance(
            getClass().getClassLoader(),
            new Class<?>[] {Reranker.class},
            (self, method, _) ->
                switch (method.getName()) {
                  case "isAlive" -> alive.get();
                  case "close" -> {
                    alive.set(false);
                    yield 0;
                  }
                  case "hashCode" -> System.identityHashCode(self);
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  /** Eight tasks ask at once while the engine is opened. */
  @Test
  void tasksThatAskAtOnceShareOneOpening() throws Exception {
    AtomicInteger opened = new AtomicInteger();
    CountDownLatch asked = new CountDownLatch(8);
    ExecutorEngines engines =
        new ExecutorEngines(_ -> {
          opened.incrementAndGet();
          await(asked);
          return engine();
        });
    List<Future<Engine>> answers = new ArrayList<>();
    try (ExecutorService tasks = Executors.newFixedThreadPool(8)) {
      for (int i = 0; i < 8; i++) {
        answers.add(
            tasks.submit(() -> {
              asked.countDown();
              return engines.engine(KEY);
            }));
      }
    }
    Engine first = answers.getFirst().get();
    for (Future<Engine> answer : answers) {
      assertThat(answer.get()).isSameAs(first);
    }
    assertThat(engines.engine(KEY)).isSameAs(first);
    assertThat(opened).hasValue(1);
    assertThat(engines.engine(new ExecutorEngines.Key(Kind.EMBEDDER, SETTINGS))).isNotSameAs(first);
  }

  @Test
  void aFailureIsToldToAllAndTriedAgainLater() {
    AtomicInteger opened = new AtomicInteger();
    ExecutorEngines engines =
        new ExecutorEngines(_ -> {
          if (opened.incrementAndGet() < 3) {
            throw new IllegalStateException("no model");
          }
          return engine();
        });
    for (int i = 0; i < 2; i++) {
      assertThatIllegalStateException()
          .isThrownBy(() -> engines.engine(KEY))
          .withMessage("no model");
    }
    assertThat(engines.engine(KEY)).isNotNull();
  }

  @Test
  void anErrorOfTheJvmIsThrownAsItIs() {
    ExecutorEngines engines =
        new ExecutorEngines(_ -> {
          throw new UnsatisfiedLinkError("no library");
        });
    assertThatThrownBy(() -> engines.engine(KEY)).isInstanceOf(UnsatisfiedLinkError.class);
  }

  @Test
  void anEngineThatHasStoppedIsReplaced() {
    ExecutorEngines engines = new ExecutorEngines(_ -> engine());
    Engine first = engines.engine(KEY);
    engines.close();
    assertThat(first.isAlive()).isFalse();
    assertThat(engines.engine(KEY)).isNotSameAs(first);
  }

  /** The opening goes on, for other tasks wait for it. */
  @Test
  void aTaskThatIsInterruptedLeavesTheOpeningAlone() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    ExecutorEngines engines =
        new ExecutorEngines(_ -> {
          await(go);
          return engine();
        });
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> engines.engine(KEY)).isInstanceOf(CancellationException.class);
    assertThat(Thread.interrupted()).isTrue();
    go.countDown();
    assertThat(engines.engine(KEY).isAlive()).isTrue();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aJvmWithoutTheVectorModuleIsToldWhereToAddIt() {
    ExecutorEngines.requireVectorModule(true);
    assertThatIllegalStateException()
        .isThrownBy(() -> ExecutorEngines.requireVectorModule(false))
        .withMessageContaining(
            "spark.executor.extraJavaOptions='--add-modules=jdk.incubator.vector");
  }

  @ParameterizedTest
  @CsvSource({
    "auto, cuda:1",
    "cuda, cuda:1",
    "cuda:0, cuda:0",
    "cpu, cpu",
  })
  void gpusAreThoseThatSparkGives(String backend, String expected) {
    EngineSettings settings =
        new RerankTransformer().setModel("demo").setBackend(backend).settings();
    Map<String, ResourceInformation> one =
        Map.of("gpu", new ResourceInformation("gpu", new String[] {"1"}));
    assertThat(settings.on(one).backend()).isEqualTo(expected);
    assertThat(settings.on(Map.of())).isEqualTo(settings);
  }

  @Test
  void severalGpusAreOneEngineWhateverTheirOrder() {
    Map<String, ResourceInformation> two =
        Map.of("gpu", new ResourceInformation("gpu", new String[] {"3", "0"}));
    assertThat(SETTINGS.on(two).backend()).isEqualTo("cuda:0,3");
    Map<String, ResourceInformation> named =
        Map.of("gpu", new ResourceInformation("gpu", new String[] {"MIG-1"}));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SETTINGS.on(named))
        .withMessageContaining("expected numbers of devices as addresses, found MIG-1");
  }

  @Test
  void threadsAreTheExecutorsCoresUnlessTheyAreSet() {
    assertThat(SETTINGS.withCores(5).threads()).isEqualTo(5);
    assertThat(SETTINGS.withCores(5).withCores(7).threads()).isEqualTo(5);
  }
}
