package dev.vl4j.bench.attack;

import dev.vl4j.bench.Arguments;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Attacks a server that it starts itself, at loopback addresses only and for a bounded time, one
 * attack after another, and prints what a quiet client beside it saw. The exit code is 1 if the
 * server missed a bar.
 *
 * <p>Options: {@code --attacks NAME,...} (all), {@code --seconds} (8) of each, {@code --heap} (1g)
 * of each server, {@code --slack} (1) by which the bars are multiplied, for machines that others
 * use, {@code --list}.
 */
public final class AttackCommand {
  private AttackCommand() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    Arguments options =
        new Arguments(Set.of("list"), arguments, "attacks", "seconds", "heap", "slack");
    List<Attack> attacks = all();
    if (options.has("list")) {
      attacks.forEach(attack -> System.out.printf("%-18s %s%n", attack.name(), attack.story()));
      return;
    }
    if (options.has("attacks")) {
      attacks = chosen(attacks, options.string("attacks", ""));
    }
    Bars bars = Bars.QUIET_MACHINE.times(options.number("slack", 1));
    double seconds = options.number("seconds", 8);
    String heap = options.string("heap", "1g");
    List<String> missed = run(attacks, seconds, heap, Trial.Pace.FULL, bars, System.out);
    if (!missed.isEmpty()) {
      System.out.println(missed.size() + " bars missed");
      System.exit(1);
    }
    System.out.println("all bars held");
  }

  /** Every attack there is. */
  static List<Attack> all() {
    return Stream.of(
            TextAttacks.all(), ImageAttacks.all(), ConnectionAttacks.all(), EndAttacks.all())
        .flatMap(List::stream)
        .toList();
  }

  static List<Attack> chosen(List<Attack> attacks, String names) {
    List<String> wanted = Arrays.asList(names.split(",", -1));
    List<String> known = attacks.stream().map(Attack::name).toList();
    for (String name : wanted) {
      if (!known.contains(name)) {
        throw new IllegalArgumentException(
            "--attacks: expected some of " + known + ", found " + name);
      }
    }
    return attacks.stream().filter(attack -> wanted.contains(attack.name())).toList();
  }

  /** Tries attacks and prints a row for each; returns the bars that were missed, in words. */
  static List<String> run(
      List<Attack> attacks,
      double seconds,
      String heap,
      Trial.Pace pace,
      Bars bars,
      PrintStream out)
      throws IOException, InterruptedException {
    List<String> missed = new ArrayList<>();
    out.println(
        "| attack | /health ms: p50, p99, most | rerank ms: p50, p99, most | CPU s after | late s |"
            + " MB: start, peak, after | answers | held |");
    out.println("|---|---|---|---|---|---|---|---|");
    for (Attack attack : attacks) {
      Findings found = new Trial(attack, seconds, heap, pace).run();
      List<String> beyond = bars.missed(found, megabytes(heap));
      out.println(row(attack, found, beyond.isEmpty()));
      beyond.forEach(line -> {
        out.println("    " + attack.name() + ": " + line);
        missed.add(attack.name() + ": " + line);
      });
      out.flush();
    }
    return missed;
  }

  private static String row(Attack attack, Findings found, boolean held) {
    String statuses =
        found.statuses().entrySet().stream()
            .map(entry -> entry.getKey() + " x " + entry.getValue())
            .collect(Collectors.joining(", "));
    double late = Double.isNaN(found.late()) ? found.endLate() : found.late();
    return String.format(
        Locale.ROOT,
        "| %s | %s | %s | %s | %s | %.0f, %.0f, %s | %s | %s |",
        attack.name(),
        millis(found.health()),
        millis(found.rerank()),
        number("%.2f", found.cpuAfter()),
        number("%.2f", late),
        found.startMegabytes(),
        found.peakMegabytes(),
        number("%.0f", found.afterMegabytes()),
        statuses,
        held ? "yes" : "NO");
  }

  private static String millis(QuietClient.Seen record) {
    return String.format(
        Locale.ROOT,
        "%.1f, %.1f, %.1f",
        record.quantile(0.5),
        record.quantile(0.99),
        record.quantile(1));
  }

  private static String number(String format, double value) {
    return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, format, value);
  }

  private static double megabytes(String heap) {
    double number = Double.parseDouble(heap.substring(0, heap.length() - 1));
    return switch (heap.charAt(heap.length() - 1)) {
      case 'g' -> number * 1073.741824;
      case 'm' -> number * 1.048576;
      default ->
          throw new IllegalArgumentException("--heap: expected as 1g or 512m, found " + heap);
    };
  }
}
