package dev.vl4j.engine.model;

import dev.vl4j.engine.batch.Branches.Branch;
import dev.vl4j.engine.batch.Forwards;
import dev.vl4j.engine.batch.PrefixTree;
import dev.vl4j.engine.batch.PreparedPrompt;
import dev.vl4j.engine.vision.ImageKey;
import dev.vl4j.engine.vision.Picture;
import dev.vl4j.kernels.Segment;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The branches of one forward, and the runs of shared beginnings that it has to compute before
 * them.
 */
final class ForwardPlan implements Forwards.Plan<Branch<KeyValues>> {
  /** A run of a branch's prompt that is computed in this forward. */
  private record Run(PreparedPrompt prompt, int from, int to) {
    int length() {
      return to - from;
    }

    List<Picture> pictures() {
      return prompt.pictures().subList(prompt.firstImage(from), prompt.firstImage(to));
    }
  }

  private final RerankModel model;
  private final long budget;

  /** Beginnings that were computed before, and those that are not yet; parents first. */
  private final Set<PrefixTree<KeyValues>.Node> known = new LinkedHashSet<>();

  private final Set<PrefixTree<KeyValues>.Node> fresh = new LinkedHashSet<>();
  private final List<Run> freshRuns = new ArrayList<>();
  private final List<Branch<KeyValues>> branches = new ArrayList<>();
  private final List<Forwards.Work> works = new ArrayList<>();
  private final Set<ImageKey> images = new HashSet<>();
  private long cost;

  /**
   * @param budget tokens that the branches take together; the first one may take more
   */
  ForwardPlan(RerankModel model, long budget) {
    this.model = model;
    this.budget = budget;
  }

  @Override
  public boolean add(Branch<KeyValues> branch) {
    List<PrefixTree<KeyValues>.Node> path = new ArrayList<>();
    for (PrefixTree<KeyValues>.Node node = branch.node(); node != null; node = node.parent()) {
      if (node.to() > node.from()) {
        path.addFirst(node);
      }
    }
    List<Run> runs = new ArrayList<>();
    for (PrefixTree<KeyValues>.Node node : path) {
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
      for (Picture picture : run.pictures()) {
        boolean ready = images.contains(picture.key()) || model.images().holds(picture);
        if (met.add(picture.key()) && !ready) {
          encoded++;
          // The vision tower costs about as much as the text tower for the same picture.
          more += picture.tokens();
        }
      }
    }
    more += tokens;
    if (!branches.isEmpty() && cost + more > budget) {
      return false;
    }
    for (PrefixTree<KeyValues>.Node node : path) {
      if (node.value() != null) {
        known.add(node);
      } else {
        fresh.add(node);
      }
    }
    freshRuns.addAll(runs.subList(0, runs.size() - 1));
    branches.add(branch);
    int reused = branch.prompt().pictures().size() - encoded;
    works.add(new Forwards.Work(tokens, branch.prompt().length() - tokens, encoded, reused));
    images.addAll(met);
    cost += more;
    return true;
  }

  private static Run own(Branch<KeyValues> branch) {
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

  @Override
  public double[] run(Runnable check) {
    return model.run(this, check);
  }

  /** The runs that are computed: those of shared beginnings, then the branches' own. */
  private List<Run> runs() {
    List<Run> runs = new ArrayList<>(freshRuns);
    branches.forEach(branch -> runs.add(own(branch)));
    return runs;
  }

  /** The pictures that are read in this forward. */
  List<Picture> pictures() {
    return runs().stream().flatMap(run -> run.pictures().stream()).toList();
  }

  /** The beginnings whose keys and values this forward computes, in the order of their rooms. */
  List<PrefixTree<KeyValues>.Node> fresh() {
    return List.copyOf(fresh);
  }

  /**
   * What the text tower is given.
   *
   * @param rooms for the keys and values of each of {@link #fresh}
   */
  TextBatch batch(List<KeyValues> rooms, VisionCache vision) {
    List<PrefixTree<KeyValues>.Node> nodes = new ArrayList<>(known);
    List<KeyValues> context = new ArrayList<>();
    List<Segment> segments = new ArrayList<>();
    int start = 0;
    for (PrefixTree<KeyValues>.Node node : known) {
      KeyValues value = node.value();
      if (value == null) {
        throw new IllegalStateException("a beginning was given up while it was needed");
      }
      context.add(value);
      segments.add(
          segment(start, node.to() - node.from(), nodes.indexOf(node.parent())).withQueries(0));
      start += node.to() - node.from();
    }
    int contextRows = start;
    List<Run> runs = runs();
    int tokens = runs.stream().mapToInt(Run::length).sum();
    int[] ids = new int[tokens];
    int[][] positions = new int[3][tokens];
    List<TextBatch.PlacedImage> placed = new ArrayList<>();
    List<TextBatch.KeptRun> kept = new ArrayList<>();
    int[] scored = new int[branches.size()];
    nodes.addAll(fresh);
    for (int i = 0; i < runs.size(); i++) {
      Run run = runs.get(i);
      int at = start - contextRows;
      lay(run, at, ids, positions);
      int image = run.prompt.firstImage(run.from);
      for (Picture picture : run.pictures()) {
        int to = at + run.prompt.imageStarts()[image++] - run.from;
        placed.add(new TextBatch.PlacedImage(vision.of(picture), to));
      }
      PrefixTree<KeyValues>.Node before;
      if (i < rooms.size()) {
        kept.add(new TextBatch.KeptRun(rooms.get(i), at));
        before = nodes.get(context.size() + i).parent();
      } else {
        before = branches.get(i - rooms.size()).node();
        scored[i - rooms.size()] = at + run.length() - 1;
      }
      segments.add(segment(start, run.length(), nodes.indexOf(before)));
      start += run.length();
    }
    return new TextBatch(ids, positions, context, segments, placed, kept, scored);
  }

  /** The root, which has no rows, is nowhere among the nodes: no parent. */
  private static Segment segment(int start, int length, int parent) {
    return new Segment(start, length, parent < 0 ? Segment.ROOT : parent, true);
  }

  private static void lay(Run run, int at, int[] ids, int[][] positions) {
    System.arraycopy(run.prompt.ids(), run.from, ids, at, run.length());
    int[][] own = Positions.ofPrompt(run.prompt);
    for (int axis = 0; axis < positions.length; axis++) {
      System.arraycopy(own[axis], run.from, positions[axis], at, run.length());
    }
  }
}
