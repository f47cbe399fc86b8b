package dev.vl4j.kernels.aarch64;

import java.util.List;

/** A function of machine code. Addresses that it gets are the caller's to keep valid. */
interface Kernel {
  void call(long first, long second, long third, long fourth);

  /** Makes functions callable. */
  interface Loader {
    /** In order. */
    List<Kernel> load(List<byte[]> functions);
  }
}
