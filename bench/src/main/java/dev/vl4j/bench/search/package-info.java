/** Search over a large folder: an index whose making is killed, and what answers take. */
@org.jspecify.annotations.NullMarked
package dev.vl4j.bench.search;
