/** The log: one event a line, in one of two formats, whoever has something to say. */
@org.jspecify.annotations.NullMarked
package dev.vl4j.server.log;
