package dev.vl4j.engine.batch;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Prefixes of prompts as a radix tree: a node is a run of tokens that follows its parent's, and may
 * hold what was computed for it. What no request needs any more is kept for later ones, least
 * recently used first out, within a budget of bytes. For one thread at a time.
 *
 * @param <V> what is computed for a run
 */
public final class PrefixTree<V extends PrefixTree.Cached<V>> implements AutoCloseable {
  /** What was computed for a run of tokens. */
  public interface Cached<V> extends AutoCloseable {
    /** Memory that it takes. */
    long bytes();

    /** Cuts it in two; it is closed itself. */
    Split<V> split(int tokens);

    @Override
    void close();
  }

  /** What a run's first tokens keep, and what the others keep. */
  public record Split<V>(V first, V second) {}

  /** A run of tokens; the path from the root to it is a prompt's prefix. */
  public final class Node {
    /** Some prompt that begins with this path. */
    private final PreparedPrompt prompt;

    private int from;
    private final int to;
    private @Nullable Node parent;
    private final List<Node> children = new ArrayList<>();
    private @Nullable V value;
    private int pins;
    private long used;
    private final long number = ++nodes;

    private Node(@Nullable Node parent, PreparedPrompt prompt, int from, int to) {
      this.parent = parent;
      this.prompt = prompt;
      this.from = from;
      this.to = to;
    }

    /** The node before this one; null for the root, whose run is empty. */
    public @Nullable Node parent() {
      return parent;
    }

    /** A prompt whose tokens from {@link #from} to {@link #to} are this node's run. */
    public PreparedPrompt prompt() {
      return prompt;
    }

    /** Position of the run's first token in a prompt. */
    public int from() {
      return from;
    }

    /** Position after the run's last token. */
    public int to() {
      return to;
    }

    /** What was computed, or null before it was. */
    public @Nullable V value() {
      return value;
    }

    /** Keeps what is computed for this run. The nodes before it must have theirs. */
    public void keep(V computed) {
      if (value != null) {
        throw new IllegalStateException("a run was computed twice");
      }
      value = computed;
      bytes += computed.bytes();
    }
  }

  private static final PreparedPrompt EMPTY = new PreparedPrompt(new int[0], new int[0], List.of());

  private long nodes;
  private final Node root = new Node(null, EMPTY, 0, 0);

  /** What can be evicted, the least recently used first. */
  private final NavigableSet<Node> leaves =
      new TreeSet<>(
          Comparator.<Node>comparingLong(node -> node.used).thenComparingLong(node -> node.number));

  private final long budget;
  private final int leastShared;
  private long bytes;
  private long clock;
  private long evictions;

  /**
   * @param budget bytes kept beyond what requests in flight need
   * @param leastShared tokens below which no node is made, nor is one cut for them
   */
  public PrefixTree(long budget, int leastShared) {
    this.budget = budget;
    this.leastShared = leastShared;
  }

  /** The empty prefix. */
  public Node root() {
    return root;
  }

  /** Bytes that are held now. */
  public long bytes() {
    return bytes;
  }

  /** Bytes kept beyond what requests in flight need. */
  public long budget() {
    return budget;
  }

  /** How many runs were evicted so far. */
  public long evictions() {
    return evictions;
  }

  /**
   * The node that ends a prompt's first {@code to} tokens, made where there is none. If the last
   * tokens are too few for a node of their own, the node before them.
   *
   * @param at a node whose path the prompt begins with
   */
  public Node extend(Node at, PreparedPrompt prompt, int to) {
    Node node = at;
    while (node.to < to) {
      Node next = null;
      int common = node.to;
      for (Node child : node.children) {
        int shared = prompt.commonPrefix(child.prompt, node.to, Math.min(to, child.to));
        if (shared > common) {
          next = child;
          common = shared;
        }
      }
      if (next != null && common == next.to) {
        node = next;
      } else if (next != null && common - node.to >= leastShared) {
        node = cut(next, common);
      } else if (to - node.to >= leastShared) {
        Node fresh = new Node(node, prompt.first(to), node.to, to);
        leaves.remove(node);
        node.children.add(fresh);
        node = fresh;
      } else {
        return node;
      }
    }
    return node;
  }

