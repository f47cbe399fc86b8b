/** A server under mixed load and faults for hours: does anything grow, hang or go wrong? */
@org.jspecify.annotations.NullMarked
package dev.vl4j.bench.soak;
