package dev.vl4j.server.load;

import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.Ranking;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * One request and the only answer to it, made of scores that each document got on its own.
 *
 * @param path of the route
 * @param body JSON
 * @param answer JSON, with {@link #ID} as the request's name and {@link #CREATED} as its time
 * @param works the same work for the engine itself, with its results
 */
@SuppressWarnings("ArrayRecordComponent") // handed through, never compared
public record LoadCase(String path, byte[] body, byte[] answer, List<Work> works) {
  static final String ID = "load-0000000000";
  static final long CREATED = 1_000_000_000;
  private static final byte[] CREATED_FIELD = "\"created\":".getBytes(StandardCharsets.US_ASCII);

  /**
   * One request to the engine.
   *
   * @param ranking what it must result in
   */
  public record Work(Supplier<CompletableFuture<Ranking>> submit, List<RankedDocument> ranking) {}

  public LoadCase {
    works = List.copyOf(works);
  }

  /** The name of the request of some number, as long as {@link #ID}. */
  static String id(long number) {
    return "load-%010d".formatted(number);
  }

  /**
   * Compares an answer, byte by byte.
   *
   * @param id the request's name, which must be the answer's
   * @throws AssertionError if it is another
   */
  void check(String id, int status, byte[] given) {
    byte[] wanted = answer.clone();
    replace(wanted, ID.getBytes(StandardCharsets.US_ASCII), id.getBytes(StandardCharsets.US_ASCII));
    byte[] stamped = given.clone();
    int created = indexOf(stamped, CREATED_FIELD);
    if (created >= 0) {
      byte[] time = Long.toString(CREATED).getBytes(StandardCharsets.US_ASCII);
      int at = created + CREATED_FIELD.length;
      System.arraycopy(time, 0, stamped, at, Math.min(time.length, stamped.length - at));
    }
    if (status != 200 || !Arrays.equals(stamped, wanted)) {
      throw new AssertionError(
          "%s %s: status %d, answer %s, expected %s"
              .formatted(path, id, status, shown(given), shown(wanted)));
    }
  }

  private static void replace(byte[] text, byte[] from, byte[] to) {
    System.arraycopy(to, 0, text, indexOf(text, from), to.length);
  }

  private static int indexOf(byte[] text, byte[] word) {
    for (int at = 0; at + word.length <= text.length; at++) {
      if (Arrays.equals(text, at, at + word.length, word, 0, word.length)) {
        return at;
      }
    }
    return -1;
  }

  private static String shown(byte[] text) {
    return new String(text, 0, Math.min(text.length, 500), StandardCharsets.UTF_8);
  }
}
