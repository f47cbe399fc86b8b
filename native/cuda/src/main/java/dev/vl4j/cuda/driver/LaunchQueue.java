package dev.vl4j.cuda.driver;

import dev.vl4j.kernels.BackendException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Launches on their way to a stream. A small forward is some hundred launches, and the host needs
 * longer to make them than the device needs to run them; so launches wait here until something else
 * is enqueued, such as a copy, and a run of them that comes again is recorded as a graph, which is
 * one call from then on.
 *
 * <p>A run that comes for the first time is enqueued launch by launch, which also loads its
 * kernels: a driver that loads them lazily could not do that while it records. Nothing here waits
 * for the device, and what is enqueued, and in which order, is the same with graphs and without.
 *
 * <p>Where faults are looked for, and with {@link #PROPERTY} false, each launch is enqueued at
 * once.
 *
 * <p>It belongs to the thread of its device.
 */
public final class LaunchQueue implements AutoCloseable {
  /** Whether runs that come again are recorded; true by default. */
  public static final String PROPERTY = "vl4j.cuda.graphs";

  /** The shortest run that is recorded: a graph of fewer launches saves too little. */
  static final int SHORTEST = 32;

  /**
   * Graphs that are kept. A driver needs memory of the device for each, and does not tell how much.
   */
  static final int MOST_GRAPHS = 32;

  /** Runs whose hashes are kept, to know them when they come again. */
  private static final int MOST_SEEN = 1024;

  private static final System.Logger LOG = System.getLogger(LaunchQueue.class.getName());

  private final Driver driver;
  private final long stream;
  private final Graphs graphs;
  private final LinkedHashMap<List<Launch>, Long> recorded = new LinkedHashMap<>(16, 0.75f, true);
  private final LinkedHashSet<Integer> seen = new LinkedHashSet<>();
  private List<Launch> waiting = new ArrayList<>();
  private boolean recording;

  /** From now on, whatever the driver enqueues or waits for comes behind what waits here. */
  public LaunchQueue(Driver driver, long stream) {
    this.driver = driver;
    this.stream = stream;
    graphs = new Graphs(driver);
    recording = !driver.isDebugged() && Boolean.parseBoolean(System.getProperty(PROPERTY, "true"));
    driver.streams().setBefore(this::flush);
  }

  /** Where launches go. */
  public long stream() {
    return stream;
  }

  /** Enqueues a launch, now or behind those that wait. */
  public void add(Launch launch) {
    if (recording && !launch.isLong()) {
      waiting.add(launch);
      return;
    }
    flush();
    launch.enqueue();
  }

  /**
   * Enqueues what waits.
   *
   * @throws BackendException if a launch fails; those behind it are forgotten
   */
  private void flush() {
    if (waiting.isEmpty()) {
      return;
    }
    List<Launch> run = waiting;
    waiting = new ArrayList<>();
    Long graph = run.size() < SHORTEST || !recording ? null : graph(run);
    if (graph == null) {
      run.forEach(Launch::enqueue);
    } else {
      graphs.launch(graph, stream);
    }
  }

  /**
   * To be called when nothing follows for now: enqueues what waits, and forgets it on a device that
   * is lost.
   */
  public void end() {
    if (driver.lost()) {
      waiting.clear();
    } else {
      flush();
    }
  }

  /** The graph of a run, or null if it comes for the first time or cannot be recorded. */
  private @Nullable Long graph(List<Launch> run) {
    Long known = recorded.get(run);
    if (known != null || isNew(run)) {
      return known;
    }
    try {
      long graph = graphs.record(stream, () -> run.forEach(Launch::enqueue));
      recorded.put(run, graph);
      if (recorded.size() > MOST_GRAPHS) {
        // The driver lets it end if it is still running.
        graphs.destroy(recorded.pollFirstEntry().getValue());
      }
      return graph;
    } catch (BackendException e) {
      if (driver.lost()) {
        throw e;
      }
      recording = false;
      LOG.log(
          System.Logger.Level.WARNING,
          () -> "no graphs are recorded any more, small forwards take longer: " + e.getMessage());
      return null;
    }
  }

  /** Two runs may share a hash: then one is recorded when it comes for the first time. */
  private boolean isNew(List<Launch> run) {
    boolean isNew = seen.add(run.hashCode());
    if (seen.size() > MOST_SEEN) {
      seen.removeFirst();
    }
    return isNew;
  }

  /** Graphs that are kept. */
  int graphs() {
    return recorded.size();
  }

  /** Gives the graphs back, and forgets what waits. */
  @Override
  public void close() {
    waiting.clear();
    recording = false;
    recorded.values().forEach(graphs::destroy);
    recorded.clear();
  }
}
