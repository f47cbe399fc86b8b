/** Vectors in the files that other programs read: arrays and tables, made of rows in JSON Lines. */
@org.jspecify.annotations.NullMarked
package dev.vl4j.server.vectors;
