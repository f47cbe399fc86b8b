/** The HTTP server: routes, what happens to every request, metrics. */
@org.jspecify.annotations.NullMarked
package dev.vl4j.server.http;
