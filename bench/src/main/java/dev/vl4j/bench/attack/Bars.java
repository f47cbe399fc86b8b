package dev.vl4j.bench.attack;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a server must hold to while it is attacked.
 *
 * @param healthP99 milliseconds within which {@code /health} answers in 99 of 100 cases
 * @param healthMost milliseconds within which it always answers
 * @param rerankP99 milliseconds within which a quiet client gets its small ranking
 * @param cpuAfter seconds of processor time for requests whose clients have left
 * @param late seconds by which an answer may miss a request's time limit
 * @param endLate seconds by which the end may miss the grace
 * @param overHeap MB of resident memory beyond the heap
 * @param growth share by which memory may be larger in the end than at the start
 */
record Bars(
    double healthP99,
    double healthMost,
    double rerankP99,
    double cpuAfter,
    double late,
    double endLate,
    double overHeap,
    double growth) {
  /** For two cores of which nobody else takes anything. */
  static final Bars QUIET_MACHINE = new Bars(100, 1000, 1000, 0.2, 0.3, 1, 500, 0.1);

  Bars times(double factor) {
    return new Bars(
        healthP99 * factor,
        healthMost * factor,
        rerankP99 * factor,
        cpuAfter * factor,
        late * factor,
        endLate * factor,
        overHeap * factor,
        growth * factor);
  }

  /** Where an attack's findings are beyond the bars, in words; empty if nowhere. */
  List<String> missed(Findings found, double heapMegabytes) {
    List<String> missed = new ArrayList<>(found.complaints());
    over(missed, "/health p99 ms", found.health().quantile(0.99), healthP99);
    over(missed, "/health most ms", found.health().quantile(1), healthMost);
    over(missed, "rerank p99 ms", found.rerank().quantile(0.99), rerankP99);
    over(
        missed,
        "CPU s after the clients left (" + found.busiest() + ")",
        found.cpuAfter(),
        cpuAfter);
    over(missed, "s over the time limit", found.late(), late);
    over(missed, "s over the grace", found.endLate(), endLate);
    over(missed, "peak MB", found.peakMegabytes(), heapMegabytes + overHeap);
    over(missed, "MB afterwards", found.afterMegabytes(), found.startMegabytes() * (1 + growth));
    faults(missed, "/health", found.health());
    faults(missed, "rerank", found.rerank());
    found
        .statuses()
        .forEach((status, count) -> {
          if (status >= 500 && status != 503 && status != 504) {
            missed.add("%d answers of status %d".formatted(count, status));
          }
        });
    return missed;
  }

  private static void over(List<String> missed, String what, double found, double bar) {
    if (found > bar) {
      missed.add(String.format(Locale.ROOT, "%s: %.2f, at most %.2f", what, found, bar));
    }
  }

  private static void faults(List<String> missed, String what, QuietClient.Seen record) {
    if (!record.faults().isEmpty()) {
      missed.add(
          "%s: %d faults, the first: %s"
              .formatted(what, record.faults().size(), record.faults().getFirst()));
    }
  }
}
