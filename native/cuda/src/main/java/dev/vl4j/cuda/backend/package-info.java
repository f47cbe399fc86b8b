/** The backend: what the contract of {@code dev.vl4j.kernels} means on a GPU. */
@org.jspecify.annotations.NullMarked
package dev.vl4j.cuda.backend;
