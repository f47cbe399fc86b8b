package dev.vl4j.engine.model;

import dev.vl4j.engine.batch.Branches.Branch;
import dev.vl4j.engine.batch.Forwards;
import dev.vl4j.engine.batch.PrefixTree;
import dev.vl4j.engine.batch.PreparedPrompt;
import dev.vl4j.engine.model.head.Head;
import dev.vl4j.engine.model.tower.Positions;
import dev.vl4j.engine.model.tower.TextBatch;
import dev.vl4j.engine.vision.ImageKey;
import dev.vl4j.engine.vision.PromptImage;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.KeyValues;
import dev.vl4j.kernels.Segment;
import dev.vl4j.kernels.Tensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The branches of one forward, and the runs of shared prefixes that it has to compute before them.
 */
final class ForwardPlan<R> implements Forwards.Plan<Branch<CachedRun>, R> {
  /** A run of a branch's prompt that is computed in this forward. */
  private record Run(PreparedPrompt prompt, int from, int to) {
    int length() {
      return to - from;
    }

    List<PromptImage> images() {
      return prompt.images().subList(prompt.firstImage(from), prompt.firstImage(to));
    }
  }

  private final Model model;
  private final Head<R> head;
  private final long budget;

  /** Prefixes that were computed before, and those that are not yet; parents first. */
  private final Set<PrefixTree<CachedRun>.Node> known = new LinkedHashSet<>();

  private final Set<PrefixTree<CachedRun>.Node> fresh = new LinkedHashSet<>();
  private final List<Run> freshRuns = new ArrayList<>();
  private final List<Branch<CachedRun>> branches = new ArrayList<>();
  private final List<Forwards.Work> works = new ArrayList<>();
  private final Set<ImageKey> images = new HashSet<>();
  private long cost;

  /**
   * @param budget tokens that the branches take together; the first one may take more
   */
  ForwardPlan(Model model, Head<R> head, long budget) {
    this.model = model;
    this.head = head;
    this.budget = budget;
  }

  @Override
  public boolean add(Branch<CachedRun> branch) {
    List<PrefixTree<CachedRun>.Node> path = new ArrayList<>();
    for (PrefixTree<CachedRun>.Node node = branch.node(); node != null; node = node.parent()) {
      if (node.to() > node.from()) {
        path.addFirst(node);
      }
    }
    List<Run> runs = new ArrayList<>();
    for (PrefixTree<CachedRun>.Node node : path) {
      if (node.value() == null && !fresh.contains(node)) {
        runs.add(new Run(branch.prompt(), node.from(), node.to()));
      }
    }
    runs.add(own(branch));
    int tokens = 0;
    int encoded = 0;
    int more = 0;
    Set<ImageKey> met = new HashSet<>();
    for (Run run : runs) {
      tokens += run.length();
      for (PromptImage image : run.images()) {
        boolean ready = images.contains(image.key()) || model.holds(image);
        if (met.add(image.key()) && !ready) {
          encoded++;
          // The vision tower costs about as much as the text tower for the same image.
          more += image.tokens();
        }
      }
    }
    more += tokens;
    if (!branches.isEmpty() && cost + more > budget) {
      return false;
    }
    for (PrefixTree<CachedRun>.Node node : path) {
      if (node.value() != null) {
        known.add(node);
      } else {
        fresh.add(node);
      }
    }
    freshRuns.addAll(runs.subList(0, runs.size() - 1));
    branches.add(branch);
    int reused = branch.prompt().images().size() - encoded;
    works.add(new Forwards.Work(tokens, branch.prompt().length() - tokens, encoded, reused));
    images.addAll(met);
    cost += more;
    return true;
  }

  private static Run own(Branch<CachedRun> branch) {
    return new Run(branch.prompt(), branch.node().to(), branch.prompt().length());
  }

  @Override
  public long cost() {
    return cost;
  }

  @Override
  public List<Forwards.Work> works() {
    return works;
  }

  /** The runs that are computed: those of shared prefixes, then the branches' own. */
  private List<Run> runs() {
    List<Run> runs = new ArrayList<>(freshRuns);
    branches.forEach(branch -> runs.add(own(branch)));
    return runs;
  }

  /** The images that are read in this forward. */
  private List<PromptImage> images() {
    return runs().stream().flatMap(run -> run.images().stream()).toList();
  }

