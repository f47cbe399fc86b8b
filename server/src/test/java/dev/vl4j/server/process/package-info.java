/** vl4j as a process of its own. */
@org.jspecify.annotations.NullMarked
package dev.vl4j.server.process;
