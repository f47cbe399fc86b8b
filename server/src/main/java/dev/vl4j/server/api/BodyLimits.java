package dev.vl4j.server.api;

import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.RequestLimits;
import java.util.function.LongConsumer;

/**
 * How much a body may hold, and what is told how much of it there is.
 *
 * @param limits of the request that the body asks for
 * @param memory is told how many bytes the values take that are read, beyond those of the body
 *     itself; it ends the reading with {@link OverloadedException}
 */
public record BodyLimits(RequestLimits limits, LongConsumer memory) {
  /** Those of a request, for bodies that are no stranger's. */
  public static BodyLimits of(RequestLimits limits) {
    return new BodyLimits(limits, _ -> {});
  }
}
