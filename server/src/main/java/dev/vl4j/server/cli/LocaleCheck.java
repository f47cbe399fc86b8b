package dev.vl4j.server.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether Java read right what this process was started with, which is UTF-8. Java goes by the
 * locale and makes question marks of what does not fit: a text would be ranked that nobody wrote.
 * The launcher sets a locale that fits.
 */
final class LocaleCheck {
  /** Where Linux has all arguments as they were given, each ended by a zero. */
  private static final Path GIVEN = Path.of("/proc/self/cmdline");

  private LocaleCheck() {}

  /**
   * Compares arguments with what was given, where the system tells.
   *
   * @throws CliException if one is another, or no UTF-8, or the current directory's name is lost
   */
  static void check(String[] args) {
    if (!Files.exists(Path.of("").toAbsolutePath())) {
      throw new CliException(
          "the current directory is gone, or has a name that Java cannot read; " + remedy());
    }
    try {
      check(args, Files.readAllBytes(GIVEN));
    } catch (IOException _) {
      // No Linux: nothing is known.
    }
  }

  /**
   * @param given all that the process was started with, {@code args} last
   */
  static void check(String[] args, byte[] given) {
    List<ByteBuffer> all = split(given);
    int before = all.size() - args.length;
    for (int i = 0; before >= 0 && i < args.length; i++) {
      String argument;
      try {
        argument = StandardCharsets.UTF_8.newDecoder().decode(all.get(before + i)).toString();
      } catch (CharacterCodingException e) {
        throw new CliException("argument %d is not UTF-8: %s".formatted(i + 1, args[i]), e);
      }
      if (!argument.equals(args[i])) {
        throw new CliException(
            "argument %d: Java reads \"%s\" instead of \"%s\"; %s"
                .formatted(i + 1, args[i], argument, remedy()));
      }
    }
  }

  private static String remedy() {
    return "the locale's character set is %s, so start with LC_ALL=C.UTF-8 or by the launcher"
        .formatted(System.getProperty("sun.jnu.encoding"));
  }

  private static List<ByteBuffer> split(byte[] given) {
    List<ByteBuffer> parts = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < given.length; i++) {
      if (given[i] == 0) {
        parts.add(ByteBuffer.wrap(given, start, i - start));
        start = i + 1;
      }
    }
    return parts;
  }
}
