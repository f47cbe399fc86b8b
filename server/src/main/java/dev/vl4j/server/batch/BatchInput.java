package dev.vl4j.server.batch;

import java.io.InputStream;

/**
 * Where lines come from.
 *
 * @param stream closed by the caller
 * @param name what error messages call it
 * @param bytes how long it is, or 0 if that is not known
 * @param longestLine bytes that a line may have; a longer one is answered with an error
 */
public record BatchInput(InputStream stream, String name, long bytes, int longestLine) {}
