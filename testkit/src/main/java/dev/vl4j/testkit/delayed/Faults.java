package dev.vl4j.testkit.delayed;

import dev.vl4j.kernels.BackendException;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * What goes wrong on a {@link DelayedBackend}. Allocations are counted from 1 on, and so are
 * operations; both since the faults were set.
 */
public interface Faults {
  /** Nothing goes wrong. */
  Faults NONE = new Faults() {};

  /**
   * Whether an allocation fails for lack of memory, whatever there is of it. Asked by the thread
   * that allocates.
   *
   * @param operation as {@link dev.vl4j.kernels.Backend} and {@link dev.vl4j.kernels.Forward} name
   *     it
   */
  default boolean failsAllocation(String operation, long number) {
    return false;
  }

  /**
   * What the device fails with as it does an operation, or null if it does not. A {@link
   * dev.vl4j.kernels.DeviceLostException} fails all later operations, too. Asked by the device's
   * thread.
   */
  default @Nullable BackendException failure(String operation, long number) {
    return null;
  }

  /** One allocation fails. */
  static Faults ofAllocation(long which) {
    return new Faults() {
      @Override
      public boolean failsAllocation(String operation, long number) {
        return number == which;
      }
    };
  }

  /**
   * Some allocations fail.
   *
   * @param probability of each
   * @param most is counted down to 0 with each of them
   */
  static Faults ofAllocations(Random random, double probability, AtomicLong most) {
    return new Faults() {
      @Override
      public boolean failsAllocation(String operation, long number) {
        synchronized (random) {
          return random.nextDouble() < probability && most.getAndDecrement() > 0;
        }
      }
    };
  }

  /** One operation fails, later, on the device. */
  static Faults ofOperation(long which) {
    return ofOperation(
        which, new BackendException("operation %d was made to fail".formatted(which)));
  }

  /** One operation fails, later, on the device. */
  static Faults ofOperation(long which, BackendException failure) {
    return new Faults() {
      @Override
      public @Nullable BackendException failure(String operation, long number) {
        return number == which ? failure : null;
      }
    };
  }
}
