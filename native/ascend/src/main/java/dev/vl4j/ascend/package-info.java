/** The backend for Ascend NPUs. */
@org.jspecify.annotations.NullMarked
package dev.vl4j.ascend;
