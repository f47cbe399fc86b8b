/** What hostile clients do, tried on a server of our own beside a client that means well. */
@org.jspecify.annotations.NullMarked
package dev.vl4j.bench.attack;
