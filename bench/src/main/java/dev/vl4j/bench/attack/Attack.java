package dev.vl4j.bench.attack;

import java.io.IOException;
import java.util.List;

/**
 * One thing that hostile or broken clients do.
 *
 * @param name what the command line calls it
 * @param story what is sent, in a few words
 * @param server what kind of server it is tried on
 * @param end what is held against the server besides what a quiet client sees
 * @param preparation makes what is sent, which may take seconds, before there is a server
 */
record Attack(String name, String story, Setting server, End end, Preparation preparation) {
  /** What comes before an attack. */
  @FunctionalInterface
  interface Preparation {
    Action prepare() throws IOException;
  }

  /** What an attack's clients do; it returns when the time of the battle is over, or before. */
  @FunctionalInterface
  interface Action {
    void run(Battle battle) throws IOException, InterruptedException;
  }

  /**
   * A server.
   *
   * @param flags options of {@code vl4j serve}
   * @param fileLimit its limit on open files; 0 for the system's
   */
  record Setting(List<String> flags, int fileLimit) {
    static final Setting PLAIN = new Setting(List.of(), 0);
  }

  /** What an attack is judged by in the end. */
  enum End {
    /** The clients leave, and the server must be as before. */
    LEAVE,
    /** The server is told to end while the attack goes on. */
    TERMINATE,
    /** Every request must have been answered within the server's time limit. */
    IN_TIME
  }

  static Attack of(String name, String story, Action action) {
    return prepared(name, story, () -> action);
  }

  static Attack prepared(String name, String story, Preparation preparation) {
    return new Attack(name, story, Setting.PLAIN, End.LEAVE, preparation);
  }

  Attack on(Setting other) {
    return new Attack(name, story, other, end, preparation);
  }

  Attack judgedBy(End other) {
    return new Attack(name, story, server, other, preparation);
  }
}
