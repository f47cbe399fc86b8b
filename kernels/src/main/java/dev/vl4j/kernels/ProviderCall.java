package dev.vl4j.kernels;

import java.util.ServiceConfigurationError;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Calls of providers, which anybody may have written: what goes wrong is told in words. */
final class ProviderCall {
  private static final String SERVICE_PREFIX = BackendProvider.class.getName() + ": ";

  private ProviderCall() {}

  /**
   * A provider's answer.
   *
   * @throws BackendException with the reason alone if there is none, whatever the provider throws
   */
  static <T> T ask(Supplier<? extends @Nullable T> question) {
    T answer;
    try {
      answer = question.get();
    } catch (Throwable e) { // of a stranger's code, one of many that are asked
      if (e instanceof VirtualMachineError && !(e instanceof StackOverflowError)) {
        throw e;
      }
      throw new BackendException(reason(e), e);
    }
    if (answer == null) {
      throw new BackendException("the provider answers null");
    }
    return answer;
  }

  /** What went wrong, in words. */
  static String reason(Throwable failure) {
    String message = failure.getMessage();
    Throwable cause = failure.getCause();
    return switch (failure) {
      case ExceptionInInitializerError e when cause != null -> reason(cause);
      case NoClassDefFoundError e when message != null && !message.contains(" ") ->
          "class %s is missing".formatted(message.replace('/', '.'));
      case ServiceConfigurationError e when message != null -> {
        String said =
            message.startsWith(SERVICE_PREFIX)
                ? message.substring(SERVICE_PREFIX.length())
                : message;
        yield cause == null ? said : said + ": " + reason(cause);
      }
      case BackendException e when message != null -> message;
      default -> failure.getClass().getName() + (message == null ? "" : ": " + message);
    };
  }
}
