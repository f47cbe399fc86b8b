package dev.vl4j.server.load;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;

/** Clients that ask for cases in an order of their own, all at once, for a while. */
public final class Load {
  /** Makes a client's connection. */
  public interface Connector {
    LoadSession connect() throws IOException;
  }

  /**
   * What became of it.
   *
   * @param seconds until the last answer
   * @param nanos [requests that were answered as they must], ascending
   * @param failures what went wrong
   */
  @SuppressWarnings("ArrayRecordComponent") // handed through, never compared
  public record Outcome(double seconds, long[] nanos, List<Throwable> failures) {
    /** Requests per second. */
    public double throughput() {
      return nanos.length / seconds;
    }

    /** The latency that a share of requests stay within, in milliseconds. */
    public double millis(double share) {
      return nanos.length == 0
          ? Double.NaN
          : nanos[(int) Math.min(nanos.length - 1, Math.ceil(share * nanos.length))] / 1e6;
    }
  }

  private static final AtomicLong NUMBERS = new AtomicLong();

  private Load() {}

  /** Asks until the time is over; a client ends with its first failure. */
  public static Outcome run(
      List<LoadCase> cases, int clients, double seconds, long seed, Connector connector)
      throws InterruptedException {
    List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
    List<Thread> threads = new ArrayList<>();
    List<List<Long>> times = new ArrayList<>();
    long start = System.nanoTime();
    long end = start + (long) (seconds * 1e9);
    for (int client = 0; client < clients; client++) {
      Random random = new Random(seed + client);
      List<Long> own = new ArrayList<>();
      times.add(own);
      threads.add(
          Thread.startVirtualThread(() -> {
            try (LoadSession session = connector.connect()) {
              for (long now = System.nanoTime(); now < end; now = System.nanoTime()) {
                session.ask(
                    cases.get(random.nextInt(cases.size())),
                    LoadCase.id(NUMBERS.incrementAndGet()));
                own.add(System.nanoTime() - now);
              }
            } catch (IOException | InterruptedException | RuntimeException | AssertionError e) {
              failures.add(e);
            }
          }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    long[] nanos = times.stream().flatMapToLong(own -> own.stream().mapToLong(n -> n)).toArray();
    Arrays.sort(nanos);
    return new Outcome((System.nanoTime() - start) / 1e9, nanos, List.copyOf(failures));
  }
}
