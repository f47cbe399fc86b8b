package dev.vl4j.engine.batch;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Hangs the prompts of a request on a tree of shared prefixes: what several of them begin with is
 * one run of a node, and each prompt's own end is computed for itself.
 */
public final class Branches<V extends PrefixTree.Cached<V>> {
  /** A prompt and the node that its own end follows. */
  public record Branch<V extends PrefixTree.Cached<V>>(
      PreparedPrompt prompt, PrefixTree<V>.Node node) {
    /** Tokens that no node has. */
    public int ownTokens() {
      return prompt.length() - node.to();
    }
  }

  /** Prompts that are the same up to {@code common}, of which nodes have the first part. */
  private record Group<V extends PrefixTree.Cached<V>>(
      List<Integer> members, PrefixTree<V>.Node node, int common) {}

  private final PrefixTree<V> tree;
  private final int leastShared;

  /**
   * @param leastShared tokens below which a run does not get a node of its own
   */
  public Branches(PrefixTree<V> tree, int leastShared) {
    this.tree = tree;
    this.leastShared = leastShared;
  }

  /**
   * A branch for each prompt, its node pinned. Each has one token of its own at least, from which
   * its score is read.
   *
   * @param prompts of one request
   * @param outline a prompt of the same request without a document: what it has in common with the
   *     others is worth keeping for the next request
   */
  public List<Branch<V>> grow(List<PreparedPrompt> prompts, PreparedPrompt outline) {
    List<PrefixTree<V>.Node> made = new ArrayList<>();
    boolean done = false;
    try {
      List<Branch<V>> branches = grow(prompts, outline, made);
      done = true;
      return branches;
    } finally {
      if (!done) {
        made.forEach(tree::pin);
        made.forEach(tree::unpin);
      }
    }
  }

  /**
   * @param made receives the nodes that the prompts asked for
   */
  private List<Branch<V>> grow(
      List<PreparedPrompt> prompts, PreparedPrompt outline, List<PrefixTree<V>.Node> made) {
    List<PrefixTree<V>.Node> nodes = new ArrayList<>();
    prompts.forEach(prompt -> nodes.add(tree.root()));
    List<Integer> all = new ArrayList<>();
    int common = outline.length() - 1;
    for (int i = 0; i < prompts.size(); i++) {
      all.add(i);
      PreparedPrompt prompt = prompts.get(i);
      common = outline.commonPrefix(prompt, 0, Math.min(common, prompt.length() - 1));
    }
    Deque<Group<V>> open = new ArrayDeque<>();
    PrefixTree<V>.Node start = tree.root();
    if (common >= leastShared) {
      start = tree.extend(start, outline, common);
      made.add(start);
    }
    open.push(new Group<>(all, start, common));
    while (!open.isEmpty()) {
      Group<V> group = open.pop();
      for (List<Integer> together : byNextToken(group, prompts)) {
        if (together.size() > 1) {
          open.push(share(together, group, prompts, made));
        } else {
          nodes.set(together.getFirst(), group.node);
        }
      }
    }
    List<Branch<V>> branches = new ArrayList<>();
    for (int i = 0; i < nodes.size(); i++) {
      PreparedPrompt prompt = prompts.get(i);
      PrefixTree<V>.Node node = tree.follow(nodes.get(i), prompt, prompt.length() - 1);
      tree.pin(node);
      branches.add(new Branch<>(prompt, node));
    }
    return branches;
  }

  /** Prompts that go on alike; one that has its last token left goes on alone. */
  private List<List<Integer>> byNextToken(Group<V> group, List<PreparedPrompt> prompts) {
    List<List<Integer>> apart = new ArrayList<>();
    Map<Object, List<Integer>> alike = new LinkedHashMap<>();
    for (int member : group.members) {
      PreparedPrompt prompt = prompts.get(member);
      if (prompt.length() - 1 == group.common) {
        apart.add(List.of(member));
        continue;
      }
      int image = prompt.firstImage(group.common);
      boolean starts =
          image < prompt.imageStarts().length && prompt.imageStarts()[image] == group.common;
      Object next = starts ? prompt.images().get(image).key() : prompt.ids()[group.common];
      alike.computeIfAbsent(next, token -> new ArrayList<>()).add(member);
    }
    apart.addAll(alike.values());
    return apart;
  }

  /** What these prompts have in common beyond their group; a node, if it is long enough. */
  private Group<V> share(
      List<Integer> members,
      Group<V> group,
      List<PreparedPrompt> prompts,
      List<PrefixTree<V>.Node> made) {
    PreparedPrompt first = prompts.get(members.getFirst());
    int common = first.length() - 1;
    for (int member : members.subList(1, members.size())) {
      PreparedPrompt other = prompts.get(member);
      common = first.commonPrefix(other, group.common, Math.min(common, other.length() - 1));
    }
    PrefixTree<V>.Node node = group.node;
    if (common - node.to() >= leastShared) {
      node = tree.extend(node, first, common);
      made.add(node);
    }
    return new Group<>(members, node, common);
  }
}
