/** CANN's operators as methods on views of memory. Knows no models. */
@org.jspecify.annotations.NullMarked
package dev.vl4j.ascend.operator;
