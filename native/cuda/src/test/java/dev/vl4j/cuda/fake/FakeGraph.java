package dev.vl4j.cuda.fake;

import java.util.ArrayList;
import java.util.List;

/** What was recorded from a stream. */
record FakeGraph(List<FakeStream.Operation> operations) {
  FakeGraph() {
    this(new ArrayList<>());
  }

  /** A graph that can be launched. */
  record Executable(FakeGraph graph) {}
}