  /** Follows a prompt as far as runs of it are computed, at most to {@code limit}. */
  public Node follow(Node at, PreparedPrompt prompt, int limit) {
    Node node = at;
    for (Node next = at; next != null; ) {
      node = next;
      next = null;
      for (Node child : node.children) {
        if (child.value != null
            && child.to <= limit
            && prompt.commonPrefix(child.prompt, node.to, child.to) == child.to) {
          next = child;
        }
      }
    }
    return node;
  }

  /** Cuts a node's run; the node keeps its end, so that existing references stay valid. */
  private Node cut(Node node, int at) {
    Node parent = node.parent;
    if (parent == null) {
      throw new IllegalStateException("the root has no run");
    }
    V whole = node.value;
    long before = whole == null ? 0 : whole.bytes();
    Split<V> split = whole == null ? null : whole.split(at - node.from);
    Node first = new Node(parent, node.prompt, node.from, at);
    first.used = node.used;
    first.children.add(node);
    parent.children.set(parent.children.indexOf(node), first);
    if (split != null) {
      first.value = split.first;
      node.value = split.second;
      bytes += split.first.bytes() + split.second.bytes() - before;
    }
    node.from = at;
    node.parent = first;
    return first;
  }

  /** Forgets what was computed for some runs, as when that turns out to have failed. */
  public void discard(Predicate<V> unwanted) {
    Deque<Node> open = new ArrayDeque<>(root.children);
    while (!open.isEmpty()) {
      Node node = open.removeLast();
      open.addAll(node.children);
      V value = node.value;
      if (value != null && unwanted.test(value)) {
        bytes -= value.bytes();
        node.value = null;
        value.close();
      }
    }
  }

  /** Gives up all that no request needs; says whether there was anything. */
  public boolean evictAll() {
    long before = evictions;
    trim(0);
    return evictions > before;
  }

  /** Keeps a node and those before it from being evicted, until it is unpinned as often. */
  public void pin(Node node) {
    leaves.remove(node);
    node.pins++;
    touch(node);
  }

  /** Undoes one {@link #pin}. */
  public void unpin(Node node) {
    if (node.pins-- == 0) {
      throw new IllegalStateException("a run was unpinned more often than pinned");
    }
    touch(node);
    drop(node);
    trim(budget);
  }

  /** Ranks the node and those before it last; none of them is among the leaves meanwhile. */
  private void touch(Node node) {
    clock++;
    for (Node n = node; n != null; n = n.parent) {
      n.used = clock;
    }
  }

  /** Removes what was never computed, from a leaf upwards, up to what can be evicted later. */
  private void drop(Node node) {
    Node leaf = node;
    while (leaf.parent != null && removable(leaf) && leaf.value == null) {
      leaf.parent.children.remove(leaf);
      leaf = leaf.parent;
    }
    if (leaf.parent != null && removable(leaf)) {
      leaves.add(leaf);
    }
  }

  private static boolean removable(PrefixTree<?>.Node node) {
    return node.pins == 0 && node.children.isEmpty();
  }

  /** Gives up the least recently used leaves until the rest takes no more bytes. */
  private void trim(long limit) {
    while (bytes > limit) {
      Node oldest = leaves.pollFirst();
      if (oldest == null || oldest.parent == null) {
        return;
      }
      oldest.parent.children.remove(oldest);
      V value = oldest.value;
      if (value != null) {
        bytes -= value.bytes();
        evictions++;
        value.close();
      }
      drop(oldest.parent);
    }
  }

  @Override
  public void close() {
    List<Node> open = new ArrayList<>(List.of(root));
    while (!open.isEmpty()) {
      Node node = open.removeLast();
      open.addAll(node.children);
      if (node.value != null) {
        node.value.close();
        node.value = null;
      }
    }
    root.children.clear();
    leaves.clear();
    bytes = 0;
  }
}
