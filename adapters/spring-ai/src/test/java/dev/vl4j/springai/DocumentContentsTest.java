package dev.vl4j.springai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.ImageSource;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.VideoSource;
import java.net.URI;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.ai.content.Media;
import org.springframework.ai.document.Document;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.util.MimeType;

class DocumentContentsTest {
  private static final byte[] BYTES = {1, 2, 3, -4};
  private static final String BASE64 = Base64.getEncoder().encodeToString(BYTES);
  private static final Path FILE = Path.of("/some where/a#b.png");

  private static Media media(String type, String data) {
    return Media.builder().mimeType(MimeType.valueOf(type)).data(data).build();
  }

  private static ImageSource image(Media media) {
    List<Part> parts = DocumentContents.of(media);
    assertThat(parts).hasSize(1);
    return ((Part.Image) parts.getFirst()).source();
  }

  private static VideoSource video(Media media) {
    List<Part> parts = DocumentContents.of(media);
    assertThat(parts).hasSize(1);
    return ((Part.Video) parts.getFirst()).source();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a text", "北京 🎉\n\n"})
  void textIsTheTextAlone(String text) {
    assertThat(DocumentContents.of(new Document(text, Map.of("title", "not read"))))
        .isEqualTo(Content.text(text));
  }

  @Test
  void bytesAreNotCopied() {
    Media bytes = Media.builder().mimeType(Media.Format.IMAGE_PNG).data(BYTES).build();
    assertThat(((ImageSource.Encoded) image(bytes)).bytes()).isSameAs(BYTES);
    Media resource = new Media(Media.Format.IMAGE_WEBP, new ByteArrayResource(BYTES));
    assertThat(((ImageSource.Encoded) image(resource)).bytes()).isEqualTo(BYTES);
    Media video = Media.builder().mimeType(Media.Format.VIDEO_MP4).data(BYTES).build();
    assertThat(((VideoSource.Encoded) video(video)).bytes()).isSameAs(BYTES);
  }

  @Test
  void stringsAreBase64OrData() {
    for (String data :
        List.of(
            BASE64,
            " " + BASE64.substring(0, 3) + "\r\n" + BASE64.substring(3) + "\n",
            "data:image/png;base64," + BASE64,
            "DATA:;BASE64," + BASE64)) {
      assertThat(((ImageSource.Encoded) image(media("image/png", data))).bytes()).isEqualTo(BYTES);
    }
  }

  @Test
  void filesAreNamedByTheirUri() throws Exception {
    URI uri = FILE.toUri();
    assertThat(uri.toString()).contains("%20", "%23");
    assertThat(image(new Media(Media.Format.IMAGE_PNG, uri))).isEqualTo(new ImageSource.File(FILE));
    Media url = Media.builder().mimeType(Media.Format.IMAGE_PNG).data(uri.toURL()).build();
    assertThat(image(url)).isEqualTo(new ImageSource.File(FILE));
    assertThat(video(new Media(Media.Format.VIDEO_MP4, uri))).isEqualTo(new VideoSource.File(FILE));
  }

  @Test
  void aUriMayNameAPage() {
    assertThat(image(media("application/pdf", FILE.toUri() + "#page=12")))
        .isEqualTo(new ImageSource.Page(new ImageSource.File(FILE), 12));
  }

  /** All pages, were the library there that counts them. */
  @Test
  void aPdfFileIsGivenToTheLibrary() {
    assertThatThrownBy(() -> DocumentContents.of(media("application/pdf", BASE64)))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("vl4j-pdf");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "image/png | https://example.com/a.png | other places are not fetched",
        "image/png | HTTP://example.com/a.png | other places are not fetched",
        "image/png | s3://bucket/a.png | s3://bucket/a.png: expected bytes, base64 or a file: URI",
        "image/png | classpath:a.png | classpath:a.png: expected",
        "image/png | not base64! | expected base64 or a URI",
        "image/png | four,char | expected base64 or a URI",
        "image/png | data:image/png,abc | expected ;base64",
        "image/png | file:a.png | file:a.png: no file's URI",
        "image/png | file://host/a.png | file://host/a.png: no file's URI",
        "image/png | file:///a b.png | no file's URI",
        "image/png | file:///a.png#page=1 | expected no part of this file, found #page=1",
        "video/mp4 | file:///a.mp4#t=3 | expected no part of this file, found #t=3",
        "application/pdf | file:///a.pdf#page=0 | expected #page= and a number from 1, found #page=0",
        "application/pdf | file:///a.pdf#two | found #two",
        "audio/mpeg | AAAA | expected image/*, video/* or application/pdf, found audio/mpeg",
        "text/html | AAAA | found text/html",
      })
  void othersAreRefused(String type, String data, String message) {
    assertThatThrownBy(() -> DocumentContents.of(media(type, data)))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageStartingWith("media: ")
        .hasMessageContaining(message);
  }

  @Test
  void whatIsShownOfAnAddressIsShort() {
    assertThatThrownBy(() -> DocumentContents.of(media("image/png", "http:" + "x".repeat(9999))))
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(200));
  }

  @Test
  void nullIsRefusedByName() {
    assertThatNullPointerException()
        .isThrownBy(() -> DocumentContents.of((Document) null))
        .withMessage("document");
    assertThatNullPointerException()
        .isThrownBy(() -> DocumentContents.of((Media) null))
        .withMessage("media");
  }
}