  @Override
  public Forwards.Running<R> start(Runnable check) {
    Computation computation = new Computation();
    List<CachedRun> computed = new ArrayList<>();
    Forward forward = null;
    boolean done = false;
    try {
      List<PromptImage> images = images();
      model.encode(images, computation, check);
      List<Computation> needed = needed(images);
      forward = model.backend().begin();
      for (PrefixTree<CachedRun>.Node node : fresh) {
        computed.add(model.cachedRun(node.to() - node.from(), computation));
      }
      Tensor hidden = model.text().forward(forward, batch(forward, computed), check);
      RunningForward<R> running =
          new RunningForward<>(model, head, forward, forward.read(hidden), computation, needed);
      int next = 0;
      for (PrefixTree<CachedRun>.Node node : fresh) {
        node.keep(computed.get(next++));
      }
      done = true;
      return running;
    } finally {
      if (!done) {
        computed.forEach(CachedRun::close);
        if (forward != null) {
          forward.close();
        }
        computation.fail();
        model.discardFailed();
      }
    }
  }

  /** The forwards whose results this one reads. */
  private List<Computation> needed(List<PromptImage> images) {
    List<Computation> needed = new ArrayList<>();
    known.forEach(node -> needed.add(value(node).computation()));
    images.forEach(image -> needed.add(model.computation(image)));
    return needed;
  }

  private static CachedRun value(PrefixTree<CachedRun>.Node node) {
    CachedRun value = node.value();
    if (value == null) {
      throw new IllegalStateException("a prefix was evicted while it was needed");
    }
    return value;
  }

  /**
   * What the text tower is given.
   *
   * @param computed for the keys and values of each of {@link #fresh}
   */
  private TextBatch batch(Forward forward, List<CachedRun> computed) {
    List<PrefixTree<CachedRun>.Node> nodes = new ArrayList<>(known);
    List<Segment> segments = new ArrayList<>();
    for (PrefixTree<CachedRun>.Node node : known) {
      segments.add(Segment.stored(value(node).keyValues(), parent(nodes, node.parent())));
    }
    nodes.addAll(fresh);
    List<Run> runs = runs();
    int tokens = runs.stream().mapToInt(Run::length).sum();
    int ownTokens = branches.stream().mapToInt(Branch::ownTokens).sum();
    KeyValues own = forward.keyValues(model.text().attention(), ownTokens);
    int[] ids = new int[tokens];
    int[][] positions = new int[3][tokens];
    List<TextBatch.PlacedImage> placed = new ArrayList<>();
    int[] scored = new int[branches.size()];
    int at = 0;
    int ownAt = 0;
    for (int i = 0; i < runs.size(); i++) {
      Run run = runs.get(i);
      lay(run, at, ids, positions);
      int next = run.prompt.firstImage(run.from);
      for (PromptImage image : run.images()) {
        int to = at + run.prompt.imageStarts()[next++] - run.from;
        placed.add(new TextBatch.PlacedImage(model.features(image), to));
      }
      if (i < computed.size()) {
        int parent = parent(nodes, nodes.get(known.size() + i).parent());
        segments.add(Segment.computed(computed.get(i).keyValues(), 0, run.length(), parent, true));
      } else {
        int branch = i - computed.size();
        int parent = parent(nodes, branches.get(branch).node());
        segments.add(Segment.computed(own, ownAt, run.length(), parent, true));
        scored[branch] = at + run.length() - 1;
        ownAt += run.length();
      }
      at += run.length();
    }
    return new TextBatch(ids, positions, segments, placed, scored);
  }

  /** The root, which has no rows, is nowhere among the nodes: no parent. */
  private static int parent(
      List<PrefixTree<CachedRun>.Node> nodes, PrefixTree<CachedRun>.@Nullable Node node) {
    int index = nodes.indexOf(node);
    return index < 0 ? Segment.ROOT : index;
  }

  private static void lay(Run run, int at, int[] ids, int[][] positions) {
    System.arraycopy(run.prompt.ids(), run.from, ids, at, run.length());
    int[][] own = Positions.ofPrompt(run.prompt);
    for (int axis = 0; axis < positions.length; axis++) {
      System.arraycopy(own[axis], run.from, positions[axis], at, run.length());
    }
  }
}
