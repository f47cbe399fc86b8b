/** What simulated devices have in common. */
@org.jspecify.annotations.NullMarked
package dev.vl4j.device.fake;
