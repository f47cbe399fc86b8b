package dev.vl4j.springai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.DeadlineExceededException;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Reranker;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.ai.chat.client.ChatClientRequest;
import org.springframework.ai.chat.client.advisor.api.AdvisorChain;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.content.Media;
import org.springframework.ai.document.DefaultContentFormatter;
import org.springframework.ai.document.Document;
import org.springframework.ai.rag.Query;
import org.springframework.ai.rag.advisor.RetrievalAugmentationAdvisor;
import org.springframework.ai.rag.postretrieval.document.DocumentPostProcessor;

class RerankingDocumentPostProcessorTest {
  private static final Query QUERY = new Query("a red circle");
  private static final List<Document> DOCUMENTS =
      List.of(
          new Document("corners", "A circle has no corners.", Map.of("page", 7)),
          Pictures.document("blue", Pictures.BLUE_CIRCLE),
          Pictures.document("red", Pictures.RED_CIRCLE),
          new Document("empty", "", Map.of()));
  private static final List<Content> CONTENTS =
      List.of(
          Content.text("A circle has no corners."),
          Content.image(Pictures.BLUE_CIRCLE),
          Content.image(Pictures.RED_CIRCLE),
          Content.text(""));

  private static Reranker reranker;

  @BeforeAll
  static void open() {
    reranker = Reranker.openDemo();
  }

  @AfterAll
  static void close() {
    reranker.close();
  }

  private static RerankingDocumentPostProcessor.Builder builder() {
    return RerankingDocumentPostProcessor.builder(reranker);
  }

  @Test
  void scoresAndOrderAreTheEnginesToTheLastBit() {
    List<RankedDocument> expected = reranker.rerank(Content.text(QUERY.text()), CONTENTS);
    // A line of the README.
    DocumentPostProcessor best = RerankingDocumentPostProcessor.of(reranker);
    List<Document> found = best.process(QUERY, DOCUMENTS);
    assertThat(found)
        .extracting(Document::getScore)
        .containsExactlyElementsOf(expected.stream().map(RankedDocument::score).toList());
    assertThat(found)
        .extracting(Document::getId)
        .containsExactlyElementsOf(
            expected.stream().map(ranked -> DOCUMENTS.get(ranked.index()).getId()).toList());
    assertThat(found.getFirst().getId()).isEqualTo("red");
  }

  @Test
  void everyPlaceOfAPictureGivesTheSameScore(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("red circle.png");
    Files.write(file, Pictures.RED_CIRCLE);
    String base64 = Base64.getEncoder().encodeToString(Pictures.RED_CIRCLE);
    List<Document> documents =
        List.of(
            Pictures.document("bytes", Pictures.RED_CIRCLE),
            picture(Media.builder().data(file.toUri())),
            picture(Media.builder().data(file.toUri().toURL())),
            picture(Media.builder().data(base64)),
            picture(Media.builder().data("data:image/png;base64," + base64)));
    double expected =
        reranker.score(Content.text(QUERY.text()), List.of(Content.image(Pictures.RED_CIRCLE)))[0];
    assertThat(RerankingDocumentPostProcessor.of(reranker).process(QUERY, documents))
        .hasSize(documents.size())
        .extracting(Document::getScore)
        .containsOnly(expected);
  }

  private static Document picture(Media.Builder media) {
    return Document.builder().media(media.mimeType(Media.Format.IMAGE_PNG).build()).build();
  }

  @Test
  void allButTheScoreIsKept() {
    Document before = new Document("1", "A circle has no corners.", Map.of("page", 7));
    DefaultContentFormatter formatter = DefaultContentFormatter.builder().build();
    before.setContentFormatter(formatter);
    Document after =
        RerankingDocumentPostProcessor.of(reranker).process(QUERY, List.of(before)).getFirst();
    assertThat(after.mutate().score(null).build()).isEqualTo(before);
    assertThat(after.getContentFormatter()).isSameAs(formatter);
    assertThat(before.getScore()).isNull();
  }

  @Test
  void onlyTheBestAreKept() {
    List<Document> all = builder().build().process(QUERY, DOCUMENTS);
    assertThat(builder().topN(2).build().process(QUERY, DOCUMENTS)).isEqualTo(all.subList(0, 2));
    assertThat(builder().topN(99).build().process(QUERY, DOCUMENTS)).isEqualTo(all);
    double second = all.get(1).getScore();
    assertThat(builder().minScore(second).build().process(QUERY, DOCUMENTS))
        .isEqualTo(all.stream().filter(each -> each.getScore() >= second).toList())
        .hasSizeGreaterThan(1);
    assertThat(
            builder()
                .minScore(Math.nextUp(all.getFirst().getScore()))
                .build()
                .process(QUERY, DOCUMENTS))
        .isEmpty();
  }

