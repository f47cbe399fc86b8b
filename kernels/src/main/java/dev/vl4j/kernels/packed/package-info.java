/**
 * Packed weights in files, so that the next start need not pack them again.
 *
 * <pre>{@code
 * PackedWeights packing = backend.capability(PackedWeights.class).orElseThrow();
 * String key = checkpoint + packing.layout(OperandFormat.BF16);
 * try (PackedCache cache = PackedCache.open(directory, key)) {
 *   packing.prepareFrom(cache);
 *   ... // prepare the weights
 *   packing.prepareFrom(PreparedStore.NONE);
 *   cache.save("a note for whoever opens the file");
 *   ... // compute, and close the weights
 * }
 * }</pre>
 */
package dev.vl4j.kernels.packed;
