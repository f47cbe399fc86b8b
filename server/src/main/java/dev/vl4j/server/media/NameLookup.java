package dev.vl4j.server.media;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;

/** Finds the addresses of hosts, and lets through only hosts that may be connected to. */
final class NameLookup {
  /** Asks the system, or, in tests, does not. */
  @FunctionalInterface
  interface Resolver {
    InetAddress[] resolve(String host) throws UnknownHostException;
  }

  /** Addresses of one host that are tried, at most. */
  private static final int MOST_ADDRESSES = 4;

  private static final int THREADS = 16;
  private static final int IDLE_SECONDS = 10;

  private final Resolver resolver;
  private final Predicate<InetSocketAddress> allowed;

  /** The system's look-up cannot be interrupted, and would hold a virtual thread's carrier. */
  private final ThreadPoolExecutor threads;

  NameLookup(Resolver resolver, Predicate<InetSocketAddress> allowed) {
    this.resolver = resolver;
    this.allowed = allowed;
    threads =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().daemon().name("vl4j-names-", 0).factory());
    threads.allowCoreThreadTimeOut(true);
  }

  /**
   * Where a URL's host is, in the order in which to try.
   *
   * @throws FetchException if it is unknown, or if one of its addresses may not be connected to;
   *     the message does not say which, because who asks may not know either
   * @throws TimeoutException if it is not found in time
   */
  List<InetSocketAddress> find(HttpUrl url, Deadline deadline)
      throws FetchException, TimeoutException, InterruptedException {
    InetAddress literal = url.literal();
    List<InetSocketAddress> addresses =
        (literal == null ? ask(url.host(), deadline) : List.of(literal))
            .stream().map(address -> new InetSocketAddress(address, url.port())).toList();
    if (addresses.isEmpty() || !addresses.stream().allMatch(allowed)) {
      throw new FetchException("the host is unknown or has no public address");
    }
    return addresses.subList(0, Math.min(MOST_ADDRESSES, addresses.size()));
  }

  private List<InetAddress> ask(String host, Deadline deadline)
      throws TimeoutException, InterruptedException {
    Future<InetAddress[]> answer = threads.submit(() -> resolver.resolve(host));
    try {
      return Arrays.asList(answer.get(deadline.nanos(), TimeUnit.NANOSECONDS));
    } catch (ExecutionException e) {
      if (e.getCause() instanceof UnknownHostException) {
        return List.of();
      }
      throw new IllegalStateException("the look-up of a name failed", e.getCause());
    } finally {
      answer.cancel(true);
    }
  }
}
