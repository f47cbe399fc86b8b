package dev.vl4j.bench.attack;

import java.util.List;
import java.util.Map;

/**
 * What was seen during an attack and after it. A number that an attack does not ask for is NaN.
 *
 * @param health what the quiet client saw of {@code /health}
 * @param rerank what it saw of its rankings
 * @param statuses how often the attackers got which status; 0 is a connection that was closed
 * @param complaints what was wrong in any case
 * @param cpuAfter seconds of processor time after the attackers left, beyond what the quiet client
 *     costs and without Java's compilers
 * @param busiest the threads that used the most of it, in words
 * @param late seconds by which the slowest answer missed the time limit
 * @param endLate seconds by which the process outlived its grace
 * @param startMegabytes resident before the attack
 * @param peakMegabytes resident at most
 * @param afterMegabytes resident once it was over
 */
record Findings(
    QuietClient.Seen health,
    QuietClient.Seen rerank,
    Map<Integer, Integer> statuses,
    List<String> complaints,
    double cpuAfter,
    String busiest,
    double late,
    double endLate,
    double startMegabytes,
    double peakMegabytes,
    double afterMegabytes) {}
