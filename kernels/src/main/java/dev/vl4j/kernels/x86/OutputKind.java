package dev.vl4j.kernels.x86;

import dev.vl4j.kernels.Activation;

/**
 * What becomes of a product's sums: {@code residual + activation(sum + bias)}, or {@code silu(gate)
 * * up} of a panel's halves. For each kind there is a kernel, see {@link OutputCode#kernel}.
 *
 * @param quantised whether sums are int32, of 8-bit digits
 * @param rounded whether the output is bfloat16 rather than float32. Then rows have room for all of
 *     a panel's columns, and those that do not exist get zeros
 * @param whole whether all of the panel's columns exist in the output
 */
public record OutputKind(
    boolean quantised,
    boolean gated,
    boolean bias,
    Activation activation,
    boolean residual,
    boolean rounded,
    boolean whole) {}
