package dev.vl4j.engine;

/**
 * Is told what an engine does, for metrics and logs.
 *
 * <p>The engine calls the methods on its own threads, several of them at once where there are
 * several devices. They wait meanwhile, so the methods must return quickly. None may close the
 * engine. What they throw is logged and dropped.
 */
public interface EngineObserver {
  /** Ignores everything. */
  EngineObserver NONE = new EngineObserver() {};

  /** A forward has ended; by default, nothing is done about it. */
  default void forwardFinished(ForwardReport report) {}

  /** A request was answered; by default, nothing is done about it. */
  default void requestFinished(RequestReport report) {}

  /**
   * An error has ended the engine's work: {@link Engine#isAlive} is false from now on, and the
   * requests in flight have failed. By default, nothing is done about it.
   */
  default void engineStopped(Throwable error) {}
}
