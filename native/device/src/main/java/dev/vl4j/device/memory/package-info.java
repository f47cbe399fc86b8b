/** Memory on a device, and page-locked memory of the host for copies to and from it. */
@org.jspecify.annotations.NullMarked
package dev.vl4j.device.memory;
