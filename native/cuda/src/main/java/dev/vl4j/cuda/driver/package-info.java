/**
 * CUDA's functions as Java calls them: each status is checked, each failure names the operation.
 */
@org.jspecify.annotations.NullMarked
package dev.vl4j.cuda.driver;
