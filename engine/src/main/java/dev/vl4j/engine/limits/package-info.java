/** What bounds the preparation of a request: time, cancellation, memory. */
package dev.vl4j.engine.limits;
