package dev.vl4j.springboot;

import dev.vl4j.engine.CacheStatistics;
import dev.vl4j.engine.Engine;
import dev.vl4j.engine.EngineObserver;
import dev.vl4j.engine.ForwardReport;
import dev.vl4j.engine.RequestReport;
import dev.vl4j.engine.Statistics;
import dev.vl4j.engine.WorkReport;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.BaseUnits;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/**
 * What engines do, as Micrometer's meters with the tag {@code engine}, the name of a bean. Engines
 * that were opened by properties are observed; of others, their state alone is known.
 */
final class EngineMeters implements MeterBinder {
  private static final String ENGINE = "engine";

  private final Supplier<Map<String, Engine>> engines;
  private final Map<String, Observer> observers = new ConcurrentHashMap<>();
  private final List<MeterRegistry> registries = new CopyOnWriteArrayList<>();

  /**
   * @param engines by the names of their beans; asked when there is a registry
   */
  EngineMeters(Supplier<Map<String, Engine>> engines) {
    this.engines = engines;
  }

  /** Counts what an engine does. */
  EngineObserver observer(String bean) {
    return observers.computeIfAbsent(
        bean,
        _ -> {
          Observer observer = new Observer(Tags.of(ENGINE, bean));
          registries.forEach(observer::bindTo);
          return observer;
        });
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    registries.add(registry);
    observers.values().forEach(observer -> observer.bindTo(registry));
    engines.get().forEach((bean, engine) -> bindState(registry, Tags.of(ENGINE, bean), engine));
  }

  private static void bindState(MeterRegistry registry, Tags tags, Engine engine) {
    Gauge.builder("vl4j.engine.alive", engine, each -> each.isAlive() ? 1 : 0)
        .description("1 while requests are computed, 0 after an internal error or the end")
        .tags(tags)
        .register(registry);
    Gauge.builder("vl4j.requests.active", engine, each -> each.statistics().requestsInFlight())
        .description("Requests that were accepted and are not answered yet")
        .tags(tags)
        .register(registry);
    bindCache(registry, tags.and("cache", "prefix"), engine, Statistics::prefixCache);
    bindCache(registry, tags.and("cache", "image"), engine, Statistics::imageCache);
  }

  private static void bindCache(
      MeterRegistry registry,
      Tags tags,
      Engine engine,
      Function<Statistics, CacheStatistics> cache) {
    ToLongFunction<Engine> bytes = each -> cache.apply(each.statistics()).bytes();
    Gauge.builder("vl4j.cache.size", engine, bytes::applyAsLong)
        .description("Memory that a cache's entries take")
        .baseUnit(BaseUnits.BYTES)
        .tags(tags)
        .register(registry);
    ToLongFunction<Engine> evictions = each -> cache.apply(each.statistics()).evictions();
    FunctionCounter.builder("vl4j.cache.evictions", engine, evictions::applyAsLong)
        .description("Entries that were evicted")
        .tags(tags)
        .register(registry);
  }

  /** The meters of one engine in all registries; several of its threads may call it. */
  private static final class Observer implements EngineObserver {
    private final Tags tags;
    private final List<Meters> meters = new CopyOnWriteArrayList<>();

    Observer(Tags tags) {
      this.tags = tags;
    }

    void bindTo(MeterRegistry registry) {
      meters.add(new Meters(registry, tags));
    }

    @Override
    public void requestFinished(RequestReport report) {
      meters.forEach(each -> each.count(report));
    }

    @Override
    public void forwardFinished(ForwardReport report) {
      meters.forEach(each -> each.forward.record(report.time()));
    }
  }

  private static final class Meters {
    private final MeterRegistry registry;
    private final Tags tags;
    private final Timer preparation;
    private final Timer queue;
    private final Timer compute;
    private final Timer forward;
    private final Counter prompts;
    private final Counter computedTokens;
    private final Counter sharedTokens;
    private final Counter encodedImages;
    private final Counter reusedImages;

    Meters(MeterRegistry registry, Tags tags) {
      this.registry = registry;
      this.tags = tags;
      preparation = timer("vl4j.request.preparation", "For images and tokens of a request");
      queue = timer("vl4j.request.queue", "Until a request's first forward began");
      compute = timer("vl4j.request.compute", "Of all forwards that a request had a part in");
      forward = timer("vl4j.forward", "Of one forward of the model");
      prompts = counter("vl4j.prompts", "Documents and inputs that were answered", Tags.empty());
      String tokens = "Tokens of prompts, by whether they were computed or shared with others";
      computedTokens = counter("vl4j.tokens", tokens, Tags.of("work", "computed"));
      sharedTokens = counter("vl4j.tokens", tokens, Tags.of("work", "shared"));
      String images = "Images, by whether they were encoded or reused";
      encodedImages = counter("vl4j.images", images, Tags.of("work", "encoded"));
      reusedImages = counter("vl4j.images", images, Tags.of("work", "reused"));
    }

    private Timer timer(String name, String description) {
      return Timer.builder(name).description(description).tags(tags).register(registry);
    }

    private Counter counter(String name, String description, Tags more) {
      return Counter.builder(name).description(description).tags(tags.and(more)).register(registry);
    }

    void count(RequestReport report) {
      preparation.record(report.preparationTime());
      queue.record(report.queueTime());
      compute.record(report.forwardTime());
      prompts.increment(report.prompts());
      WorkReport work = report.work();
      computedTokens.increment(work.computedTokens());
      sharedTokens.increment(work.sharedTokens());
      encodedImages.increment(work.encodedImages());
      reusedImages.increment(work.reusedImages());
    }
  }
}
