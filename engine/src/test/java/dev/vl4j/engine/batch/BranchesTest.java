package dev.vl4j.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.batch.Branches.Branch;
import dev.vl4j.engine.batch.Runs.Run;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Prompts share what they begin with, and nothing else. */
@Execution(ExecutionMode.CONCURRENT)
class BranchesTest {
  private static final long SEED = Long.getLong("tests.seed", System.nanoTime());
  private static final Random RANDOM = new Random(SEED);

  static {
    System.out.println("tests.seed=" + SEED);
  }

  private final Runs runs = new Runs();

  /** Tokens that are computed for these branches. */
  private static int computed(List<Branch<Run>> branches) {
    Set<PrefixTree<Run>.Node> fresh = new HashSet<>();
    int tokens = 0;
    for (Branch<Run> branch : branches) {
      tokens += branch.ownTokens();
      for (PrefixTree<Run>.Node node : Runs.path(branch)) {
        if (node.value() == null && fresh.add(node)) {
          tokens += node.to() - node.from();
        }
      }
    }
    return tokens;
  }

  /** A node of the truth: all prompts, token by token. */
  private static final class Trie {
    private final Map<Object, Trie> next = new HashMap<>();

    /** Tokens of all prompts, shared ones once, and each prompt's last token for itself. */
    static int size(List<PreparedPrompt> prompts) {
      Trie root = new Trie();
      int size = prompts.size();
      for (PreparedPrompt prompt : prompts) {
        Trie at = root;
        for (Object token : Runs.tokens(prompt).subList(0, prompt.length() - 1)) {
          Trie next = at.next.get(token);
          if (next == null) {
            size++;
            next = new Trie();
            at.next.put(token, next);
          }
          at = next;
        }
      }
      return size;
    }
  }

  private static int sum(List<PreparedPrompt> prompts) {
    return prompts.stream().mapToInt(PreparedPrompt::length).sum();
  }

  private void finish(PrefixTree<Run> tree, List<Branch<Run>> branches) {
    branches.forEach(runs::compute);
    branches.forEach(branch -> tree.unpin(branch.node()));
  }

  @RepeatedTest(200)
  void randomPromptsAreSharedAsInATrie() {
    PrefixTree<Run> tree = new PrefixTree<>(1L << 40, 1);
    Branches<Run> branches = new Branches<>(tree, 1);
    List<PreparedPrompt> prompts =
        Stream.generate(() -> Runs.random(RANDOM)).limit(1 + RANDOM.nextInt(40)).toList();
    PreparedPrompt outline = Runs.random(RANDOM);
    List<Branch<Run>> grown = branches.grow(prompts, outline);
    assertThat(grown.stream().map(Branch::prompt)).isEqualTo(prompts);
    grown.forEach(runs::check);
    assertThat(computed(grown)).isEqualTo(Trie.size(prompts));
    finish(tree, grown);
    List<Branch<Run>> again = branches.grow(prompts, outline);
    again.forEach(runs::check);
    assertThat(computed(again))
        .as("own tokens")
        .isEqualTo(again.stream().mapToInt(Branch::ownTokens).sum());
    finish(tree, again);
    assertThat(tree.bytes()).isEqualTo(runs.liveBytes());
    tree.close();
    assertThat(runs.live).isEmpty();
  }

  /** Whatever is too short to be shared, it is never more than without sharing. */
  @RepeatedTest(200)
  void shortRunsMayStayUnshared() {
    int leastShared = 1 + RANDOM.nextInt(8);
    PrefixTree<Run> tree = new PrefixTree<>(1L << 40, leastShared);
    Branches<Run> branches = new Branches<>(tree, leastShared);
    int most = Integer.MAX_VALUE;
    List<PreparedPrompt> prompts =
        Stream.generate(() -> Runs.random(RANDOM)).limit(1 + RANDOM.nextInt(40)).toList();
    PreparedPrompt outline = Runs.random(RANDOM);
    for (int round = 0; round < 3; round++) {
      List<Branch<Run>> grown = branches.grow(prompts, outline);
      grown.forEach(runs::check);
      int computed = computed(grown);
      if (round == 0) {
        assertThat(computed).isBetween(Trie.size(prompts), sum(prompts));
        for (Branch<Run> branch : grown) {
          assertThat(Runs.path(branch)).allMatch(node -> node.to() - node.from() >= leastShared);
        }
      }
      if (round > 0) {
        assertThat(computed)
            .as("own tokens in round %d", round)
            .isEqualTo(grown.stream().mapToInt(Branch::ownTokens).sum())
            .isLessThanOrEqualTo(most);
      }
      most = computed;
      finish(tree, grown);
    }
  }

