package dev.vl4j.bench.attack;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Tries one attack on a server of its own, beside a quiet client. */
final class Trial {
  /**
   * How long a trial takes around the attack itself.
   *
   * @param warmSeconds until the compiler is done with what the quiet client needs
   * @param cpuSeconds over which processor time is measured, before the attack and after it
   * @param returnSeconds within which memory is to be given back; Java does so after a pause, see
   *     the launcher's options
   */
  record Pace(int warmSeconds, int cpuSeconds, int returnSeconds) {
    static final Pace FULL = new Pace(5, 3, 40);

    /** Memory is not waited for, so it is not judged. */
    static final Pace BRIEF = new Pace(1, 1, 0);
  }

  private static final long SEED = 20261127;

  private final Attack attack;
  private final double seconds;
  private final String heap;
  private final Pace pace;

  /**
   * @param seconds that the attack lasts
   * @param heap of the server, as Java's {@code -Xmx} takes it
   */
  Trial(Attack attack, double seconds, String heap, Pace pace) {
    this.attack = attack;
    this.seconds = seconds;
    this.heap = heap;
    this.pace = pace;
  }

  Findings run() throws IOException, InterruptedException {
    try (ServerProcess server =
        ServerProcess.start(heap, attack.server().fileLimit(), attack.server().flags())) {
      try (QuietClient quiet = new QuietClient(server.port())) {
        Thread.sleep(pace.warmSeconds * 1000L);
        double before = server.cpuSeconds();
        Thread.sleep(pace.cpuSeconds * 1000L);
        double quietCpu = server.cpuSeconds() - before;
        double start = server.residentMegabytes();
        server.resetPeak();
        quiet.restart();
        Battle battle = new Battle(server.port(), seconds, SEED);
        return attack.end() == Attack.End.TERMINATE
            ? terminated(server, quiet, battle, start)
            : left(server, quiet, battle, start, quietCpu);
      }
    }
  }

  private Findings left(
      ServerProcess server, QuietClient quiet, Battle battle, double start, double quietCpu)
      throws IOException, InterruptedException {
    attack.action().run(battle);
    battle.leave();
    double before = server.isAlive() ? server.cpuSeconds() : 0;
    Thread.sleep(pace.cpuSeconds * 1000L);
    List<String> complaints = new ArrayList<>(battle.complaints());
    if (!server.isAlive()) {
      complaints.add("the server has ended: " + server.output());
      return new Findings(
          quiet.health(), quiet.rerank(), battle.statuses(), complaints, 0, 0, 0, start, 0, 0);
    }
    double cpu = server.cpuSeconds() - before - quietCpu;
    QuietClient.Seen health = quiet.health();
    QuietClient.Seen rerank = quiet.rerank();
    double peak = server.peakMegabytes();
    double after = pace.returnSeconds == 0 ? Double.NaN : settled(server, start);
    double late =
        attack.end() == Attack.End.IN_TIME
            ? battle.slowestSeconds() - EndAttacks.TIME_LIMIT
            : Double.NaN;
    if (attack.end() == Attack.End.IN_TIME && battle.statuses().isEmpty()) {
      complaints.add("nothing was answered at all");
    }
    return new Findings(
        health,
        rerank,
        battle.statuses(),
        complaints,
        Math.max(cpu, 0),
        late,
        Double.NaN,
        start,
        peak,
        after);
  }

  /** Resident memory once it is as at the start, or no longer falls. */
  private double settled(ServerProcess server, double start)
      throws IOException, InterruptedException {
    double least = server.residentMegabytes();
    for (int i = 0; i < pace.returnSeconds && least > start * 1.02; i++) {
      Thread.sleep(1000);
      least = Math.min(least, server.residentMegabytes());
    }
    return least;
  }

  private Findings terminated(ServerProcess server, QuietClient quiet, Battle battle, double start)
      throws IOException, InterruptedException {
    Thread attackers =
        Thread.ofVirtual()
            .start(() -> {
              try {
                attack.action().run(battle);
              } catch (IOException | InterruptedException e) {
                // The server ends meanwhile, which is what this is about.
                battle.leave();
              }
            });
    Thread.sleep(1000);
    QuietClient.Seen health = quiet.health();
    QuietClient.Seen rerank = quiet.rerank();
    double peak = server.peakMegabytes();
    quiet.close();
    long told = System.nanoTime();
    server.terminate();
    boolean ended = server.endsWithin(Duration.ofSeconds(EndAttacks.GRACE + 20));
    double took = (System.nanoTime() - told) / 1e9;
    attackers.interrupt();
    battle.leave();
    List<String> complaints = new ArrayList<>(battle.complaints());
    if (!ended) {
      complaints.add("still alive after %.0f s".formatted(took));
    }
    return new Findings(
        health,
        rerank,
        battle.statuses(),
        complaints,
        Double.NaN,
        Double.NaN,
        took - EndAttacks.GRACE,
        start,
        peak,
        Double.NaN);
  }
}
