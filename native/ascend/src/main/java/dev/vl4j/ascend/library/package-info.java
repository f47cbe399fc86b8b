/** CANN's shared libraries: where they are, and the addresses of their functions. */
@org.jspecify.annotations.NullMarked
package dev.vl4j.ascend.library;