  /** Prompts of long blocks: with the real least length nothing that is shared is lost. */
  @RepeatedTest(50)
  void longBeginningsAreSharedAsInATrie() {
    PrefixTree<Run> tree = new PrefixTree<>(1L << 40, 16);
    Branches<Run> branches = new Branches<>(tree, 16);
    List<PreparedPrompt> prompts = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      Runs.Prompt prompt = new Runs.Prompt();
      for (int block = RANDOM.nextInt(6); block > 0; block--) {
        int which = RANDOM.nextInt(3);
        prompt.text(which).image(which).run(9, 16);
      }
      prompts.add(prompt.text(7).end());
    }
    List<Branch<Run>> grown = branches.grow(prompts, prompts.getFirst());
    grown.forEach(runs::check);
    assertThat(computed(grown)).isEqualTo(Trie.size(prompts));
  }

  /** Their placeholders are the same tokens. */
  @Test
  void differentPicturesOfEqualSizeAreNotShared() {
    PrefixTree<Run> tree = new PrefixTree<>(1L << 40, 1);
    List<PreparedPrompt> prompts = Stream.of(2, 5, 2, 8).map(image -> document(image)).toList();
    List<Branch<Run>> grown = new Branches<>(tree, 1).grow(prompts, prompts.getFirst());
    grown.forEach(runs::check);
    assertThat(grown.stream().map(branch -> branch.node().to())).containsExactly(10, 4, 10, 4);
    finish(tree, grown);
    List<Branch<Run>> later =
        new Branches<>(tree, 1).grow(List.of(document(11)), prompts.getFirst());
    assertThat(later.getFirst().node().to()).isEqualTo(4);
  }

  private static PreparedPrompt document(int image) {
    return new Runs.Prompt().run(1, 4).image(image).run(1, 4).end();
  }

  /** What a request has in common with its outline serves the next one, of other documents. */
  @Test
  void outlineIsSharedWithTheNextRequest() {
    PrefixTree<Run> tree = new PrefixTree<>(1L << 40, 16);
    Branches<Run> branches = new Branches<>(tree, 16);
    PreparedPrompt outline = new Runs.Prompt().run(1, 30).run(9, 2).end();
    finish(tree, branches.grow(List.of(new Runs.Prompt().run(1, 30).run(2, 50).end()), outline));
    PreparedPrompt next = new Runs.Prompt().run(1, 30).run(3, 20).end();
    List<Branch<Run>> grown = branches.grow(List.of(next), outline);
    assertThat(grown.getFirst().node().to()).isEqualTo(30);
    assertThat(computed(grown)).isEqualTo(20);
  }

  /** An end that is too short for a node of its own gets none, however often it is asked for. */
  @Test
  void shortEndsGetNoNodes() {
    PrefixTree<Run> tree = new PrefixTree<>(1L << 40, 16);
    Branches<Run> branches = new Branches<>(tree, 16);
    PreparedPrompt beginning = new Runs.Prompt().run(1, 20).run(8, 2).end();
    finish(tree, branches.grow(List.of(beginning, beginning), beginning));
    long bytes = tree.bytes();
    PreparedPrompt longer = new Runs.Prompt().run(1, 21).run(2, 10).text(7).end();
    for (int i = 0; i < 3; i++) {
      List<Branch<Run>> grown = branches.grow(List.of(longer, longer), longer);
      grown.forEach(runs::check);
      finish(tree, grown);
    }
    assertThat(tree.bytes()).isEqualTo(bytes);
  }

  /** A request for whose nodes there is no memory leaves the tree as it was. */
  @Test
  void failedGrowthLeavesNothing() {
    PrefixTree<Run> tree = new PrefixTree<>(1_000, 1);
    Branches<Run> branches = new Branches<>(tree, 1);
    PreparedPrompt outline = new Runs.Prompt().text(5).end();
    PreparedPrompt kept = new Runs.Prompt().run(1, 20).end();
    finish(tree, branches.grow(List.of(kept, kept), outline));
    PreparedPrompt cutting = new Runs.Prompt().run(1, 10).run(2, 10).end();
    PreparedPrompt fresh = new Runs.Prompt().run(3, 20).end();
    List<PreparedPrompt> prompts = List.of(fresh, fresh, cutting, cutting);
    runs.outOfMemory = true;
    assertThatThrownBy(() -> branches.grow(prompts, outline)).isInstanceOf(OutOfMemoryError.class);
    runs.outOfMemory = false;
    assertThat(tree.bytes()).isEqualTo(runs.liveBytes()).isEqualTo(19 * Runs.BYTES_PER_TOKEN);
    PreparedPrompt longer = new Runs.Prompt().run(3, 40).end();
    assertThat(tree.extend(tree.root(), longer, 30).from()).as("no node is left").isZero();
    List<Branch<Run>> grown = branches.grow(prompts, outline);
    grown.forEach(runs::check);
    finish(tree, grown);
    tree.close();
    assertThat(runs.live).isEmpty();
  }

  @Test
  @Timeout(value = 100, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void promptsThatBeginEachOther() {
    PrefixTree<Run> tree = new PrefixTree<>(0, 1);
    Branches<Run> branches = new Branches<>(tree, 1);
    List<PreparedPrompt> prompts =
        IntStream.rangeClosed(1, 3_000)
            .mapToObj(length -> new PreparedPrompt(new int[length], new int[0], List.of()))
            .toList();
    List<Branch<Run>> grown = branches.grow(prompts, prompts.getLast());
    for (int i = 0; i < 2_999; i++) {
      assertThat(grown.get(i).ownTokens()).isOne();
    }
    assertThat(grown.getLast().ownTokens()).as("two that no other has as a beginning").isEqualTo(2);
    assertThat(Runs.path(grown.getLast())).hasSize(2_998);
    runs.compute(grown.getLast());
    assertThat(tree.bytes()).isEqualTo(2_998 * Runs.BYTES_PER_TOKEN);
    grown.forEach(branch -> tree.unpin(branch.node()));
    assertThat(runs.live).isEmpty();
    assertThat(tree.bytes()).isZero();
  }
}