  @Test
  void theInstructionAndOtherContentsAreRead() {
    Query query =
        Query.builder().text("like this").context(Map.of("photo", Pictures.RED_CIRCLE)).build();
    RerankRequest request =
        RerankRequest.of(
                Content.of(Part.image(Pictures.RED_CIRCLE), Part.text("like this")),
                List.of(Content.of(Part.text("7"), Part.text("A circle has no corners."))))
            .withInstruction("Find pictures of the same color.");
    List<Document> found =
        builder()
            .instruction("Find pictures of the same color.")
            .queryContent(asked ->
                Content.of(
                    Part.image((byte[]) asked.context().get("photo")), Part.text(asked.text())))
            .documentContent(document ->
                Content.of(
                    Part.text("" + document.getMetadata().get("page")),
                    Part.text(document.getText())))
            .build()
            .process(query, DOCUMENTS.subList(0, 1));
    assertThat(found).extracting(Document::getScore).containsExactly(reranker.score(request)[0]);
  }

  /** In its place in Spring AI: behind a retriever, before a chat model. */
  @Test
  void anAdvisorGivesTheBestToTheModel() {
    RetrievalAugmentationAdvisor advisor =
        RetrievalAugmentationAdvisor.builder()
            .documentRetriever(query ->
                List.of(
                    new Document("A square has four corners."),
                    new Document("This is a red circle.")))
            .documentPostProcessors(builder().topN(1).build())
            .build();
    ChatClientRequest request =
        advisor.before(
            new ChatClientRequest(new Prompt(QUERY.text()), Map.of()), new NoFurtherAdvisor());
    double expected =
        reranker
            .score(Content.text(QUERY.text()), List.of(Content.text("This is a red circle.")))[0];
    assertThat(request.context().get(RetrievalAugmentationAdvisor.DOCUMENT_CONTEXT))
        .asInstanceOf(InstanceOfAssertFactories.list(Document.class))
        .extracting(Document::getText, Document::getScore)
        .containsExactly(tuple("This is a red circle.", expected));
    assertThat(request.prompt().getContents())
        .contains("This is a red circle.")
        .doesNotContain("four corners");
  }

  private static final class NoFurtherAdvisor implements AdvisorChain {}

  @Test
  void nothingIsRankedWithoutDocuments() {
    assertThat(builder().build().process(QUERY, List.of())).isEmpty();
  }

  @Test
  void whatCannotBeReadIsNamedByItsPlace() {
    Document remote =
        new Document(
            "remote",
            new Media(Media.Format.IMAGE_PNG, URI.create("https://example.com/a.png")),
            Map.of());
    assertThatThrownBy(
            () -> builder().build().process(QUERY, List.of(DOCUMENTS.getFirst(), remote)))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageStartingWith("document 1 (remote): media: https://example.com/a.png: ");
    Document broken = Pictures.document("broken", Arrays.copyOf(Pictures.RED_CIRCLE, 50));
    assertThatThrownBy(
            () -> builder().topN(1).build().process(QUERY, List.of(DOCUMENTS.getFirst(), broken)))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageStartingWith("document 1, image 0");
  }

  @Test
  void theTimeoutEndsACall() {
    assertThatThrownBy(() -> builder().timeout(Duration.ZERO).build().process(QUERY, DOCUMENTS))
        .isInstanceOf(DeadlineExceededException.class);
  }

  @Test
  void wrongArgumentsAreRefusedByName() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder().topN(-1))
        .withMessage("topN: expected 0 or more, found -1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder().minScore(Double.NaN))
        .withMessageStartingWith("minScore: ");
    RerankingDocumentPostProcessor processor = builder().build();
    assertThatNullPointerException()
        .isThrownBy(() -> RerankingDocumentPostProcessor.of(null))
        .withMessage("reranker");
    assertThatNullPointerException()
        .isThrownBy(() -> processor.process(null, DOCUMENTS))
        .withMessage("query");
    assertThatNullPointerException()
        .isThrownBy(() -> processor.process(QUERY, null))
        .withMessage("documents");
    assertThatNullPointerException()
        .isThrownBy(() -> processor.process(QUERY, Arrays.asList(DOCUMENTS.getFirst(), null)))
        .withMessage("documents[1]");
  }
}
