package dev.vl4j.fuzz;

import java.util.List;
import java.util.stream.Stream;

/** All targets. */
public final class Targets {
  private Targets() {}

  public static List<Target> all() {
    return Stream.of(
            CheckpointTargets.all(),
            ImageTargets.all(),
            MediaTargets.all(),
            RequestTargets.all(),
            List.of(HttpTarget.target()))
        .flatMap(List::stream)
        .toList();
  }

  /** The target of a name. */
  public static Target named(String name) {
    return all().stream()
        .filter(target -> target.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException(
                "no target %s; there are %s"
                    .formatted(name, all().stream().map(Target::name).toList())));
  }
}
