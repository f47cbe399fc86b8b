package dev.vl4j.server.cli;

import dev.vl4j.engine.Device;
import dev.vl4j.engine.Embedder;
import dev.vl4j.engine.ModelOptions;
import dev.vl4j.engine.Reranker;
import dev.vl4j.server.http.Engines;
import org.jspecify.annotations.Nullable;

/** The engines of a server while it runs, and the device that two of them share. */
final class OpenEngines implements AutoCloseable {
  private @Nullable Device device;
  private @Nullable Reranker reranker;
  private @Nullable Embedder embedder;

  /**
   * Options with the device of the other engine, where there are two and one device.
   *
   * @param two whether there are
   */
  ModelOptions onSameDevice(ModelOptions options, boolean two) {
    if (!two || isSeveral(options.backend())) {
      return options;
    }
    if (device == null) {
      device = Device.open(options.backend(), options.threads());
    }
    return options.withBackend("auto").withDevice(device);
  }

  /** {@code NAME:0,1} and {@code NAME:all}: each engine has replicas on all of them. */
  private static boolean isSeveral(String backend) {
    return backend.contains(",") || backend.endsWith(":all");
  }

  void keep(Reranker opened) {
    reranker = opened;
  }

  void keep(Embedder opened) {
    embedder = opened;
  }

  Engines engines() {
    return new Engines(reranker, embedder);
  }

  @Override
  public void close() {
    try (Device _ = device;
        Embedder _ = embedder;
        Reranker _ = reranker) {
      // They are closed in the opposite order.
    }
  }
}
