package dev.vl4j.server.cli;

import dev.vl4j.loader.Checkpoint;
import dev.vl4j.loader.StoredTensor;

/**
 * Memory that a model's weights take while it is open.
 *
 * <p>Tables of token rows ({@code embed_tokens}, {@code lm_head}) stay in the mapped file, as large
 * as they are stored. Every other tensor is copied into the layout the kernels read, in as many
 * bytes as it is stored in. The activations of a request come on top.
 *
 * @param packed bytes of the copies
 * @param mapped bytes of the tables
 */
record MemoryEstimate(long packed, long mapped) {
  static MemoryEstimate of(Checkpoint checkpoint) {
    long packed = 0;
    long mapped = 0;
    for (String name : checkpoint.names()) {
      StoredTensor tensor = checkpoint.tensor(name);
      if (isTable(name)) {
        mapped += tensor.data().byteSize();
      } else {
        packed += tensor.data().byteSize();
      }
    }
    return new MemoryEstimate(packed, mapped);
  }

  private static boolean isTable(String name) {
    return name.endsWith("embed_tokens.weight") || name.endsWith("lm_head.weight");
  }
}
