package dev.vl4j.springai;

import static java.util.Objects.requireNonNull;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.ImageSource;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.Pages;
import dev.vl4j.engine.Part;
import java.net.URI;
import java.net.URL;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.content.Media;
import org.springframework.ai.document.Document;
import org.springframework.util.MimeType;

/**
 * What models read of Spring AI's documents and media.
 *
 * <p>Media are images, videos and PDF files, by their MIME type: {@code image/*}, {@code video/*}
 * (with the library {@code vl4j-ffmpeg}), {@code application/pdf} (with {@code vl4j-pdf}; all of
 * its pages, or the one that a URI ends in: {@code #page=3}). Their data are bytes, base64, a
 * {@code data:} URI, or the {@code file:} URI of a file, which is read when the request runs.
 * Nothing is fetched from elsewhere.
 */
public final class DocumentContents {
  private static final String PDF = "application/pdf";
  private static final Pattern SCHEME =
      Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*):.*", Pattern.DOTALL);
  private static final Pattern DATA =
      Pattern.compile("data:[^,]*;base64,(.*)", Pattern.DOTALL | Pattern.CASE_INSENSITIVE);
  // Lines of base64 may be broken; the decoder for that would skip all that is none, too.
  private static final Pattern BLANKS = Pattern.compile("\\s+");
  private static final Pattern PAGE = Pattern.compile("page=([1-9][0-9]{0,8})");
  private static final int SHOWN_CHARACTERS = 80;

  private DocumentContents() {}

  /**
   * The text of a document, or its media; metadata are not part of it.
   *
   * @throws InvalidRequestException if the media are of a type, or in a place, that models cannot
   *     read
   */
  public static Content of(Document document) {
    requireNonNull(document, "document");
    Media media = document.getMedia();
    return media == null
        ? Content.text(requireNonNull(document.getText(), "document.text"))
        : new Content(of(media));
  }

  /**
   * An image or a video as one part, a PDF file as one for each of its pages.
   *
   * @throws InvalidRequestException if the media are of a type, or in a place, that models cannot
   *     read; or if the pages of a PDF file cannot be counted
   */
  public static List<Part> of(Media media) {
    requireNonNull(media, "media");
    MimeType type = media.getMimeType();
    return switch (type.getType().toLowerCase(Locale.ROOT)) {
      case "image" ->
          List.of(
              switch (place(media)) {
                case Bytes(byte[] bytes) -> Part.image(bytes);
                case File(Path path, String fragment) -> Part.image(whole(path, fragment));
              });
      case "video" ->
          List.of(
              switch (place(media)) {
                case Bytes(byte[] bytes) -> Part.video(bytes);
                case File(Path path, String fragment) -> Part.video(whole(path, fragment));
              });
      default -> {
        if (!PDF.equalsIgnoreCase(type.getType() + "/" + type.getSubtype())) {
          throw new InvalidRequestException(
              "media: expected image/*, video/* or %s, found %s".formatted(PDF, type));
        }
        yield pages(place(media));
      }
    };
  }

  private static List<Part> pages(Place place) {
    return switch (place) {
      case Bytes(byte[] bytes) ->
          IntStream.rangeClosed(1, Pages.count(new ImageSource.Encoded(bytes, "PDF file")))
              .mapToObj(number -> Part.page(bytes, number))
              .toList();
      case File(Path path, String fragment) ->
          fragment == null ? Pages.of(path) : List.of(Part.page(path, page(path, fragment)));
    };
  }

  private static int page(Path path, String fragment) {
    Matcher page = PAGE.matcher(fragment);
    if (!page.matches()) {
      throw new InvalidRequestException(
          "media: %s: expected #page= and a number from 1, found #%s".formatted(path, fragment));
    }
    return Integer.parseInt(page.group(1));
  }

  /** Only a PDF file has parts that can be named. */
  private static Path whole(Path path, @Nullable String fragment) {
    if (fragment != null) {
      throw new InvalidRequestException(
          "media: %s: expected no part of this file, found #%s".formatted(path, fragment));
    }
    return path;
  }

  /** Contents of a list, whose place in it is in the message where one is refused. */
  static List<Content> of(List<Document> documents, Function<Document, Content> content) {
    List<Content> contents = new ArrayList<>(documents.size());
    for (Document document : documents) {
      String place = "documents[%d]".formatted(contents.size());
      requireNonNull(document, place);
      try {
        contents.add(requireNonNull(content.apply(document), place + ".content"));
      } catch (InvalidRequestException e) {
        throw new InvalidRequestException(
            "document %d (%s): %s".formatted(contents.size(), document.getId(), e.getMessage()), e);
      }
    }
    return contents;
  }

  /** Where the bytes of media are. */
  private sealed interface Place {}

  private record Bytes(byte[] bytes) implements Place {}

  /**
   * @param fragment what a URI has behind {@code #}, or null
   */
  private record File(Path path, @Nullable String fragment) implements Place {}

  private static Place place(Media media) {
    return switch (media.getData()) {
      case byte[] bytes -> new Bytes(bytes);
      case String text -> place(text);
      case URL url -> place(url.toString());
      case Object other ->
          throw new InvalidRequestException(
              "media: expected bytes, base64 or a file: URI, found " + other.getClass().getName());
    };
  }

  private static Place place(String text) {
    Matcher scheme = SCHEME.matcher(text);
    if (!scheme.matches()) {
      return decoded(text);
    }
    return switch (scheme.group(1).toLowerCase(Locale.ROOT)) {
      case "file" -> file(text);
      case "data" -> {
        Matcher data = DATA.matcher(text);
        if (!data.matches()) {
          throw new InvalidRequestException("media: data: URI: expected ;base64, and the bytes");
        }
        yield decoded(data.group(1));
      }
      default ->
          throw new InvalidRequestException(
              "media: %s: expected bytes, base64 or a file: URI; other places are not fetched"
                  .formatted(shown(text)));
    };
  }

  private static Bytes decoded(String base64) {
    try {
      return new Bytes(Base64.getDecoder().decode(BLANKS.matcher(base64).replaceAll("")));
    } catch (IllegalArgumentException e) {
      throw new InvalidRequestException(
          "media: expected base64 or a URI, found a string that is neither: " + e.getMessage(), e);
    }
  }

  private static File file(String text) {
    try {
      URI uri = URI.create(text);
      String fragment = uri.getFragment();
      int end = text.indexOf('#');
      return new File(Path.of(URI.create(end < 0 ? text : text.substring(0, end))), fragment);
    } catch (IllegalArgumentException | FileSystemNotFoundException e) {
      throw new InvalidRequestException(
          "media: %s: no file's URI: %s".formatted(shown(text), e.getMessage()), e);
    }
  }

  private static String shown(String text) {
    return text.length() <= SHOWN_CHARACTERS ? text : text.substring(0, SHOWN_CHARACTERS) + "...";
  }
}
