/** Many clients at once, each of whose answers is compared with what it must be. */
@org.jspecify.annotations.NullMarked
package dev.vl4j.server.load;
