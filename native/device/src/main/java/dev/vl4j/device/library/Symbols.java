package dev.vl4j.device.library;

import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** Addresses of a library's functions, by name. */
public interface Symbols {
  /** What messages call the library: its file or soname. */
  String name();

  /** A function's address; empty if the library does not have it. */
  Optional<MemorySegment> find(String symbol);
}
