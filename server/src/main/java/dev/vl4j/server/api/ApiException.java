package dev.vl4j.server.api;

import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A request that is answered by an error: HTTP status and the body's fields, as vLLM has them. */
public final class ApiException extends RuntimeException {
  private static final long serialVersionUID = 1;
  private static final int MOST_REPORTED = 10;

  private final int status;
  private final String type;
  private final @Nullable String param;
  private final transient List<Violation> violations;

  private ApiException(
      int status,
      String type,
      String message,
      @Nullable String param,
      List<Violation> violations,
      @Nullable Throwable cause) {
    super(message, cause);
    this.status = status;
    this.type = type;
    this.param = param;
    this.violations = List.copyOf(violations);
  }

  /** An error of a kind that has no method of its own. */
  public static ApiException of(int status, String type, String message) {
    return new ApiException(status, type, message, null, List.of(), null);
  }

  /** A body that does not have the form its endpoint wants. */
  static ApiException malformed(List<Violation> violations) {
    int count = violations.size();
    String label = count == 1 ? "error" : "errors";
    StringBuilder message = new StringBuilder("%d validation %s:".formatted(count, label));
    for (Violation violation : violations.subList(0, Math.min(count, MOST_REPORTED))) {
      message.append("\n  ").append(violation.asDictionary());
    }
    if (count > MOST_REPORTED) {
      message.append("\n  ...and %d more %s".formatted(count - MOST_REPORTED, label));
    }
    return new ApiException(
        400, "Bad Request", message.toString(), violations.getFirst().path(), violations, null);
  }

  /** A request of the right form that cannot be answered as asked. */
  public static ApiException badRequest(
      String message, @Nullable String param, @Nullable Throwable cause) {
    return new ApiException(400, "BadRequestError", message, param, List.of(), cause);
  }

  /** A model that is not served here. */
  static ApiException unknownModel(String model) {
    return of(404, "NotFoundError", "The model `%s` does not exist.".formatted(model));
  }

  /** A way to use a model that this one does not have. */
  public static ApiException notImplemented(String api) {
    return of(501, "NotImplementedError", "The model does not support %s API".formatted(api));
  }

  /** The same error, whose message says first where it happened. */
  public ApiException at(String place) {
    return new ApiException(status, type, place + ": " + text(), param, violations, this);
  }

  public int status() {
    return status;
  }

  /** The error in a word or two, such as {@code BadRequestError}. */
  public String type() {
    return type;
  }

  /** The field at fault, if one is. */
  public @Nullable String param() {
    return param;
  }

  /** What is wrong with the body's form; empty if it is something else. */
  public List<Violation> violations() {
    return violations;
  }

  /** What is wrong on one line, as people want to read it. */
  public String summary() {
    return violations.isEmpty()
        ? text()
        : violations.stream().map(Violation::summary).collect(Collectors.joining("; "));
  }

  /** The message; it is never null. */
  public String text() {
    return String.valueOf(getMessage());
  }
}
