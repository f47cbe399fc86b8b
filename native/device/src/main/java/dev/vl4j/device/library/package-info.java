/** Shared libraries of vendors, opened and asked for functions. */
@org.jspecify.annotations.NullMarked
package dev.vl4j.device.library;
