package dev.vl4j.engine.prompt;

import ai.djl.engine.EngineException;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.ModelException;
import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.loader.IoReason;
import dev.vl4j.loader.JsonReason;
import dev.vl4j.loader.LfsPointer;
import dev.vl4j.loader.LoaderException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/**
 * A byte-level BPE tokenizer read from a tokenizer.json.
 *
 * <p>Hugging Face's library does the normalising, splitting and merging. It never sees the added
 * tokens: those are matched here, so that text is turned into a control token only where the caller
 * asks for it. Text is never truncated. Safe for use by many threads.
 */
public final class Tokenizer implements AutoCloseable {
  private static final TokenizersLibrary NATIVE = TokenizersLibrary.LIB;

  /** Chars of one prompt that a Java string can hold whatever they are. */
  private static final int MOST_CHARS = 1 << 29;

  private final Path file;
  private final AddedTokens addedTokens;
  private final TextCuts cuts;
  private final HuggingFaceTokenizer bpe;
  private final ReadWriteLock lock = new ReentrantReadWriteLock(); // closing frees native memory
  private boolean closed;

  /** Few ask for the text of tokens, so it is read when somebody does. */
  private @Nullable TokenTexts texts;

  private Tokenizer(Path file, AddedTokens addedTokens, TextCuts cuts, HuggingFaceTokenizer bpe) {
    this.file = file;
    this.addedTokens = addedTokens;
    this.cuts = cuts;
    this.bpe = bpe;
  }

  /**
   * Reads a tokenizer.json.
   *
   * @throws ModelException naming the file if it is missing, broken or not supported
   */
  public static Tokenizer open(Path tokenizerJson) {
    try {
      byte[] file = Files.readAllBytes(tokenizerJson);
      LfsPointer.refuse(tokenizerJson, file);
      TokenizerJson json = TokenizerJson.read(file);
      return open(tokenizerJson, json, TextCuts.of(json.normalizer(), json.preTokenizer()));
    } catch (IOException e) {
      throw new ModelException(tokenizerJson + ": cannot read the tokenizer: " + IoReason.of(e), e);
    } catch (JacksonException e) {
      throw new ModelException(
          tokenizerJson + ": cannot read the tokenizer: " + JsonReason.of(e.getOriginalMessage()),
          e);
    } catch (LoaderException e) {
      throw new ModelException(String.valueOf(e.getMessage()), e);
    } catch (ModelException e) {
      throw new ModelException(tokenizerJson + ": " + e.getMessage(), e);
    } catch (LinkageError | EngineException e) {
      throw new ModelException(
          "%s: the native tokenizer library cannot be loaded: %s"
              .formatted(tokenizerJson, TokenizerLibrary.reason(e)),
          e);
    } catch (RuntimeException e) {
      // The native library reports what it cannot parse as a bare RuntimeException.
      throw new ModelException(tokenizerJson + ": not a usable tokenizer: " + e.getMessage(), e);
    }
  }

  /** As {@link #open(Path)}, for a test that cuts texts elsewhere. */
  static Tokenizer open(Path tokenizerJson, TextCuts cuts) throws IOException {
    return open(tokenizerJson, TokenizerJson.read(Files.readAllBytes(tokenizerJson)), cuts);
  }

  private static Tokenizer open(Path file, TokenizerJson json, TextCuts cuts) throws IOException {
    HuggingFaceTokenizer bpe = TokenizerLibrary.newTokenizer(json.rest());
    return new Tokenizer(file, new AddedTokens(json.addedTokens()), cuts, bpe);
  }

  /**
   * The token ids of a prompt, in order.
   *
   * @throws ModelException if a control fragment is not an added token of this tokenizer
   */
  public int[] encode(List<Fragment> fragments) {
    return Objects.requireNonNull(encode(fragments, Integer.MAX_VALUE, WorkGuard.UNBOUNDED));
  }

  /** The ids of the control tokens. */
  BitSet specialIds() {
    return addedTokens.special();
  }

