package dev.vl4j.engine.prompt;

import ai.djl.engine.EngineException;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import dev.vl4j.engine.ModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
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
  /** Chars that are looked at more closely before all of them go to the native library at once. */
  private static final int LONG_WORD = 1 << 18;

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
      TokenizerJson json = TokenizerJson.read(Files.readAllBytes(tokenizerJson));
      return open(tokenizerJson, json, TextCuts.of(json.normalizer(), json.preTokenizer()));
    } catch (IOException | JacksonException e) {
      throw new ModelException(tokenizerJson + ": cannot read the tokenizer: " + e.getMessage(), e);
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
    return Objects.requireNonNull(encode(fragments, Integer.MAX_VALUE));
  }

  /**
   * The token ids of a prompt, in order, if it is worth while to have them.
   *
   * @param enough in a prompt with more tokens than these the rest is not looked at
   * @return all ids, or null if there are more than {@code enough}; a few too many may also be all
   * @throws ModelException if a control fragment is not an added token of this tokenizer
   */
  public int @Nullable [] encode(List<Fragment> fragments, int enough) {
    lock.readLock().lock();
    try {
      requireOpen();
      IdList ids = new IdList(enough);
      StringBuilder text = new StringBuilder();
      boolean parseSpecialTokens = false;
      for (Fragment fragment : fragments) {
        switch (fragment) {
          case Fragment.Control control -> {
            encodeText(text, parseSpecialTokens, ids);
            ids.add(controlId(control.token()));
          }
          case Fragment.Text piece -> {
            if (piece.parseSpecialTokens() != parseSpecialTokens) {
              encodeText(text, parseSpecialTokens, ids);
              parseSpecialTokens = piece.parseSpecialTokens();
            }
            text.append(piece.text());
          }
        }
      }
      encodeText(text, parseSpecialTokens, ids);
      return ids.toArray();
    } finally {
      lock.readLock().unlock();
    }
  }

  /**
   * How much of a text its first tokens cover, in chars: all of it if it has no more tokens than
   * that. A character that is spread over several tokens is covered as soon as one of them is.
   *
   * @param tokens at least 1
   * @param parseSpecialTokens as in {@link Fragment.Text}
   */
  int prefixLength(String text, int tokens, boolean parseSpecialTokens) {
    lock.readLock().lock();
    try {
      requireOpen();
      String whole = wellFormed(text); // as many chars as the text
      int left = tokens;
      int end = 0;
      TextPieces pieces = pieces(whole, parseSpecialTokens);
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
        CharSpan[] spans = bpe.encode(plain, false, false).getCharTokenSpans(); // in code points
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
      } catch (IOException | JacksonException e) {
        throw new ModelException(file + ": cannot read the vocabulary: " + e.getMessage(), e);
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

  private void encodeText(StringBuilder text, boolean parseSpecialTokens, IdList ids) {
    String whole = wellFormed(text.toString());
    text.setLength(0);
    TextPieces pieces = pieces(whole, parseSpecialTokens);
    while (!ids.isEnough() && pieces.next()) {
      String piece = pieces.piece();
      if (pieces.isAdded()) {
        ids.add(controlId(piece));
        continue;
      }
      if (isHopeless(piece, ids.room())) {
        ids.stop();
        return;
      }
      for (long id : bpe.encode(piece, false, false).getIds()) {
        ids.add((int) id);
      }
    }
    if (pieces.next()) {
      ids.stop();
    }
  }

  /** Whether a long word is known to have too many tokens before it is tokenized. */
  private boolean isHopeless(String word, int room) {
    return cuts != TextCuts.NONE // otherwise it is not known what becomes of text
        && word.length() > Math.max(LONG_WORD, room)
        && shortestEncoding().tokens(word) > room;
  }

  ShortestEncoding shortestEncoding() {
    return texts().shortestEncoding();
  }

  private TextPieces pieces(String text, boolean parseSpecialTokens) {
    return new TextPieces(text, addedTokens.pattern(parseSpecialTokens), cuts);
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the tokenizer is closed");
    }
  }

  /** Half a surrogate pair has no UTF-8; it becomes U+FFFD. */
  private static String wellFormed(String text) {
    if (!hasHalfPairs(text)) {
      return text;
    }
    StringBuilder out = new StringBuilder(text.length());
    text.codePoints().map(c -> isSurrogate(c) ? 0xfffd : c).forEach(out::appendCodePoint);
    return out.toString();
  }

  private static boolean hasHalfPairs(String text) {
    for (int at = 0; at < text.length(); at++) {
      if (Character.isSurrogate(text.charAt(at))) {
        if (isSurrogate(text.codePointAt(at))) {
          return true;
        }
        at++;
      }
    }
    return false;
  }

  private static boolean isSurrogate(int codePoint) {
    return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
  }
}
