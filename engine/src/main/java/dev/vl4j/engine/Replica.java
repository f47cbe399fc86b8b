package dev.vl4j.engine;

import dev.vl4j.engine.batch.Scheduler;
import dev.vl4j.engine.model.Model;
import dev.vl4j.engine.model.ModelForwards;

/**
 * A model on one device. Several replicas of a model share the requests of an engine.
 *
 * @param <R> the result of one prompt
 */
final class Replica<R> implements AutoCloseable {
  private final ModelForwards<R> forwards;
  private final Device device;
  private volatile CacheStatistics prefixes = CacheStatistics.NONE;
  private volatile CacheStatistics images = CacheStatistics.NONE;

  /** What opens a model on a device, on the device's thread. */
  interface Opening<R> {
    ModelForwards<R> on(Device device);
  }

  private Replica(ModelForwards<R> forwards, Device device) {
    this.forwards = forwards;
    this.device = device;
  }

  /**
   * @param device entered already, and left when the replica is closed, or if this fails
   */
  static <R> Replica<R> open(Device device, Opening<R> opening) {
    ModelForwards<R> forwards = null;
    try {
      forwards = device.thread().call(() -> opening.on(device));
      return new Replica<>(forwards, device);
    } finally {
      if (forwards == null) {
        device.leave();
      }
    }
  }

  Model model() {
    return forwards.model();
  }

  DeviceInfo device() {
    return device.info();
  }

  /**
   * Starts to compute requests.
   *
   * @param budget tokens of a forward; 0 for what suits the device
   */
  Scheduler<?, R> schedule(int budget, int mostRequests, Scheduler.Listener listener) {
    device
        .thread()
        .run(() -> {
          forwards.setBudget(budget);
          look();
        });
    return new Scheduler<>(
        forwards,
        device.thread(),
        mostRequests,
        new Scheduler.Listener() {
          @Override
          public void computed(Scheduler.Forward forward) {
            look();
            listener.computed(forward);
          }

          @Override
          public void stopped(IllegalStateException error) {
            listener.stopped(error);
          }
        });
  }

  /** Looks at the caches, on the device's thread. */
  private void look() {
    Model model = forwards.model();
    prefixes =
        new CacheStatistics(model.prefixBytes(), model.maxPrefixBytes(), model.prefixEvictions());
    images = new CacheStatistics(model.imageBytes(), model.maxImageBytes(), model.imageEvictions());
  }

  /** As it was after the last forward. */
  CacheStatistics prefixes() {
    return prefixes;
  }

  /** As it was after the last forward. */
  CacheStatistics images() {
    return images;
  }

  @Override
  public void close() {
    try {
      device.thread().run(forwards::close);
    } finally {
      device.leave();
    }
  }
}
