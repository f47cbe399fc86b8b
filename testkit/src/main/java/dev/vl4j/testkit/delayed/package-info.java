/**
 * A device to test users of backends with: another backend behind a queue, whose operations run
 * later, and that finds misuse.
 *
 * <pre>{@code
 * try (Backend backend = new DelayedBackend(ReferenceBackend::new, 1 << 20, seed)) {
 *   ...
 * }
 * }</pre>
 */
package dev.vl4j.testkit.delayed;
