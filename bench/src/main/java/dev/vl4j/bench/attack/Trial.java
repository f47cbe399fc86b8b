package dev.vl4j.bench.attack;

import dev.vl4j.bench.ProcessMemory;
import dev.vl4j.server.process.JavaCommand;
import dev.vl4j.server.process.ServerProcess;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Tries one attack on a server of its own, beside a quiet client. */
final class Trial {
  /**
   * How long a trial takes around the attack itself.
   *
   * @param warmSeconds of ordinary work before all
   * @param pauseSeconds after it, in which Java gives memory back: see the launcher's options
   * @param cpuSeconds over which processor time is measured, before the attack and after it
   * @param returnSeconds within which memory is to be given back after the attack
   */
  record Pace(int warmSeconds, int pauseSeconds, int cpuSeconds, int returnSeconds) {
    static final Pace FULL = new Pace(8, 20, 3, 40);

    /** Memory is not waited for, so it is not judged. */
    static final Pace BRIEF = new Pace(1, 0, 1, 0);
  }

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
    Attack.Action action = attack.preparation().prepare();
    try (ServerProcess server = ServerProcess.start(command());
        QuietClient quiet = new QuietClient(server.port())) {
      ProcessMemory memory = ProcessMemory.of(server.handle());
      OrdinaryWork.run(server.port(), pace.warmSeconds);
      quiet.rest();
      Thread.sleep(pace.pauseSeconds * 1000L);
      double start = residentMegabytes(server);
      quiet.goOn();
      double quietCpu = used(server).work();
      memory.resetPeak();
      quiet.restart();
      Battle battle = new Battle(server.port(), seconds);
      return attack.end() == Attack.End.TERMINATE
          ? terminated(action, server, memory, quiet, battle, start)
          : left(action, server, memory, quiet, battle, start, quietCpu);
    }
  }

  private JavaCommand command() {
    List<String> java = new ArrayList<>(JavaCommand.LAUNCHER_OPTIONS);
    java.addAll(
        List.of("-Xmx" + heap, "-Djava.awt.headless=true", "-Dslf4j.internal.verbosity=ERROR"));
    int files = attack.server().fileLimit();
    return JavaCommand.serveDemo(attack.server().flags().toArray(String[]::new))
        .withOptions(java)
        .withShell(files == 0 ? "" : "ulimit -n " + files + "; ");
  }

  /** What a server's threads use in a while. */
  private ThreadTimes used(ServerProcess server) throws IOException, InterruptedException {
    ThreadTimes before = ThreadTimes.of(server.handle());
    Thread.sleep(pace.cpuSeconds * 1000L);
    return ThreadTimes.of(server.handle()).since(before);
  }

  private Findings left(
      Attack.Action action,
      ServerProcess server,
      ProcessMemory memory,
      QuietClient quiet,
      Battle battle,
      double start,
      double quietCpu)
      throws IOException, InterruptedException {
    action.run(battle);
    battle.leave();
    ThreadTimes used = used(server);
    List<String> complaints = new ArrayList<>(battle.complaints());
    if (!server.handle().isAlive()) {
      complaints.add("the server has ended: " + String.join("\n", server.lines()));
      return new Findings(
          quiet.health(), quiet.rerank(), battle.statuses(), complaints, 0, "", 0, 0, start, 0, 0);
    }
    QuietClient.Seen health = quiet.health();
    QuietClient.Seen rerank = quiet.rerank();
    double peak = memory.peak() / 1e6;
    quiet.rest();
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
        Math.max(used.work() - quietCpu, 0),
        used.busiest(),
        late,
        Double.NaN,
        start,
        peak,
        after);
  }

  /** Resident memory once it is as at the start, or no longer falls. */
  private double settled(ServerProcess server, double start)
      throws IOException, InterruptedException {
    double least = residentMegabytes(server);
    for (int i = 0; i < pace.returnSeconds && least > start * 1.02; i++) {
      Thread.sleep(1000);
      least = Math.min(least, residentMegabytes(server));
    }
    return least;
  }

  /** Of the server and of all that it has started. */
  private static double residentMegabytes(ServerProcess server) throws IOException {
    long bytes = ProcessMemory.of(server.handle()).resident();
    for (ProcessHandle started : server.handle().descendants().toList()) {
      try {
        bytes += ProcessMemory.of(started).resident();
      } catch (IOException _) {
        // It has ended.
      }
    }
    return bytes / 1e6;
  }

  private Findings terminated(
      Attack.Action action,
      ServerProcess server,
      ProcessMemory memory,
      QuietClient quiet,
      Battle battle,
      double start)
      throws IOException, InterruptedException {
    Thread attackers =
        Thread.ofVirtual()
            .start(() -> {
              try {
                action.run(battle);
              } catch (IOException | InterruptedException e) {
                // The server ends meanwhile, which is what this is about.
                battle.leave();
              }
            });
    Thread.sleep(1000);
    QuietClient.Seen health = quiet.health();
    QuietClient.Seen rerank = quiet.rerank();
    double peak = memory.peak() / 1e6;
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
        "",
        Double.NaN,
        took - EndAttacks.GRACE,
        start,
        peak,
        Double.NaN);
  }
}
