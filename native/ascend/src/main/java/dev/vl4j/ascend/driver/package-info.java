/** CANN's functions as methods, with every status checked. Knows no tensors. */
@org.jspecify.annotations.NullMarked
package dev.vl4j.ascend.driver;
