package dev.vl4j.kernels;

import java.util.List;

/** A provider's capability: it has kernels for several instruction sets and chooses among them. */
public interface InstructionSets {
  /**
   * Every instruction set that there are kernels for, the highest first.
   *
   * @throws BackendException if the property {@code vl4j.cpu.tier} asks for what cannot be had
   */
  List<InstructionSetReport> reports();
}
