package dev.vl4j.search;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.ImagePreview;
import dev.vl4j.engine.ImageSource;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.OverloadedException;
import dev.vl4j.engine.Pages;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.VideoSampling;
import dev.vl4j.engine.VideoSource;
import dev.vl4j.loader.IoReason;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A file's bytes, read once: what is hashed is what is embedded. Videos alone are read once more by
 * the engine; one that changes in between has another time and is embedded again the next time.
 * This is the one place where a file becomes entries.
 *
 * @param bytes of the whole file; empty for one that stays on the disk
 * @param stamp of the file when it was read
 * @param hash SHA-256 of the bytes, in hexadecimal
 */
record FileContent(TreeWalk.Found file, byte[] bytes, FileStamp stamp, String hash) {
  /** The longer side of previews, in pixels. */
  static final int PREVIEW_SIDE = 192;

  private static final char BYTE_ORDER_MARK = '\uFEFF';

  /**
   * An entry before it has a vector.
   *
   * @param content what the vector is computed of
   */
  record Draft(Entry entry, Content content) {}

  /** A file cannot be indexed. */
  static final class UnreadableException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Whether nothing is known of what is in the file now. */
    private final boolean unknown;

    private UnreadableException(String reason, boolean unknown, @Nullable Throwable cause) {
      super(reason, cause);
      this.unknown = unknown;
    }

    boolean isUnknown() {
      return unknown;
    }

    String reason() {
      return String.valueOf(getMessage());
    }
  }

  /**
   * Reads a file.
   *
   * @throws UnreadableException if it cannot be read, or changes meanwhile
   */
  static FileContent read(TreeWalk.Found file) throws UnreadableException {
    try {
      FileStamp before = FileStamp.of(file.file()).seenAt(System.currentTimeMillis());
      long most = file.kind().mostBytes();
      if (before.size() > most) {
        throw new UnreadableException(
            "it has %d bytes, more than the %d that such a file may have"
                .formatted(before.size(), most),
            false,
            null);
      }
      byte[] bytes = new byte[0];
      String hash;
      if (file.kind().isStreamed()) {
        hash = hashOf(file.file());
      } else {
        try (InputStream in = Files.newInputStream(file.file())) {
          bytes = in.readNBytes((int) before.size() + 1);
        }
        hash = sha256(bytes);
      }
      FileStamp after = FileStamp.of(file.file());
      boolean unsure = before.modified() == FileStamp.UNSURE;
      if (after.size() != before.size()
          || !(file.kind().isStreamed() || bytes.length == before.size())
          || !(unsure || before.equals(after))) {
        throw new UnreadableException("it changed while it was being read", true, null);
      }
      return new FileContent(file, bytes, before, hash);
    } catch (IOException e) {
      throw new UnreadableException(IoReason.of(e), !(e instanceof NoSuchFileException), e);
    }
  }

  /** Of the bytes of a file as it is now. */
  static String hashOf(Path file) throws IOException {
    MessageDigest digest = digest();
    byte[] piece = new byte[1 << 16];
    try (InputStream in = Files.newInputStream(file)) {
      for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
        digest.update(piece, 0, read);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static String sha256(byte[] bytes) {
    return HexFormat.of().formatHex(digest().digest(bytes));
  }

  private static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has it
    }
  }

  /**
   * The entries of the file, none if there is nothing in it.
   *
   * @param pieceLength most code points of a piece of a text
   * @throws UnreadableException if it is broken
   */
  List<Draft> drafts(int pieceLength) throws UnreadableException {
    ImageSource whole = new ImageSource.Encoded(bytes, file.path());
    VideoSource video = new VideoSource.File(file.file());
    try {
      return switch (file.kind()) {
        case TEXT -> pieces(pieceLength);
        case IMAGE -> List.of(seen(EntryKind.IMAGE, 1, whole));
        case DOCUMENT -> pages(whole);
        case VIDEO -> List.of(video(video));
      };
    } catch (InvalidRequestException | OverloadedException e) {
      String name = file.kind() == FileKind.VIDEO ? video.name() : whole.name();
      throw new UnreadableException(reason(e, name), false, e);
    }
  }

  private List<Draft> pieces(int pieceLength) throws UnreadableException {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new UnreadableException(IoReason.of(e), false, e);
    }
    if (!text.isEmpty() && text.charAt(0) == BYTE_ORDER_MARK) {
      text = text.substring(1);
    }
    List<TextPieces.Piece> pieces = TextPieces.of(text, pieceLength);
    return IntStream.range(0, pieces.size()).mapToObj(i -> piece(pieces.get(i), i + 1)).toList();
  }

  private Draft piece(TextPieces.Piece piece, int number) {
    Entry entry = new Entry(file.path(), EntryKind.TEXT, number, piece.span(), piece.text(), null);
    return new Draft(entry, Content.text(piece.text()));
  }

  private List<Draft> pages(ImageSource document) {
    return IntStream.rangeClosed(1, Pages.count(document))
        .mapToObj(number -> seen(EntryKind.PAGE, number, new ImageSource.Page(document, number)))
        .toList();
  }

  /** A picture, or a page. */
  private Draft seen(EntryKind kind, int number, ImageSource source) {
    return drawn(kind, number, ImagePreview.jpeg(source, PREVIEW_SIDE), new Part.Image(source));
  }

  private Draft video(VideoSource source) {
    return drawn(
        EntryKind.VIDEO,
        1,
        ImagePreview.jpeg(source, PREVIEW_SIDE),
        Part.video(source, VideoSampling.DEFAULT));
  }

  private Draft drawn(EntryKind kind, int number, byte[] preview, Part part) {
    return new Draft(new Entry(file.path(), kind, number, null, null, preview), Content.of(part));
  }

  /** What an engine says of a file, without the words that say which. */
  static String reason(Throwable failure, String name) {
    String message = String.valueOf(failure.getMessage());
    if (message.startsWith(name + ": ") || message.startsWith(name + ", ")) {
      return message.substring(name.length() + 2);
    }
    return message.replaceFirst("^input 0(?:, [^:]*)?: ", "");
  }
}
