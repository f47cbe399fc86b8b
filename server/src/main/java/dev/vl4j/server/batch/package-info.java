/** Many requests from a file, answered in its order, in a run that can be continued. */
@org.jspecify.annotations.NullMarked
package dev.vl4j.server.batch;
