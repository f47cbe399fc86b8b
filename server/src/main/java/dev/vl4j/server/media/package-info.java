/**
 * Fetches pictures that requests name by http and https URLs, from where that is allowed.
 *
 * <p>A URL comes from whoever sends a request, and this process can reach what they cannot. So the
 * address of each hop is looked up once, checked, and connected to as it was checked.
 */
@org.jspecify.annotations.NullMarked
package dev.vl4j.server.media;
