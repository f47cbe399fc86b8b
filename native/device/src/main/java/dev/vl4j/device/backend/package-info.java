/** What backends on devices share beside memory: handles, forwards, readbacks. */
@org.jspecify.annotations.NullMarked
package dev.vl4j.device.backend;