  /**
   * The token ids of a prompt, in order, if it is worth while to have them.
   *
   * @param enough in a prompt with more tokens than these the rest is not looked at
   * @param guard stops the work; holds what texts take while they are tokenized
   * @return all ids, or null if there are more than {@code enough}; a few too many may also be all
   * @throws InvalidRequestException if a text has a word that is too long
   * @throws ModelException if a control fragment is not an added token of this tokenizer
   */
  public int @Nullable [] encode(List<Fragment> fragments, int enough, WorkGuard guard) {
    long chars =
        fragments.stream()
            .mapToLong(
                fragment -> fragment instanceof Fragment.Text text ? text.text().length() : 0)
            .sum();
    if (chars > MOST_CHARS) {
      throw new InvalidRequestException(
          "the texts of a prompt have %d characters together, more than %d"
              .formatted(chars, MOST_CHARS));
    }
    guard.reserve(Character.BYTES * chars);
    lock.readLock().lock();
    try {
      requireOpen();
      IdList ids = new IdList(enough);
      StringBuilder text = new StringBuilder((int) chars);
      boolean parseSpecialTokens = false;
      for (Fragment fragment : fragments) {
        switch (fragment) {
          case Fragment.Control control -> {
            encodeText(text, parseSpecialTokens, ids, guard);
            ids.add(controlId(control.token()));
          }
          case Fragment.Text piece -> {
            if (piece.parseSpecialTokens() != parseSpecialTokens) {
              encodeText(text, parseSpecialTokens, ids, guard);
              parseSpecialTokens = piece.parseSpecialTokens();
            }
            text.append(piece.text());
          }
          case Fragment.Apart apart -> {
            encodeText(text, parseSpecialTokens, ids, guard);
            encodeText(new StringBuilder(apart.text()), false, ids, guard);
          }
          case Fragment.Video video ->
              throw new IllegalArgumentException("a video's place is not filled: " + video);
        }
      }
      encodeText(text, parseSpecialTokens, ids, guard);
      return ids.toArray();
    } finally {
      lock.readLock().unlock();
      guard.release(Character.BYTES * chars);
    }
  }

  /**
   * How much of a text its first tokens cover, in chars: all of it if it has no more tokens than
   * that. A character that is spread over several tokens is covered as soon as one of them is.
   *
   * @param tokens at least 1
   * @param parseSpecialTokens as in {@link Fragment.Text}
   * @throws InvalidRequestException if a word up to there is too long
   */
  int prefixLength(String text, int tokens, boolean parseSpecialTokens, WorkGuard guard) {
    lock.readLock().lock();
    try {
      requireOpen();
      CharSequence whole = wellFormed(text, guard); // as many chars as the text
      int left = tokens;
      int end = 0;
      TextPieces pieces = pieces(whole, parseSpecialTokens, guard);
      while (pieces.next()) {
        if (left == 0) {
          return end;
        }
        if (pieces.isAdded()) {
          left--;
          end = pieces.end();
          continue;
        }
        String plain = pieces.piece();
        CharSpan[] spans = encoded(plain, NATIVE::getTokenCharSpans); // in code points
        // At a cut, too, the last token says where it ends: a mark that was composed may be left.
        if (spans.length > left || (spans.length == left && pieces.isCut())) {
          return pieces.start() + plain.offsetByCodePoints(0, spans[left - 1].getEnd());
        }
        left -= spans.length;
        end = pieces.end();
      }
      return whole.length();
    } finally {
      lock.readLock().unlock();
    }
  }

  /**
   * The tokens of a text, and where in it they are.
   *
   * @param parseSpecialTokens as in {@link Fragment.Text}
   * @throws InvalidRequestException if a word is too long
   */
  TokenSpans spans(String text, boolean parseSpecialTokens, WorkGuard guard) {
    lock.readLock().lock();
    try {
      requireOpen();
      IdList ids = new IdList(Integer.MAX_VALUE);
      IdList starts = new IdList(Integer.MAX_VALUE);
      IdList ends = new IdList(Integer.MAX_VALUE);
      TextPieces pieces = pieces(wellFormed(text, guard), parseSpecialTokens, guard);
      while (pieces.next()) {
        String piece = pieces.piece();
        if (pieces.isAdded()) {
          ids.add(controlId(piece));
          starts.add(pieces.start());
          ends.add(pieces.end());
          continue;
        }
        int[] chars = TokenSpans.charsBefore(piece);
        addIds(piece, ids);
        for (CharSpan span : encoded(piece, NATIVE::getTokenCharSpans)) {
          starts.add(pieces.start() + chars[span.getStart()]);
          ends.add(pieces.start() + chars[span.getEnd()]);
        }
      }
      return new TokenSpans(ids.all(), starts.all(), ends.all());
    } finally {
      lock.readLock().unlock();
    }
  }

  /**
   * The beginning or the end of a text, for a caller who looks at no more than some tokens from
   * that side. It is cut between words, a little farther than need be, so that those tokens are the
   * ones of the whole text whatever either side is joined to.
   *
   * @param fromEnd whether the end of the text is wanted
   * @param tokens that the caller looks at
   * @param parseSpecialTokens as in {@link Fragment.Text}
   * @throws InvalidRequestException if a word is too long
   */
  String part(
      String text, boolean fromEnd, int tokens, boolean parseSpecialTokens, WorkGuard guard) {
    lock.readLock().lock();
    try {
      requireOpen();
      CharSequence whole = wellFormed(text, guard);
      IdList starts = new IdList(Integer.MAX_VALUE);
      BitSet added = new BitSet();
      TextPieces pieces = pieces(whole, parseSpecialTokens, guard);
      while (pieces.next()) {
        added.set(starts.size(), pieces.isAdded());
        starts.add(pieces.start());
      }
      int count = starts.size();
      starts.add(whole.length());
      int[] cuts = starts.all();
      long found = 0;
      // What either side is joined to changes tokens of the first and the last piece alone, if any.
      for (int i = 1; i < count - 1; i++) {
        guard.check();
        int piece = fromEnd ? count - 1 - i : i;
        String words = whole.subSequence(cuts[piece], cuts[piece + 1]).toString();
        found += added.get(piece) ? 1 : encoded(words, NATIVE::getTokenIds).length;
        if (found > tokens) {
          return fromEnd ? text.substring(cuts[piece - 1]) : text.substring(0, cuts[piece + 2]);
        }
      }
      return text;
    } finally {
      lock.readLock().unlock();
    }
  }

