/** Requests and answers of vLLM's pooling API as records, read from JSON and written to it. */
@org.jspecify.annotations.NullMarked
package dev.vl4j.server.api;
