package dev.vl4j.cuda.kernel;

import java.util.function.Consumer;

/** What all parts of {@link KernelContract} are made of. */
interface KernelComparison {
  /** Runs a program on all devices, of the first target if there are several. */
  void compare(String what, Consumer<Workbench> program);
}