  /** The id of an added token or of a word that is one token, such as {@code yes}. */
  public OptionalInt idOf(String token) {
    Integer added = addedTokens.idOf(token);
    if (added != null) {
      return OptionalInt.of(added);
    }
    int[] ids = encode(List.of(new Fragment.Text(token)));
    return ids.length == 1 ? OptionalInt.of(ids[0]) : OptionalInt.empty();
  }

  /**
   * The id of a token as the vocabulary spells it, added tokens first.
   *
   * @throws ModelException if the tokenizer's file cannot be read any more
   */
  public OptionalInt idOfSpelling(String spelling) {
    Integer added = addedTokens.idOf(spelling);
    return added == null ? texts().idOf(spelling) : OptionalInt.of(added);
  }

  /**
   * A token as the vocabulary spells it, or null if there is no such token.
   *
   * @throws ModelException if the tokenizer's file cannot be read any more
   */
  public @Nullable String spelling(int id) {
    return texts().spelling(id);
  }

  /**
   * The text of tokens that exist; what is no UTF-8 becomes U+FFFD.
   *
   * @throws ModelException if the tokenizer's file cannot be read any more
   */
  public String decode(int[] ids) {
    return texts().decode(ids);
  }

  private synchronized TokenTexts texts() {
    TokenTexts read = texts;
    if (read == null) {
      try {
        read =
            new TokenTexts(TokenizerJson.vocabulary(Files.readAllBytes(file)), addedTokens.ids());
      } catch (IOException e) {
        throw new ModelException(file + ": cannot read the vocabulary: " + IoReason.of(e), e);
      } catch (JacksonException e) {
        throw new ModelException(
            file + ": cannot read the vocabulary: " + JsonReason.of(e.getOriginalMessage()), e);
      }
      texts = read;
    }
    return read;
  }

  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        bpe.close();
      }
    } finally {
      lock.writeLock().unlock();
    }
  }

  int controlId(String token) {
    Integer id = addedTokens.idOf(token);
    if (id == null) {
      throw new ModelException("the tokenizer has no token " + token);
    }
    return id;
  }

  /** Encodes a text, and empties it. */
  private void encodeText(
      StringBuilder text, boolean parseSpecialTokens, IdList ids, WorkGuard guard) {
    TextPieces pieces = pieces(wellFormed(text, guard), parseSpecialTokens, guard);
    while (!ids.isEnough() && pieces.next()) {
      String piece = pieces.piece();
      if (pieces.isAdded()) {
        ids.add(controlId(piece));
      } else {
        addIds(piece, ids);
      }
    }
    if (ids.isEnough() && pieces.end() < text.length()) {
      ids.stop();
    }
    text.setLength(0);
  }

  private void addIds(String text, IdList ids) {
    for (long id : encoded(text, NATIVE::getTokenIds)) {
      if (id > Integer.MAX_VALUE) { // 32 bits without a sign in the library
        throw new ModelException("%s: the vocabulary has the id %d".formatted(file, id));
      }
      ids.add((int) id);
    }
  }

  /** What the library makes of a text; only what is asked for becomes objects of Java. */
  private <R> R encoded(String text, LongFunction<R> part) {
    long encoding = NATIVE.encode(bpe.getHandle(), text, false);
    try {
      return part.apply(encoding);
    } finally {
      NATIVE.deleteEncoding(encoding);
    }
  }

  private TextPieces pieces(CharSequence text, boolean parseSpecialTokens, WorkGuard guard) {
    return new TextPieces(text, addedTokens.pattern(parseSpecialTokens), cuts, guard);
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the tokenizer is closed");
    }
  }

  /** Half a surrogate pair has no UTF-8; it becomes U+FFFD. */
  private static CharSequence wellFormed(CharSequence text, WorkGuard guard) {
    StringBuilder changed = null;
    for (int at = 0; at < text.length(); at++) {
      if ((at & 0xffff) == 0) {
        guard.check();
      }
      char c = text.charAt(at);
      if (Character.isHighSurrogate(c)
          && at + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(at + 1))) {
        at++;
      } else if (Character.isSurrogate(c)) {
        changed = changed == null ? new StringBuilder(text) : changed;
        changed.setCharAt(at, '\ufffd');
      }
    }
    return changed == null ? text : changed;
  }
}
