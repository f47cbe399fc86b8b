package dev.vl4j.server.api;

import org.jspecify.annotations.Nullable;

/** The body of every answer that is an error. */
public record ErrorAnswer(Detail error) {
  /** What went wrong; {@code code} repeats the HTTP status. */
  public record Detail(String message, String type, @Nullable String param, int code) {}

  public static ErrorAnswer of(ApiException failure) {
    return new ErrorAnswer(
        new Detail(failure.text(), failure.type(), failure.param(), failure.status()));
  }
}
