/**
 * The reference backend: plain loops in float32 that say what each operation is, and that others
 * are tested by.
 *
 * <pre>{@code
 * try (Backend reference = new ReferenceBackend()) {
 *   ...
 * }
 * }</pre>
 */
package dev.vl4j.kernels.reference;
