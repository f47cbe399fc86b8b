package dev.vl4j.server.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.ImageSource;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.RequestLimits;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.server.media.MediaFetcher;
import dev.vl4j.server.media.MediaSettings;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class RerankBodyTest {
  private static final ImageUrls IMAGES =
      ImageUrls.anyFile(Path.of(""), new MediaFetcher(MediaSettings.DEFAULT));

  private static RerankBody read(String json) {
    return RerankBody.read(
        Fields.parse(
            new ByteArrayInputStream(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8)),
            BodyLimits.of(RequestLimits.DEFAULT)));
  }

  private static RerankRequest request(String json) throws InterruptedException {
    RerankBody body = read(json);
    return body.request(IMAGES.read(body.images(), _ -> {}));
  }

  private static Part image(String part) throws InterruptedException {
    return request("{'query':'q','documents':{'content':[" + part + "]}}")
        .documents()
        .getFirst()
        .parts()
        .getFirst();
  }

  @Test
  void strings() throws InterruptedException {
    String json = "{'query':'q','documents':['a','b'],'top_n':1,'model':'m','return_documents':1}";
    assertThat(read(json).topN()).isEqualTo(1);
    RerankRequest request = request(json);
    assertThat(request.query()).isEqualTo(Content.text("q"));
    assertThat(request.documents()).containsExactly(Content.text("a"), Content.text("b"));
    assertThat(request.topN()).isZero();
    assertThat(request.instruction()).isNull();
  }

  @Test
  void aSingleDocument() throws InterruptedException {
    assertThat(request("{'query':'q','documents':'a'}").documents())
        .containsExactly(Content.text("a"));
  }

  @Test
  void contentOfQueryAndDocument() throws InterruptedException {
    String json =
        "{'query':{'content':[{'type':'text','text':'q'}]},'documents':{'content':"
            + "[{'type':'text','text':'a'},{'type':'text','text':'b'}]}}";
    RerankRequest request = request(json);
    assertThat(request.query()).isEqualTo(Content.text("q"));
    assertThat(request.documents())
        .as("vLLM joins texts by line breaks")
        .containsExactly(Content.text("a\nb"));
    assertThat(read(json).echoes().getFirst().isArray()).isTrue();
  }

  /** Of Cohere's first API, of Jina's, and of both in one. */
  @Test
  void shortForms() throws InterruptedException {
    String picture = "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAAAAADhZOFX";
    String json =
        "{'query':{'text':'q'},'documents':[{'text':'a'},{'image':'data:image/png;base64,AQID'},"
            + "{'image':'PICTURE','text':'b'},{'text':'c','image':null,'content':null}]}";
    RerankBody body = read(json.replace("PICTURE", picture));
    RerankRequest request = body.request(IMAGES.read(body.images(), _ -> {}));
    assertThat(request.query()).isEqualTo(Content.text("q"));
    assertThat(request.documents().get(0)).isEqualTo(Content.text("a"));
    assertThat(encoded(request, 1)).containsExactly(1, 2, 3);
    assertThat(encoded(request, 2)).isEqualTo(Base64.getDecoder().decode(picture));
    assertThat(request.documents().get(2).parts().get(1)).isEqualTo(Part.text("b"));
    assertThat(request.documents().get(3)).isEqualTo(Content.text("c"));
    assertThat(body.echoes().stream().map(JsonNode::toString))
        .containsExactly(
            "\"a\"",
            "[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AQID\"}}]",
            "[{\"type\":\"image_url\",\"image_url\":{\"url\":\"%s\"}},{\"type\":\"text\",\"text\":\"b\"}]"
                .formatted(picture),
            "\"c\"");
  }

  private static byte[] encoded(RerankRequest request, int document) {
    Part.Image image = (Part.Image) request.documents().get(document).parts().getFirst();
    return ((ImageSource.Encoded) image.source()).bytes();
  }

  @Test
  void pagesAndVideosAreNamedByUrls(@TempDir Path folder) throws IOException, InterruptedException {
    Path report = Files.write(folder.resolve("report.pdf"), new byte[] {1});
    Path odd = Files.write(folder.resolve("odd.pdf#page=2"), new byte[] {1});
    Path clip = Files.write(folder.resolve("clip#page=2"), new byte[] {1});
    ImageUrls images = ImageUrls.anyFile(folder, new MediaFetcher(MediaSettings.DEFAULT));
    Map<String, Part> expected =
        Map.of(
            "report.pdf#page=3",
            Part.page(report, 3),
            report.toUri() + "#page=12",
            Part.page(report, 12),
            "odd.pdf#page=2",
            Part.image(odd));
    for (Map.Entry<String, Part> each : expected.entrySet()) {
      ImageUrl url = ImageUrl.of(each.getKey(), "documents.0");
      assertThat(images.read(List.of(url), _ -> {})).containsEntry(url, each.getValue());
    }
    ImageUrl video = ImageUrl.video("clip#page=2", "documents.0");
    assertThat(images.read(List.of(video), _ -> {})).containsEntry(video, Part.video(clip));
    ImageUrl data = ImageUrl.of("data:application/pdf;base64,AAAA#page=2", "documents.0");
    assertThat(images.read(List.of(data), _ -> {}).get(data))
        .isInstanceOfSatisfying(
            Part.Image.class,
            part ->
                assertThat(part.source())
                    .isInstanceOfSatisfying(
                        ImageSource.Page.class,
                        page -> {
                          assertThat(page.number()).isEqualTo(2);
                          assertThat(page.name()).isEqualTo("documents.0, page 2");
                        }));
    for (String none : new String[] {"gone.pdf#page=3", "report.pdf#page=0", "report.pdf#page=x"}) {
      assertThatThrownBy(() -> images.read(List.of(ImageUrl.of(none, "documents.0")), _ -> {}))
          .hasMessageContaining("documents.0: no such file: ");
    }
  }

  /** A path of base64's letters is still a path. */
  @Test
  void filesAndBase64(@TempDir Path folder) throws IOException, InterruptedException {
    ImageUrls images = ImageUrls.anyFile(folder, new MediaFetcher(MediaSettings.DEFAULT));
    String name = "abcdefghijklmnopqrstuvwxyzabcdefghijklmn";
    RerankBody body = read("{'query':'q','documents':[{'image':'" + name + "'}]}");
    ImageUrl image = body.images().getFirst();
    assertThat(images.read(List.of(image), _ -> {}).get(image))
        .isInstanceOfSatisfying(
            Part.Image.class,
            part -> assertThat(part.source()).isInstanceOf(ImageSource.Encoded.class));
    Path file = Files.write(folder.resolve(name), new byte[] {1});
    assertThat(images.read(List.of(image), _ -> {})).containsEntry(image, Part.image(file));
    for (String missing : new String[] {"a.png", "folder/picture", "äöü"}) {
      assertThatThrownBy(() -> images.read(List.of(ImageUrl.orBase64(missing, "place")), _ -> {}))
          .hasMessageContaining("place: no such file: " + folder.resolve(missing));
    }
    ImageUrls remote = ImageUrls.filesUnder(null, new MediaFetcher(MediaSettings.DEFAULT));
    assertThat(remote.read(List.of(image), _ -> {})).hasSize(1);
    for (String broken : new String[] {"a.png", "abcd", name + "?"}) {
      assertThatThrownBy(() -> remote.read(List.of(ImageUrl.orBase64(broken, "place")), _ -> {}))
          .hasMessageContaining("place: neither a URL nor base64 of a picture: " + broken);
    }
  }

  @Test
  void documentsMayBeLeftOutOfTheAnswer() {
    RerankBody body = read("{'query':'q','documents':['a','b'],'return_documents':false}");
    assertThat(body.echoes()).hasSize(2).allMatch(JsonNode::isMissingNode);
    List<RankedDocument> ranked = List.of(new RankedDocument(1, 0.5, 0, 3));
    String answer =
        new String(
            Json.write(RerankAnswer.of("id", "m", ranked, body.echoes(), 0, true)),
            StandardCharsets.UTF_8);
    assertThat(answer).contains("\"results\":[{\"index\":1,\"relevance_score\":0.5}]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'instruction':'a' | a",
        "'chat_template_kwargs':{'instruction':'b'} | b",
        "'instruction':'a','chat_template_kwargs':{'instruction':'b'} | b",
        "'instruction':'a','chat_template_kwargs':{'other':1} | a",
        "'instruction':'a','chat_template_kwargs':{'instruct':'b'} | a",
        "'chat_template_kwargs':{'instruct':'b'} | b",
        "'instruction':'a','chat_template_kwargs':null | a",
      })
  void instruction(String fields, String expected) throws InterruptedException {
    assertThat(request("{'query':'q','documents':'a'," + fields + "}").instruction())
        .isEqualTo(expected);
  }

  @Test
  void dataUrls() throws InterruptedException {
    for (String part :
        new String[] {
          "{'type':'image_url','image_url':{'url':'data:image/png;base64,AQID'}}",
          "{'type':'image_url','image_url':'data:image/png;base64,AQID'}",
        }) {
      ImageSource source = ((Part.Image) image(part)).source();
      assertThat(((ImageSource.Encoded) source).bytes()).containsExactly(1, 2, 3);
      assertThat(source.name()).startsWith("documents.content.0.image_url");
    }
  }

  @Test
  void files(@TempDir Path folder) throws IOException, InterruptedException {
    Path file = Files.write(folder.resolve("a b.png"), new byte[] {1});
    Part expected = Part.image(file);
    assertThat(image("{'type':'image_url','image_url':{'url':'" + file.toUri() + "'}}"))
        .isEqualTo(expected);
    assertThat(image("{'type':'image_url','image_url':{'url':'" + file + "'}}"))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[] | not a JSON object",
        "{'query' | not valid JSON",
        "{'query':'q','documents':['a']} x | not valid JSON",
        "{'documents':['a']} | body.query', 'msg': 'Field required",
        "{'query':null,'documents':['a']} | body.query', 'msg': 'expected a string",
        "{'query':1,'documents':['a']} | body.query', 'msg': 'expected a string",
        "{'query':['q'],'documents':['a']} | body.query', 'msg': 'expected a string",
        "{'query':'q'} | body.documents', 'msg': 'Field required",
        "{'query':'q','documents':[]} | documents: at least one",
        "{'query':'q','documents':['a',2]} | body.documents.1', 'msg': 'expected a string",
        "{'query':'q','documents':[{}]} | body.documents.0.content', 'msg': 'Field required",
        "{'query':'q','documents':[{'content':'a'}]} | body.documents.0.content', 'msg': 'expected a list",
        "{'query':'q','documents':[{'content':[]}]} | body.documents.0.content', 'msg': 'expected a list",
        "{'query':'q','documents':[{'content':['a']}]} | content.0', 'msg': 'expected an object",
        "{'query':'q','documents':[{'content':[{'text':'a'}]}]} | content.0.type', 'msg': 'Field required",
        "{'query':'q','documents':[{'content':[{'type':'text'}]}]} | content.0.text', 'msg': 'Field required",
        "{'query':'q','documents':[{'content':[{'type':'x'}]}]} | parts of type x are unknown",
        "{'query':'q','documents':[{'text':'a','title':'b'}]} | body.documents.0.title', 'msg': 'not supported",
        "{'query':'q','documents':[{'image':'a','url':'b'}]} | body.documents.0.url', 'msg': 'not supported",
        "{'query':'q','documents':[{'text':'a','video':'b'}]} | body.documents.0.video', 'msg': 'not supported",
        "{'query':{'text':1},'documents':['a']} | body.query.text', 'msg': 'expected a string",
        "{'query':'q','documents':[{'image':['a']}]} | body.documents.0.image', 'msg': 'expected a string",
        "{'query':'q','documents':[{'text':null}]} | body.documents.0', 'msg': 'text and image are null",
        "{'query':'q','documents':[{'content':[{'type':'text','text':'a'}],'text':'b'}]} | content excludes text and image",
        "{'query':'q','documents':'a','return_documents':7} | body.return_documents', 'msg': 'expected true or false",
        "{'query':'q','documents':'a','top_n':1.5} | top_n",
        "{'query':'q','documents':'a','top_n':'x'} | top_n",
        "{'query':'q','documents':'a','top_n':1e999999999} | top_n",
        "{'query':'q','documents':'a','top_n':99999999999} | top_n",
        "{'query':'q','documents':'a','instruction':1} | body.instruction', 'msg': 'expected a string",
        "{'query':'q','documents':'a','chat_template_kwargs':1} | chat_template_kwargs",
        "{'query':'q','documents':'a','truncate_prompt_tokens':-2} | truncate_prompt_tokens",
        "{'query':'q','documents':'a','priority':1} | priority",
        "{'query':'q','documents':'a','normalize':true} | normalize",
        "{'query':'q','documents':'a','cache_salt':'x'} | cache_salt",
        "{'query':'q','documents':'a','padding':'max_length'} | padding",
        "{'query':1,'documents':[2]} | 2 validation errors",
        "{'query':'q','documents':'a','max_tokens_per_doc':-5} | max_tokens_per_doc",
        "{'query':'q','documents':'a','max_tokens_per_query':'five'} | max_tokens_per_query",
        "{'query':'q','documents':'a','use_activation':7} | use_activation",
        "{'query':'q','documents':'a','chat_template':'x'} | chat_template",
        "{'query':'q','documents':'a','mm_processor_kwargs':{'max_pixels':1}} | mm_processor_kwargs",
      })
  void refusals(String json, String message) {
    assertThatThrownBy(() -> read(json))
        .isInstanceOf(ApiException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'max_tokens_per_doc':0",
        "'use_activation':'true'",
        "'mm_processor_kwargs':{}",
        "'top_n':'1'",
        "'top_n':-1",
        "'top_n':1.0",
        "'padding':'do_not_pad'",
        "'truncate_prompt_tokens':-1"
      })
  void harmlessValuesPass(String field) {
    assertThat(read("{'query':'q','documents':'a'," + field + "}").echoes()).hasSize(1);
  }

  @Test
  void limitsOfTokens() throws InterruptedException {
    RerankRequest cut =
        request("{'query':'q','documents':'a','max_tokens_per_doc':5,'max_tokens_per_query':3}");
    assertThat(cut.maxDocumentTokens()).isEqualTo(5);
    assertThat(cut.maxQueryTokens()).isEqualTo(3);
    RerankRequest whole = request("{'query':'q','documents':'a','max_tokens_per_doc':null}");
    assertThat(whole.maxDocumentTokens()).isZero();
    assertThat(whole.maxQueryTokens()).isZero();
  }

  @ParameterizedTest
  @CsvSource({"video", "image_embeds", "input_audio"})
  void unsupportedParts(String type) {
    assertThatThrownBy(() -> image("{'type':'" + type + "','" + type + "':{'url':'x'}}"))
        .hasMessageContaining(
            "body.documents.content.0', 'msg': 'parts of type " + type + " are not supported");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "http:///y.png | cannot fetch http:///y.png: ",
        "HTTPS://a:b@x/y.png | cannot fetch HTTPS://a:b@x/y.png: the URL has a user name in it",
        "ftp://x/y.png | unsupported URL scheme ftp:",
        "data:image/png;base64 | without a comma",
        "data:image/png,abc | not base64",
        "data:image/png;base64,%% | broken base64",
        "data:image/png;base64, | holds no bytes",
        "file://host/x.png | not a file: URL",
        "no/such/file.png | no such file",
      })
  void badUrls(String url, String message) {
    assertThatThrownBy(() -> image("{'type':'image_url','image_url':{'url':'" + url + "'}}"))
        .isInstanceOf(ApiException.class)
        .hasMessageContaining(message);
  }
}
