/** A GPU, its memory, and the host memory that copies go through. */
@org.jspecify.annotations.NullMarked
package dev.vl4j.cuda.device;
