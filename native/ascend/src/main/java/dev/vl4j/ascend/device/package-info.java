/** An NPU with its one stream. */
@org.jspecify.annotations.NullMarked
package dev.vl4j.ascend.device;
