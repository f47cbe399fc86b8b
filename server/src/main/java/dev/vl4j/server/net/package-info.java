/** Addresses of the Internet. */
@org.jspecify.annotations.NullMarked
package dev.vl4j.server.net;
