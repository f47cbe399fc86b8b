package dev.vl4j.bench.soak;

import dev.vl4j.bench.Arguments;
import dev.vl4j.engine.CachingOptions;
import dev.vl4j.engine.ModelOptions;
import dev.vl4j.engine.Reranker;
import dev.vl4j.server.http.ApiServer;
import dev.vl4j.server.http.Metrics;
import dev.vl4j.server.http.ServerOptions;
import dev.vl4j.server.load.Load;
import dev.vl4j.server.load.LoadCase;
import dev.vl4j.server.load.LoadMix;
import dev.vl4j.server.load.LoadSession;
import dev.vl4j.server.log.EventLog;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * A server of the demonstration model under mixed load and faults, with caches so small that they
 * evict all the time. Every answer is compared, byte by byte, with what its documents got alone.
 * Once a minute memory, open files and threads are read. The exit code is 1 if anything was wrong,
 * hung or grew.
 *
 * <p>Options: {@code --minutes} (120), {@code --clients} (8), {@code --seed} (1).
 */
public final class SoakCommand {
  private static final long CACHE_BYTES = 1 << 20;
  private static final int CASES = 200;

  /** A client that fails begins anew after so long. */
  private static final double TURN_SECONDS = 10;

  private final Tally tally = new Tally();
  private final Vitals vitals = new Vitals();
  private final int clients;
  private final long seed;
  private final long end;
  private final List<Thread> threads = new ArrayList<>();

  private SoakCommand(double minutes, int clients, long seed) {
    this.clients = clients;
    this.seed = seed;
    end = System.nanoTime() + (long) (minutes * 60e9);
  }

  public static void main(String[] arguments) throws IOException, InterruptedException {
    Arguments options = new Arguments(arguments, "minutes", "clients", "seed");
    double minutes = options.number("minutes", 120);
    int clients = options.integer("clients", 8);
    int seed = options.integer("seed", 1);
    System.out.printf("%.0f minutes, %d clients, seed %d%n", minutes, clients, seed);
    if (!new SoakCommand(minutes, clients, seed).run()) {
      System.exit(1);
    }
  }

  /** Whether all was well. */
  private boolean run() throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("vl4j-soak");
    Metrics metrics = new Metrics("demo");
    ServerOptions server = ServerOptions.builder("demo").listen("127.0.0.1", 0).build();
    CachingOptions small =
        CachingOptions.DEFAULT.withPrefixCacheBytes(CACHE_BYTES).withImageCacheBytes(CACHE_BYTES);
    ModelOptions options = ModelOptions.DEFAULT.withCaching(small).withObserver(metrics);
    try (PrintStream nowhere =
            new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        Reranker reranker = Reranker.openDemo(options);
        ApiServer api = ApiServer.start(reranker, server, metrics, EventLog.text(nowhere))) {
      List<LoadCase> cases = LoadMix.cases(reranker, CASES, seed);
      begin(api.port(), reranker, cases, new FullDisk(folder, tally));
      watch();
      for (Thread thread : threads) {
        thread.join(TimeUnit.MINUTES.toMillis(2));
        if (thread.isAlive()) {
          tally.wrong(thread.getName() + " hangs");
        }
      }
    }
    return verdict();
  }

  private void begin(int port, Reranker reranker, List<LoadCase> cases, FullDisk disk) {
    byte[] image = image(cases);
    FaultyClients faulty = new FaultyClients(port, reranker, cases, tally, image);
    repeat("load", random -> load(port, cases, random));
    repeat("reset", faulty::reset);
    repeat("leave", faulty::leave);
    repeat("half", faulty::half);
    repeat("slow-reader", faulty::readSlowly);
    repeat("garbage", faulty::garbage);
    repeat("broken-image", faulty::breakImage);
    repeat("interrupt", faulty::interrupt);
    repeat("hurry", faulty::hurry);
    repeat("cancel", faulty::cancel);
    repeat(
        "full-disk",
        random -> {
          disk.once();
          rest(60_000);
        });
  }

  /** Pauses so many milliseconds, or until the end. */
  private void rest(long millis) throws InterruptedException {
    long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
    Thread.sleep(Math.clamp(left, 0, millis));
  }

  /** Clients that mean well, for a while. */
  private void load(int port, List<LoadCase> cases, Random random) throws InterruptedException {
    Load.Outcome outcome =
        Load.run(cases, clients, TURN_SECONDS, random.nextLong(), () -> LoadSession.ofPort(port));
    for (long _ : outcome.nanos()) {
      tally.count("right answers");
    }
    outcome.failures().forEach(failure -> tally.wrong(failure.toString()));
  }

  /** A file out of some case's body. */
  private static byte[] image(List<LoadCase> cases) {
    String mark = ";base64,";
    for (LoadCase one : cases) {
      String body = new String(one.body(), StandardCharsets.UTF_8);
      int at = body.indexOf(mark);
      if (at >= 0) {
        String data = body.substring(at + mark.length(), body.indexOf('"', at));
        return Base64.getDecoder().decode(data);
      }
    }
    throw new IllegalStateException("no case has an image");
  }

  private interface Turn {
    void once(Random random) throws IOException, InterruptedException;
  }

  /** Does something again and again until the end, with some pause, on a thread of its own. */
  private void repeat(String name, Turn turn) {
    Random random = new Random(seed * 31 + threads.size());
    threads.add(
        Thread.ofPlatform()
            .daemon()
            .name(name)
            .start(() -> {
              while (System.nanoTime() < end) {
                try {
                  turn.once(random);
                  Thread.sleep(random.nextInt(200));
                } catch (IOException e) {
                  tally.count(name + ": " + e.getClass().getSimpleName());
                } catch (InterruptedException e) {
                  return;
                } catch (RuntimeException | Error e) {
                  tally.wrong(name + ": " + e);
                }
              }
            }));
  }

  private void watch() throws IOException, InterruptedException {
    for (int minute = 1; System.nanoTime() < end; minute++) {
      rest(60_000);
      Vitals.Reading reading = vitals.read();
      System.out.printf(
          "minute %d: heap %.1f MB, resident %.0f MB, %.0f files, %.0f threads, %d wrong, %s%n",
          minute,
          reading.heapMegabytes(),
          reading.residentMegabytes(),
          reading.files(),
          reading.threads(),
          tally.wrongs(),
          tally.counts());
    }
  }

  private boolean verdict() {
    List<String> grown = vitals.grown();
    tally.firstWrong().forEach(line -> System.out.println("wrong: " + line));
    grown.forEach(line -> System.out.println("grown: " + line));
    System.out.println(tally.counts());
    boolean well = tally.wrongs() == 0 && grown.isEmpty();
    System.out.println(well ? "all was well" : "not well");
    return well;
  }
}
