package dev.vl4j.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.model.Fixtures;
import dev.vl4j.testkit.Seeds;
import dev.vl4j.testkit.delayed.DelayedBackend;
import dev.vl4j.testkit.delayed.Faults;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A device without memory for an allocation: no request is lost but those that cannot fit, no score
 * is another, and nothing stays behind.
 */
class AllocationFailuresTest {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());
  private static final int USERS = 4;
  private static final Path PHOTO = Fixtures.ROOT.resolve("images/photo_75x110.png");
  private static final Path WIDE = Fixtures.ROOT.resolve("images/wide_150x97.png");

  static {
    System.out.println("tests.seed=" + SEED);
  }

  @TempDir Path directory;

  @BeforeEach
  void copyModel() {
    Fixtures.copy("tied_gqa2", directory);
  }

  /** How often each test has its number of failures: 10,000 in all where all is tried. */
  private static final int TIMES = Seeds.thorough() ? 16 : 1;

  /**
   * Fails an allocation of a forward, any of its first ones, and then leaves some forwards alone:
   * those that the engine tries before it gives a request up.
   */
  private static final class Failures implements Faults {
    private static final int FIRST = 40;

    private final Random random = new Random(SEED);
    private final int spared;
    private long left;
    private int forwardsToSpare;
    private int allocationsToSpare = Integer.MAX_VALUE;

    /**
     * @param count how many there are
     * @param spared forwards that begin after a failure and have none
     */
    Failures(long count, int spared) {
      left = count;
      this.spared = spared;
    }

    synchronized boolean isOver() {
      return left == 0;
    }

    @Override
    public synchronized boolean failsAllocation(String operation, long number) {
      if (operation.equals("begin")) {
        boolean fails = forwardsToSpare-- <= 0;
        allocationsToSpare = fails ? random.nextInt(FIRST) : Integer.MAX_VALUE;
      }
      if (left == 0 || allocationsToSpare-- > 0) {
        return false;
      }
      left--;
      forwardsToSpare = spared;
      allocationsToSpare = Integer.MAX_VALUE;
      return true;
    }
  }

  private static List<Content> contents(boolean images) {
    List<Content> contents = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      contents.add(Content.text("number %d ".formatted(i).repeat(1 + 3 * (i % 4))));
    }
    if (images) {
      contents.add(Content.image(PHOTO));
      contents.add(Content.of(Part.image(WIDE), Part.text("a wide one")));
      contents.add(Content.of(Part.image(PHOTO), Part.image(WIDE), Part.text("both")));
    }
    return contents;
  }

  /** Each query with each document, computed where memory never fails. */
  private double[][] expected(List<Content> contents) {
    double[][] scores = new double[contents.size()][];
    ModelOptions options = ModelOptions.DEFAULT.withBackend("cpu").withThreads(1);
    try (Reranker reranker = Reranker.open(directory, options)) {
      for (int query = 0; query < scores.length; query++) {
        scores[query] = reranker.score(contents.get(query), contents);
      }
    }
    return scores;
  }

  private static DelayedBackend deviceOf(Reranker reranker) {
    assertThat(reranker.devices().getFirst().backend()).isEqualTo("delayed");
    return DelayedBackend.allOpen().getLast();
  }

  private static void ask(
      Reranker reranker, List<Content> contents, double[][] expected, Random random) {
    int query = random.nextInt(contents.size());
    int[] which = random.ints(random.nextInt(1, 9), 0, contents.size()).toArray();
    double[] scores =
        reranker.score(contents.get(query), IntStream.of(which).mapToObj(contents::get).toList());
    for (int i = 0; i < which.length; i++) {
      assertThat(scores[i])
          .as("query %d, document %d, seed %d", query, which[i], SEED)
          .isEqualTo(expected[query][which[i]]);
    }
  }

  /** All that is allocated is weights and what the caches say that they have. */
  private static void requireNothingElse(Reranker reranker, DelayedBackend device, long weights) {
    Statistics statistics = reranker.statistics();
    assertThat(device.memory().held())
        .as("%s", device.live())
        .isEqualTo(weights + statistics.prefixCache().bytes() + statistics.imageCache().bytes());
  }

  /**
   * Several users ask at once.
   *
   * @param asking asks, and says how often
   */
  private static void atOnce(ToIntFunction<Random> asking) throws Exception {
    try (ExecutorService threads = Executors.newFixedThreadPool(USERS)) {
      List<Future<Integer>> users = new ArrayList<>();
      for (int user = 0; user < USERS; user++) {
        Random random = new Random(SEED + user);
        users.add(threads.submit(() -> asking.applyAsInt(random)));
      }
      for (Future<Integer> user : users) {
        assertThat(user.get()).isPositive();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"false, 500, 1, 8000000", "true, 125, 4, 600000"})
  void failuresLoseNoRequest(boolean images, int failures, int spared, long cacheBytes)
      throws Exception {
    List<Content> contents = contents(images);
    double[][] expected = expected(contents);
    CachingOptions caching =
        CachingOptions.DEFAULT.withPrefixCacheBytes(cacheBytes).withImageCacheBytes(cacheBytes);
    ModelOptions options =
        ModelOptions.DEFAULT.withBackend("delayed").withThreads(1).withCaching(caching);
    try (Reranker reranker = Reranker.open(directory, options)) {
      DelayedBackend device = deviceOf(reranker);
      long weights = device.memory().held();
      Failures faults = new Failures(TIMES * (long) failures, spared);
      device.setFaults(faults);
      atOnce(random -> {
        int asked = 0;
        for (; !faults.isOver(); asked++) {
          ask(reranker, contents, expected, random);
        }
        return asked;
      });
      assertThat(device.failedAllocations()).isEqualTo(TIMES * (long) failures);
      requireNothingElse(reranker, device, weights);
    }
  }

  /**
   * So little memory that hardly more than the largest prompt fits: caches have to give way, and
   * requests that wait give back what was computed for them.
   */
  @Test
  void littleMemoryIsShared() throws Exception {
    List<Content> contents = contents(true);
    double[][] expected = expected(contents);
    long enough = enoughForOne(contents);
    ModelOptions options = ModelOptions.DEFAULT.withBackend("delayed").withThreads(1);
    try (Reranker reranker = Reranker.open(directory, options)) {
      DelayedBackend device = deviceOf(reranker);
      long weights = device.memory().held();
      device.setMemory(weights + enough + enough / 4);
      int times = 40;
      atOnce(random -> {
        IntStream.range(0, times).forEach(_ -> ask(reranker, contents, expected, random));
        return times;
      });
      assertThat(device.failedAllocations()).isPositive();
      requireNothingElse(reranker, device, weights);
    }
  }

  /**
   * What the prompt that needs most needs if nothing of it is there yet, found step by step. Where
   * it is there from before, it needs less.
   */
  private long enoughForOne(List<Content> contents) {
    CachingOptions none = CachingOptions.DEFAULT.withPrefixCacheBytes(0).withImageCacheBytes(0);
    ModelOptions options =
        ModelOptions.DEFAULT.withBackend("delayed").withThreads(1).withCaching(none);
    try (Reranker reranker = Reranker.open(directory, options)) {
      DelayedBackend device = deviceOf(reranker);
      long weights = device.memory().held();
      long enough = 64L << 20;
      while (true) {
        long less = enough - enough / 8;
        device.setMemory(weights + less);
        try {
          assertThat(reranker.score(contents.getLast(), List.of(contents.getLast()))).hasSize(1);
        } catch (OverloadedException e) {
          return enough;
        }
        enough = less;
      }
    }
  }

  /** It alone is refused, with what it needs; the device is as good as before. */
  @Test
  void whatCannotFitIsRefused() {
    Content small = Content.text("small");
    Content large = Content.text("large ".repeat(2000));
    ModelOptions options = ModelOptions.DEFAULT.withBackend("delayed").withThreads(1);
    try (Reranker reranker = Reranker.open(directory, options)) {
      DelayedBackend device = deviceOf(reranker);
      long weights = device.memory().held();
      double[] score = reranker.score(small, List.of(small));
      device.setMemory(weights + (2L << 20));
      for (int times = 0; times < 3; times++) {
        assertThatThrownBy(() -> reranker.score(small, List.of(small, large)))
            .isInstanceOf(OverloadedException.class)
            .hasMessageMatching(
                "the device has too little memory for this request: \\d+ bytes needed, \\d+ free");
        assertThat(reranker.score(small, List.of(small))).isEqualTo(score);
        requireNothingElse(reranker, device, weights);
      }
      device.setMemory(1L << 30);
      assertThat(reranker.score(small, List.of(small, large))).hasSize(2).startsWith(score);
    }
  }
}
