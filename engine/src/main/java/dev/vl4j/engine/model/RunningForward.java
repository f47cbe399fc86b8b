package dev.vl4j.engine.model;

import dev.vl4j.engine.batch.Forwards;
import dev.vl4j.engine.batch.SpoiltForwardException;
import dev.vl4j.engine.model.head.Head;
import dev.vl4j.kernels.Forward;
import dev.vl4j.kernels.Readback;
import java.util.List;

/** A forward of a model that the device has been given. */
final class RunningForward<R> implements Forwards.Running<R> {
  private final Model model;
  private final Head<R> head;
  private final Forward forward;
  private final Readback hidden;
  private final Computation computation;
  private final List<Computation> needed;

  /**
   * @param hidden [scored, hidden], final hidden states
   * @param computation its own fate
   * @param needed those whose results it reads
   */
  RunningForward(
      Model model,
      Head<R> head,
      Forward forward,
      Readback hidden,
      Computation computation,
      List<Computation> needed) {
    this.model = model;
    this.head = head;
    this.forward = forward;
    this.hidden = hidden;
    this.computation = computation;
    this.needed = needed;
  }

  @Override
  public boolean isDone() {
    return hidden.isDone();
  }

  @Override
  public List<R> finish() {
    boolean done = false;
    try (forward) {
      float[] states = hidden.await();
      if (needed.stream().anyMatch(Computation::hasFailed)) {
        throw new SpoiltForwardException();
      }
      List<R> results = head.results(states);
      done = true;
      return results;
    } finally {
      if (!done) {
        // What is no number, say, must not be used again.
        computation.fail();
        model.discardFailed();
      }
    }
  }
}
