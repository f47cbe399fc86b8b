package dev.vl4j.kernels.cpu.emitted;

import dev.vl4j.kernels.cpu.family.WorkerPool;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Shares work out that has two dimensions: blocks, whose operands a worker wants to keep in its
 * cache, and groups, which all blocks pass. A worker takes the groups of one block after each other
 * and stays with the block as long as there are any; different workers start with different blocks,
 * so that they read the same groups at about the same time. Who has finished helps others.
 */
final class WorkShares {
  /** A part of the work. */
  interface Body {
    void run(int block, int group, int worker);
  }

  /** Between counters, so that they do not share a cache line. */
  private static final int SPACING = 32;

  private final int blocks;
  private final int groups;
  private final int workers;
  private final AtomicIntegerArray next;

  WorkShares(int blocks, int groups, int workers) {
    this.blocks = blocks;
    this.groups = groups;
    this.workers = workers;
    next = new AtomicIntegerArray(blocks * SPACING);
  }

  /** How many workers share a block at first. */
  int sharers() {
    return Math.max(1, workers / blocks);
  }

  void run(WorkerPool pool, Body body) {
    pool.run(
        Math.min(workers, blocks * groups),
        (task, worker) -> {
          for (int block = worker; block < blocks; block += workers) {
            drain(block, worker, body);
          }
          for (int i = 0; i < blocks; i++) {
            drain((worker + i) % blocks, worker, body);
          }
        });
  }

  private void drain(int block, int worker, Body body) {
    int counter = block * SPACING;
    for (int group = next.getAndIncrement(counter);
        group < groups;
        group = next.getAndIncrement(counter)) {
      body.run(block, group, worker);
    }
  }
}
