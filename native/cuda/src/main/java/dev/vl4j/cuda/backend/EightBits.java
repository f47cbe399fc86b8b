package dev.vl4j.cuda.backend;

import dev.vl4j.cuda.driver.CudaException;
import dev.vl4j.kernels.Backend;
import dev.vl4j.kernels.OperandFormat;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Which formats of 8 bits a device multiplies rightly. What libraries make of them has changed from
 * version to version and from card to card, so a small product is looked at when somebody first
 * asks for a format, and not before: most never do.
 */
final class EightBits {
  private enum State {
    /** It is being tried, or was right. */
    USED,
    /** This card or this library does not have it. */
    MISSING
  }

  private final CudaBackend backend;
  private final Session session;
  private final LinearLayers layers;
  private final Map<OperandFormat, State> states = new EnumMap<>(OperandFormat.class);

  EightBits(CudaBackend backend, Session session, LinearLayers layers) {
    this.backend = backend;
    this.session = session;
    this.layers = layers;
  }

  /** Whether products in a format are right here. The first time, that takes some products. */
  boolean has(OperandFormat format) {
    State known = states.get(format);
    if (known != null) {
      return known == State.USED;
    }
    session.enter();
    // The products that are looked at are made by a backend that has the format.
    states.put(format, State.USED);
    State found = null; // also after a failure that says nothing of the format
    try {
      found = isRight(format) ? State.USED : State.MISSING;
    } finally {
      if (found == null) {
        states.remove(format);
      } else {
        states.put(format, found);
      }
    }
    if (found == State.USED) {
      backend.checkRows(List.of(format));
    }
    return found == State.USED;
  }

  private boolean isRight(OperandFormat format) {
    if (format == OperandFormat.INT8) {
      return passes(Int8Check::isRight);
    }
    if (!session.target().e4m3()) {
      return false;
    }
    for (E4m3Layers.Scaling scaling : E4m3Layers.Scaling.values()) {
      layers.e4m3().use(scaling);
      if (passes(E4m3Check::isRight)) {
        return true;
      }
    }
    return false;
  }

  /** A library that has no such product, or no way to scale it, says so by a status. */
  private boolean passes(Predicate<Backend> check) {
    try {
      return check.test(backend);
    } catch (CudaException e) {
      return false;
    }
  }
}
