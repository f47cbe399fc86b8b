package dev.vl4j.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Forwards that compute nothing: a prompt says what it costs and how it fails, and a forward can be
 * held until the test lets it go on.
 */
final class FakeForwards implements Forwards<FakeForwards.Item, Double> {
  /** Most tokens of a forward. */
  static final int BUDGET = 100;

  /** How a prompt fails. */
  enum Fault {
    NONE,
    ADMISSION,
    COST,
    RUN,
    MEMORY,
    ERROR
  }

  private static final List<Fault> FAULTS = List.of(Fault.values());
  private static final AtomicInteger SERIAL = new AtomicInteger();

  /** A prompt; {@code ids} are fault, beginning, the beginning's tokens, own tokens, serial. */
  static final class Item {
    private final int[] ids;
    final AtomicInteger releases = new AtomicInteger();

    Item(PreparedPrompt prompt) {
      ids = prompt.ids();
    }

    private Fault fault() {
      return FAULTS.get(ids[0]);
    }

    int serial() {
      return ids[4];
    }
  }

  static PreparedPrompt prompt(int tokens) {
    return prompt(Fault.NONE, 0, 0, tokens);
  }

  static PreparedPrompt prompt(Fault fault, int tokens) {
    return prompt(fault, 0, 0, tokens);
  }

  /** A prompt that shares {@code shared} tokens with all others of the same beginning. */
  static PreparedPrompt prompt(Fault fault, int beginning, int shared, int own) {
    return new PreparedPrompt(
        new int[] {FAULTS.indexOf(fault), beginning, shared, own, SERIAL.incrementAndGet()},
        new int[0],
        List.of());
  }

  static List<PreparedPrompt> prompts(int count, int tokens) {
    List<PreparedPrompt> prompts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      prompts.add(prompt(tokens));
    }
    return prompts;
  }

  /** What a prompt's logit must be. */
  static double logit(PreparedPrompt prompt) {
    return prompt.ids()[4] / 2.0;
  }

  static Double[] logits(List<PreparedPrompt> prompts) {
    return prompts.stream().map(FakeForwards::logit).toArray(Double[]::new);
  }

  /** Everything that was admitted. */
  final ConcurrentLinkedQueue<Item> admitted = new ConcurrentLinkedQueue<>();

  /** The serials of each forward's prompts, from when it begins. */
  private final BlockingQueue<List<Integer>> begun = new LinkedBlockingQueue<>();

  private final Semaphore gate = new Semaphore(0);

  /** What the thread of forwards is to do when it admits a request. */
  volatile Runnable beforeAdmission = () -> {};

  /** Forwards that are not held. */
  static FakeForwards open() {
    FakeForwards forwards = new FakeForwards();
    forwards.letAll();
    return forwards;
  }

  /** The next forward's prompts, once it has begun. */
  List<Integer> awaitForward() throws InterruptedException {
    List<Integer> forward = begun.poll(60, TimeUnit.SECONDS);
    assertThat(forward).as("a forward begins").isNotNull();
    return forward;
  }

  /** Lets the forward that is held go on. */
  void letOne() {
    gate.release();
  }

  void letAll() {
    gate.release(1_000_000);
  }

  @Override
  public List<Item> admit(List<PreparedPrompt> prompts, PreparedPrompt outline) {
    beforeAdmission.run();
    List<Item> items = prompts.stream().map(Item::new).toList();
    if (items.stream().anyMatch(item -> item.fault() == Fault.ADMISSION)) {
      throw new IllegalArgumentException("not admitted");
    }
    admitted.addAll(items);
    return items;
  }

  @Override
  public long cost(List<Item> items) {
    if (items.stream().anyMatch(item -> item.fault() == Fault.COST)) {
      throw new IllegalArgumentException("no cost");
    }
    FakePlan plan = new FakePlan(Integer.MAX_VALUE);
    items.forEach(plan::add);
    return plan.cost();
  }

  @Override
  public Plan<Item, Double> plan() {
    return new FakePlan(BUDGET);
  }

  @Override
  public void release(Item item) {
    item.releases.incrementAndGet();
  }

  @Override
  public boolean isReady(Item item) {
    return true;
  }

  @Override
  public void fetch(Item item, Runnable fetched) {}

  @Override
  public boolean evict() {
    return false;
  }

  /** As of a device that computes while it is given its work. */
  private record Done(List<Double> finish) implements Running<Double> {
    @Override
    public boolean isDone() {
      return true;
    }
  }

  /** Nothing that was admitted is held any more, nor was released twice. */
  void assertAllReleasedOnce() {
    assertThat(admitted).allSatisfy(item -> assertThat(item.releases).hasValue(1));
  }

  private final class FakePlan implements Plan<Item, Double> {
    private final int budget;
    private final List<Item> items = new ArrayList<>();
    private final List<Work> works = new ArrayList<>();
    private final Set<Integer> beginnings = new HashSet<>();
    private long cost;

    FakePlan(int budget) {
      this.budget = budget;
    }

    @Override
    public boolean add(Item item) {
      assertThat(item.releases).as("releases of what is added").hasValue(0);
      boolean shared = beginnings.contains(item.ids[1]);
      int more = item.ids[3] + (shared ? 0 : item.ids[2]);
      if (!items.isEmpty() && cost + more > budget) {
        return false;
      }
      beginnings.add(item.ids[1]);
      items.add(item);
      works.add(new Work(more, shared ? item.ids[2] : 0, 0, 0));
      cost += more;
      return true;
    }

    @Override
    public long cost() {
      return cost;
    }

    @Override
    public List<Work> works() {
      return works;
    }

    @Override
    public Running<Double> start(Runnable check) {
      assertThat(items).as("prompts of a forward").isNotEmpty();
      begun.add(items.stream().map(Item::serial).toList());
      gate.acquireUninterruptibly();
      for (Item item : items) {
        assertThat(item.releases).as("releases of what is computed").hasValue(0);
        switch (item.fault()) {
          case RUN -> throw new IllegalArgumentException("prompt " + item.serial());
          case MEMORY -> throw new OutOfMemoryError("prompt " + item.serial());
          case ERROR -> throw new AssertionError("prompt " + item.serial());
          case NONE, ADMISSION, COST -> {}
        }
      }
      return new Done(items.stream().map(item -> item.serial() / 2.0).toList());
    }
  }
}
