package dev.vl4j.engine;

import dev.vl4j.engine.batch.DeviceThread;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.BackendChoice;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.BackendSettings;
import dev.vl4j.kernels.Backends;
import java.util.function.Supplier;

/**
 * What models compute on: a processor or an accelerator, with its memory and a thread of its own.
 * Several models may share one. Safe for use by many threads.
 */
public final class Device implements AutoCloseable {
  private final EngineDevice name;
  private final DeviceThread thread;
  private final Backend backend;
  private int models;
  private boolean closed;

  private Device(EngineDevice name, DeviceThread thread, Backend backend) {
    this.name = name;
    this.thread = thread;
    this.backend = backend;
  }

  /**
   * Opens a device.
   *
   * @param name {@code auto}, the name of a backend, or {@code NAME:DEVICE}
   * @param threads of the processor to compute with; 0 for as many as it has
   * @throws ModelException if it cannot be used, with the reason
   */
  public static Device open(String name, int threads) {
    try {
      BackendChoice choice = Backends.choose(name, BackendSettings.DEFAULT.withThreads(threads));
      EngineDevice named =
          new EngineDevice(choice.name(), choice.device().number(), choice.device().name());
      return with(named, choice::open);
    } catch (BackendException e) {
      throw new ModelException(String.valueOf(e.getMessage()), e);
    }
  }

  /**
   * A device that computes on a backend.
   *
   * @param opening is called on the device's thread
   */
  static Device with(EngineDevice name, Supplier<Backend> opening) {
    DeviceThread thread = new DeviceThread();
    boolean done = false;
    try {
      Device device = new Device(name, thread, thread.call(opening));
      done = true;
      return device;
    } finally {
      if (!done) {
        thread.close();
      }
    }
  }

  /** Name for people, with what is in use: {@code cpu (Vector API, 512 bit, ...)}. */
  public String description() {
    return backend.description();
  }

  /** Its backend and its number. */
  public EngineDevice name() {
    return name;
  }

  DeviceThread thread() {
    return thread;
  }

  /** To be used on {@link #thread}. */
  Backend backend() {
    return backend;
  }

  /** A model is being opened. */
  synchronized void enter() {
    if (closed) {
      throw new IllegalStateException("this device is closed");
    }
    models++;
  }

  /** A model is closed. */
  synchronized void leave() {
    models--;
  }

  /**
   * Frees the device. Closing twice is harmless.
   *
   * @throws IllegalStateException if a model on it is open
   */
  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      if (models > 0) {
        throw new IllegalStateException("%d models are open on this device".formatted(models));
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
