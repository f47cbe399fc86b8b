/** Connections, requests and answers of HTTP/1: everything that Jetty is needed for. */
@org.jspecify.annotations.NullMarked
package dev.vl4j.server.transport;
