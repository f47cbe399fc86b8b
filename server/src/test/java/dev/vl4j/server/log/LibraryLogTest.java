package dev.vl4j.server.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.server.log.Event.Level;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.LogManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Whoever logs, and by whatever, is in the log. */
class LibraryLogTest {
  private final List<Event> events = new ArrayList<>();

  @AfterEach
  void restore() throws IOException {
    LogManager.getLogManager().readConfiguration();
  }

  private static Event event(Level level, String logger, String message) {
    return Event.of(level, logger).with("message", message);
  }

  @Test
  void allWays() {
    LibraryLog.sendTo(events::add);
    IllegalStateException failure = new IllegalStateException("why");
    System.getLogger("dev.vl4j.engine.A").log(System.Logger.Level.INFO, "one {0}", 1);
    System.getLogger("dev.vl4j.engine.A").log(System.Logger.Level.ERROR, "two", failure);
    System.getLogger("dev.vl4j.engine.A").log(System.Logger.Level.DEBUG, "not this");
    LoggerFactory.getLogger("org.eclipse.jetty.B").warn("three {}", 3);
    LoggerFactory.getLogger("org.eclipse.jetty.B").info("nor this");
    java.util.logging.Logger.getLogger("io.C").severe("four");
    java.util.logging.Logger.getLogger("io.C").info("nor this");
    assertThat(events)
        .containsExactly(
            event(Level.INFO, "dev.vl4j.engine.A", "one 1"),
            event(Level.ERROR, "dev.vl4j.engine.A", "two").withFailure(failure),
            event(Level.WARNING, "org.eclipse.jetty.B", "three 3"),
            event(Level.ERROR, "io.C", "four"));
  }

  @Test
  void whatIsPrinted() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    EventLog log = EventLog.text(new PrintStream(out, true, StandardCharsets.UTF_8));
    PrintStream lines = PrintedLines.to(log, Level.INFO, "vl4j");
    lines.print("vl4j: one ");
    lines.println("line");
    lines.println();
    lines.print("\rtwo\r\nnot yet whole");
    assertThat(out.toString(StandardCharsets.UTF_8).lines())
        .satisfiesExactly(
            line -> assertThat(line).endsWith(" level=info logger=vl4j message=\"one line\""),
            line -> assertThat(line).endsWith(" level=info logger=vl4j message=two"));
  }
}
