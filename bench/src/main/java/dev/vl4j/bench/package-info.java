/** Benchmarks: arithmetic peak, matrix products and whole models. */
@org.jspecify.annotations.NullMarked
package dev.vl4j.bench;
