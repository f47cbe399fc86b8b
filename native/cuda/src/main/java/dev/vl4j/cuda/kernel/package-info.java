/**
 * The CUDA sources (in the resources of this package's name), how they become machine code, and one
 * method for each kernel.
 */
@NullMarked
package dev.vl4j.cuda.kernel;

import org.jspecify.annotations.NullMarked;
