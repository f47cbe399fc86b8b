package dev.vl4j.cuda.kernel;

/** Something that runs kernels, in the order in which they are launched. */
public interface Launcher {
  /**
   * Enqueues a kernel.
   *
   * @param kernel its name in the sources
   * @param blocks of the grid, which has one dimension, at least 1
   * @param threads of a block, which has one dimension
   * @param sharedBytes dynamic shared memory of a block
   * @param arguments are read before this returns
   */
  void launch(String kernel, int blocks, int threads, int sharedBytes, Arguments arguments);
}
