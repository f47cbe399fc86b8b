/**
 * Whether a backend computes right on the machine at hand, and how fast, beside PyTorch: the steps
 * of {@code bench/cuda/run.sh}.
 */
@org.jspecify.annotations.NullMarked
package dev.vl4j.bench.proof;
