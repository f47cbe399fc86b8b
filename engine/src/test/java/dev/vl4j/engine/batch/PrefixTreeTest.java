package dev.vl4j.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.batch.Branches.Branch;
import dev.vl4j.engine.batch.Runs.Run;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** What is kept, for how long, and that nothing is lost. */
class PrefixTreeTest {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());
  private static final Random RANDOM = new Random(SEED);

  static {
    System.out.println("tests.seed=" + SEED);
  }

  private final Runs runs = new Runs();

  /** Requests come, are computed or not, and go, in any order. */
  @RepeatedTest(50)
  void nothingIsLostOrClosedTwice() {
    int leastShared = 1 + RANDOM.nextInt(5);
    long budget = RANDOM.nextBoolean() ? 0 : RANDOM.nextInt(2_000);
    PrefixTree<Run> tree = new PrefixTree<>(budget, leastShared);
    Branches<Run> branches = new Branches<>(tree, leastShared);
    List<Branch<Run>> pending = new ArrayList<>();
    for (int step = 0; step < 150; step++) {
      if (RANDOM.nextInt(4) == 0) {
        pending.addAll(
            branches.grow(
                Stream.generate(() -> Runs.random(RANDOM)).limit(1 + RANDOM.nextInt(8)).toList(),
                Runs.random(RANDOM)));
      } else if (!pending.isEmpty()) {
        Branch<Run> branch = pending.remove(RANDOM.nextInt(pending.size()));
        if (RANDOM.nextInt(4) > 0) {
          runs.compute(branch);
        }
        tree.unpin(branch.node());
      }
      pending.forEach(runs::check);
      assertThat(tree.bytes()).isEqualTo(runs.liveBytes());
    }
    if (RANDOM.nextBoolean()) {
      pending.forEach(branch -> tree.unpin(branch.node()));
      assertThat(tree.bytes()).isEqualTo(runs.liveBytes()).isLessThanOrEqualTo(budget);
    }
    tree.close();
    assertThat(runs.live).isEmpty();
    assertThat(tree.bytes()).isZero();
  }

  private static PreparedPrompt prompt(int token) {
    return new Runs.Prompt().run(token, 10).text(9).end();
  }

  private static PrefixTree<Run>.Node kept(PrefixTree<Run> tree, PreparedPrompt prompt) {
    return tree.follow(tree.root(), prompt, prompt.length() - 1);
  }

  /** A branch of 10 tokens in a node, computed and pinned. */
  private Branch<Run> compute(PrefixTree<Run> tree, PreparedPrompt prompt) {
    Branch<Run> branch =
        new Branch<>(prompt, tree.extend(tree.root(), prompt, prompt.length() - 1));
    tree.pin(branch.node());
    runs.compute(branch);
    return branch;
  }

  @Test
  void leastRecentlyUsedGoesFirst() {
    PrefixTree<Run> tree = new PrefixTree<>(20 * Runs.BYTES_PER_TOKEN, 1);
    tree.unpin(compute(tree, prompt(1)).node());
    tree.unpin(compute(tree, prompt(2)).node());
    PrefixTree<Run>.Node again = kept(tree, prompt(1));
    tree.pin(again);
    tree.unpin(again);
    assertThat(tree.evictions()).isZero();
    tree.unpin(compute(tree, prompt(3)).node());
    assertThat(tree.evictions()).isOne();
    assertThat(kept(tree, prompt(1)).to()).isEqualTo(10);
    assertThat(kept(tree, prompt(2)).to()).isZero();
    assertThat(kept(tree, prompt(3)).to()).isEqualTo(10);
    assertThat(tree.bytes()).isEqualTo(runs.liveBytes()).isEqualTo(20 * Runs.BYTES_PER_TOKEN);
  }

  /** Its parents, too, and as often as it is pinned. */
  @Test
  void pinnedPathStays() {
    PrefixTree<Run> tree = new PrefixTree<>(0, 1);
    Branch<Run> pinned = compute(tree, prompt(1));
    PreparedPrompt longer = new Runs.Prompt().run(1, 10).run(2, 10).text(9).end();
    Branch<Run> deep = compute(tree, longer);
    tree.pin(deep.node());
    tree.unpin(pinned.node());
    tree.unpin(deep.node());
    for (int i = 3; i < 20; i++) {
      tree.unpin(compute(tree, prompt(i)).node());
    }
    runs.check(deep);
    assertThat(kept(tree, longer)).isEqualTo(deep.node());
    assertThat(runs.live).hasSize(2);
    tree.unpin(deep.node());
    assertThat(runs.live).isEmpty();
  }

  @Test
  void oftenerUnpinnedThanPinnedIsAnError() {
    PrefixTree<Run> tree = new PrefixTree<>(1_000, 1);
    Branch<Run> branch = compute(tree, prompt(1));
    tree.unpin(branch.node());
    assertThatThrownBy(() -> tree.unpin(branch.node())).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void runIsComputedOnce() {
    PrefixTree<Run> tree = new PrefixTree<>(1_000, 1);
    Branch<Run> branch = compute(tree, prompt(1));
    assertThatThrownBy(() -> branch.node().keep(runs.new Run(List.of(1))))
        .isInstanceOf(IllegalStateException.class);
  }

  /** Nodes that were cancelled before they were computed, a chain of them. */
  @Test
  void whatWasNeverComputedVanishes() {
    PrefixTree<Run> tree = new PrefixTree<>(1_000, 1);
    PreparedPrompt prompt = new Runs.Prompt().run(1, 30).end();
    PrefixTree<Run>.Node first = tree.extend(tree.root(), prompt, 10);
    PrefixTree<Run>.Node second = tree.extend(first, prompt, 20);
    tree.pin(first);
    tree.pin(second);
    tree.unpin(first);
    assertThat(tree.extend(tree.root(), prompt, 20)).as("still in use").isEqualTo(second);
    tree.unpin(second);
    assertThat(tree.extend(tree.root(), prompt, 20).from()).isZero();
  }

  /** Who holds a node need not know that it was cut. */
  @Test
  void cutRunKeepsItsEnd() {
    PrefixTree<Run> tree = new PrefixTree<>(0, 4);
    PreparedPrompt prompt = new Runs.Prompt().run(1, 3).image(2).run(2, 20).end();
    Branch<Run> branch = compute(tree, prompt);
    PreparedPrompt other = new Runs.Prompt().run(1, 3).image(2).run(3, 20).end();
    PrefixTree<Run>.Node first = tree.extend(tree.root(), other, 6);
    assertThat(first.to()).isEqualTo(6);
    assertThat(branch.node().parent()).isEqualTo(first);
    assertThat(branch.node().from()).isEqualTo(6);
    runs.check(branch);
    assertThat(tree.bytes()).isEqualTo(runs.liveBytes());
    tree.unpin(branch.node());
    assertThat(runs.live).isEmpty();
  }

  @Test
  void fewerTokensThanTheLeastAreNotCutOff() {
    PrefixTree<Run> tree = new PrefixTree<>(1_000, 4);
    Branch<Run> branch = compute(tree, prompt(1));
    PreparedPrompt other = new Runs.Prompt().run(1, 3).run(2, 20).end();
    assertThat(tree.extend(tree.root(), other, 15).from()).isZero();
    assertThat(branch.node().from()).isZero();
  }
}
