package dev.vl4j.server.transport;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How an exchange ended.
 *
 * @param status of the answer; 499 if the client did not wait for it
 * @param reason why the request failed, if it did
 * @param bytesIn of the body
 * @param bytesOut of the answer's body
 * @param time since the request's first byte
 * @param cut whether the server ended before there was an answer
 */
public record Outcome(
    int status, @Nullable String reason, long bytesIn, long bytesOut, Duration time, boolean cut) {}
