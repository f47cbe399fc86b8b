package dev.vl4j.server.media;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import javax.net.ssl.SSLSocketFactory;

/** Fetches the pictures that requests name by http and https URLs. Safe for many threads. */
public final class MediaFetcher {
  /** URLs that one request may name. */
  private static final int MOST_URLS = 512;

  /** Pictures of one request that are fetched at once. */
  private static final int AT_ONCE = 16;

  /** Pictures of all requests that are fetched at once. */
  private static final int IN_FLIGHT = 64;

  private final MediaSettings settings;
  private final Download download;
  private final Semaphore inFlight;

  public MediaFetcher(MediaSettings settings) {
    this(
        settings,
        InetAddress::getAllByName,
        address -> settings.privateAddresses() || PublicAddresses.contains(address.getAddress()),
        () -> (SSLSocketFactory) SSLSocketFactory.getDefault(),
        new Semaphore(IN_FLIGHT, /* fair= */ true));
  }

  /**
   * @param allowed which addresses may be connected to
   * @param tls asked only for https URLs: the system's takes a while to read its certificates
   * @param inFlight has a permit for each picture that may be fetched at once
   */
  MediaFetcher(
      MediaSettings settings,
      NameLookup.Resolver resolver,
      Predicate<InetSocketAddress> allowed,
      Supplier<SSLSocketFactory> tls,
      Semaphore inFlight) {
    this.settings = settings;
    this.inFlight = inFlight;
    download = new Download(settings, new NameLookup(resolver, allowed), tls);
  }

  /**
   * Fetches pictures, several at once. Nothing is fetched if one of the URLs need not be fetched to
   * see that it cannot; and all is given up with the first that cannot, or if this thread is
   * interrupted.
   *
   * @param bytesFetched is told how many bytes have been fetched each time, by several threads;
   *     what it throws ends all
   * @return the encoded pictures by their URLs
   */
  public Map<String, byte[]> fetch(Collection<String> urls, LongConsumer bytesFetched)
      throws MediaException, InterruptedException {
    Map<String, HttpUrl> wanted = new HashMap<>();
    for (String url : urls) {
      if (!wanted.containsKey(url)) {
        wanted.put(url, checked(url, wanted.size()));
      }
    }
    Map<String, byte[]> pictures = new HashMap<>();
    Budget budget = new Budget(settings.maxTotalBytes(), bytesFetched);
    Semaphore ofRequest = new Semaphore(AT_ONCE);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      CompletionService<Map.Entry<String, byte[]>> running =
          new ExecutorCompletionService<>(threads);
      try {
        wanted.forEach((url, parsed) ->
            running.submit(() -> Map.entry(url, fetch(url, parsed, ofRequest, budget))));
        while (pictures.size() < wanted.size()) {
          Map.Entry<String, byte[]> picture = running.take().get();
          pictures.put(picture.getKey(), picture.getValue());
        }
      } catch (ExecutionException e) {
        switch (e.getCause()) {
          case MediaException failure -> throw failure;
          case RuntimeException failure -> throw failure;
          case Error failure -> throw failure;
          case null, default -> throw new IllegalStateException("fetching failed", e.getCause());
        }
      } finally {
        threads.shutdownNow();
      }
    }
    return pictures;
  }

  private HttpUrl checked(String url, int before) throws MediaException {
    try {
      if (before == MOST_URLS) {
        throw new FetchException("a request may name at most %d URLs".formatted(MOST_URLS));
      }
      return download.checked(HttpUrl.parse(url));
    } catch (FetchException e) {
      throw new MediaException(url, e);
    }
  }

  private byte[] fetch(String url, HttpUrl parsed, Semaphore ofRequest, Budget budget)
      throws MediaException, InterruptedException {
    ofRequest.acquire();
    try {
      if (!inFlight.tryAcquire(settings.timeout().toNanos(), TimeUnit.NANOSECONDS)) {
        throw MediaException.busy(url);
      }
      try {
        return download.of(parsed, budget);
      } catch (FetchException e) {
        throw new MediaException(url, e);
      } finally {
        inFlight.release();
      }
    } finally {
      ofRequest.release();
    }
  }
}
