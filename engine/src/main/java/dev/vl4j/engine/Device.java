package dev.vl4j.engine;

import dev.vl4j.engine.batch.DeviceThread;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.BackendChoice;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.BackendSettings;
import dev.vl4j.kernels.Backends;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;

/**
 * A processor or an accelerator that is open, with its memory and a thread of its own.
 *
 * <p>An engine opens a device for itself, unless {@link ModelOptions#device} gives it one. Several
 * engines may share a device: they take turns on it, and their results are the same to the last bit
 * as those of a device of their own. A device is safe for use by many threads.
 */
public final class Device implements AutoCloseable {
  private final DeviceInfo info;
  private final DeviceThread thread;
  private final Backend backend;
  private final boolean shared;
  private int models;
  private boolean closed;

  private Device(DeviceInfo info, DeviceThread thread, Backend backend, boolean shared) {
    this.info = info;
    this.thread = thread;
    this.backend = backend;
    this.shared = shared;
  }

  /**
   * Opens a device for any number of engines. Whoever opens it closes it after them.
   *
   * @param name as for {@link ModelOptions#backend}, of one device
   * @param threads of the processor to compute with; 0 for one per processor
   * @throws ModelException if it cannot be used, with the reason
   * @throws IllegalArgumentException if the number of threads is negative
   */
  public static Device open(String name, int threads) {
    Objects.requireNonNull(name, "name");
    Arguments.requireAtLeast("threads", threads, 0);
    try {
      return open(Backends.choose(name, BackendSettings.DEFAULT.withThreads(threads)), true);
    } catch (BackendException e) {
      throw new ModelException(String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * Opens devices, each of which is closed with the only model on it.
   *
   * @param name as for {@link ModelOptions#backend}: of one device, or of several
   */
  static List<Device> openEach(String name, int threads) {
    List<Device> devices = new ArrayList<>();
    boolean done = false;
    try {
      for (BackendChoice choice :
          Backends.chooseAll(name, BackendSettings.DEFAULT.withThreads(threads))) {
        devices.add(open(choice, false));
      }
      done = true;
      return devices;
    } catch (BackendException e) {
      throw new ModelException(String.valueOf(e.getMessage()), e);
    } finally {
      if (!done) {
        devices.forEach(Device::close);
      }
    }
  }

  private static Device open(BackendChoice choice, boolean shared) {
    DeviceInfo info =
        new DeviceInfo(choice.name(), choice.device().number(), choice.device().name());
    return open(info, choice::open, shared);
  }

  /**
   * @param opening is called on the device's thread
   */
  private static Device open(DeviceInfo info, Supplier<Backend> opening, boolean shared) {
    DeviceThread thread = new DeviceThread();
    boolean done = false;
    try {
      Device device = new Device(info, thread, thread.call(opening), shared);
      done = true;
      return device;
    } finally {
      if (!done) {
        thread.close();
      }
    }
  }

  /** Its backend, its number and its name. */
  public DeviceInfo info() {
    return info;
  }

  DeviceThread thread() {
    return thread;
  }

  /** To be used on {@link #thread}. */
  Backend backend() {
    return backend;
  }

  /**
   * A model is being opened.
   *
   * @throws IllegalStateException if this device is closed
   */
  synchronized void enter() {
    if (closed) {
      throw new IllegalStateException("the device %s is closed".formatted(info));
    }
    models++;
  }

  /** A model that has entered is closed. */
  void leave() {
    synchronized (this) {
      models--;
    }
    if (!shared) {
      close();
    }
  }

  /**
   * Frees the device. Closing again is harmless.
   *
   * @throws IllegalStateException if a model on it is open, or is still ending after an engine's
   *     {@linkplain Engine#close(java.time.Duration) grace}
   */
  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      if (models > 0) {
        throw new IllegalStateException(
            "%d models are open on the device %s".formatted(models, info));
      }
      closed = true;
    }
    try {
      thread.run(backend::close);
    } finally {
      thread.close();
    }
  }
}
