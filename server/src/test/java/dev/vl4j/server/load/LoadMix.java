package dev.vl4j.server.load;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.RankedDocument;
import dev.vl4j.engine.RequestLimits;
import dev.vl4j.engine.RerankRequest;
import dev.vl4j.engine.Reranker;
import dev.vl4j.server.api.BodyLimits;
import dev.vl4j.server.api.ClassifyAnswer;
import dev.vl4j.server.api.CohereRerankAnswer;
import dev.vl4j.server.api.Fields;
import dev.vl4j.server.api.ImageUrl;
import dev.vl4j.server.api.Json;
import dev.vl4j.server.api.RerankAnswer;
import dev.vl4j.server.api.RerankBody;
import dev.vl4j.server.api.ScoreAnswer;
import dev.vl4j.server.api.ScoreBody;
import dev.vl4j.server.api.ScoringFields;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import javax.imageio.ImageIO;

/**
 * Requests of all sizes and kinds: short and long texts, pictures, one document or many, rankings,
 * scores and classifications, with and without instruction, limits and {@code top_n}.
 */
public final class LoadMix {
  private static final String MODEL = "demo";
  private static final BodyLimits LIMITS = BodyLimits.of(RequestLimits.DEFAULT);
  private static final List<String> WORDS =
      List.of(
          "red",
          "circle",
          "blue",
          "square",
          "green",
          "triangle",
          "light",
          "water",
          "the",
          "of",
          "a",
          "plants",
          "make",
          "sugar",
          "from",
          "history",
          "planet",
          "moon",
          "small",
          "large",
          "yellow",
          "photosynthesis",
          "instructions",
          "and",
          "is",
          "not",
          "round",
          "corner",
          "sea",
          "42",
          "7");

  private final Reranker reranker;
  private final Random random;

  private LoadMix(Reranker reranker, long seed) {
    this.reranker = reranker;
    random = new Random(seed);
  }

  /**
   * Cases with their answers, for a model that is called {@code demo}.
   *
   * @param reranker judges each document of each case alone, and is what cases submit to later
   */
  public static List<LoadCase> cases(Reranker reranker, int count, long seed) {
    LoadMix mix = new LoadMix(reranker, seed);
    List<LoadCase> cases = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      cases.add(
          switch (i % 8) {
            case 0, 1 -> mix.rerank(mix.texts(1 + mix.random.nextInt(8), 12));
            case 2 -> mix.rerank(mix.texts(1 + mix.random.nextInt(3), 300));
            case 3 -> mix.rerank(mix.pictures(1 + mix.random.nextInt(3)));
            case 4 -> mix.rerank(mix.texts(24, 20));
            case 5 -> mix.score(1, 1 + mix.random.nextInt(6));
            case 6 -> mix.score(2, 2);
            default -> mix.classify();
          });
    }
    return cases;
  }

  private LoadCase rerank(List<Object> documents) {
    Map<String, Object> fields = fields();
    fields.put("query", random.nextInt(6) == 0 ? picture() : words(1 + random.nextInt(12)));
    fields.put("documents", documents);
    if (random.nextInt(3) == 0) {
      fields.put("top_n", 1 + random.nextInt(documents.size()));
    }
    if (random.nextInt(4) == 0) {
      fields.put("max_tokens_per_doc", 5 + random.nextInt(60));
    }
    byte[] json = Json.write(fields);
    RerankBody body = RerankBody.read(Fields.parse(new ByteArrayInputStream(json), LIMITS));
    RerankRequest request = body.request(pictures(body.images()));
    List<RankedDocument> solo = solo(body.scoring(), request.query(), request.documents());
    RerankAnswer answer =
        RerankAnswer.of(
            "score-" + LoadCase.ID,
            MODEL,
            best(solo),
            body.echoes(),
            body.topN(),
            body.scoring().common().useActivation());
    boolean cohere = random.nextBoolean();
    return new LoadCase(
        cohere ? "/rerank" : "/v1/rerank",
        json,
        Json.write(cohere ? CohereRerankAnswer.of(answer, documents.size()) : answer),
        List.of(new LoadCase.Work(() -> reranker.submit(request), best(solo))));
  }

  private LoadCase score(int queries, int documents) {
    Map<String, Object> fields = fields();
    List<Object> questions = texts(queries, 12);
    fields.put("queries", queries == 1 ? questions.getFirst() : questions);
    fields.put("documents", texts(documents, 40));
    byte[] json = Json.write(fields);
    ScoreBody body = ScoreBody.read(Fields.parse(new ByteArrayInputStream(json), LIMITS));
    Map<ImageUrl, Part> none = Map.of();
    List<Content> all = body.documents().stream().map(document -> document.content(none)).toList();
    List<RankedDocument> solo = new ArrayList<>();
    List<LoadCase.Work> works = new ArrayList<>();
    for (int query = 0; query < queries; query++) {
      Content question = body.query(query).content(none);
      List<Content> judged = queries == 1 ? all : List.of(all.get(query));
      List<RankedDocument> alone = solo(body.scoring(), question, judged);
      alone.forEach(one -> solo.add(at(solo.size(), one)));
      RerankRequest request = body.scoring().request(question, judged);
      works.add(new LoadCase.Work(() -> reranker.submit(request), best(alone)));
    }
    ScoreAnswer answer =
        ScoreAnswer.of(
            "score-" + LoadCase.ID,
            LoadCase.CREATED,
            MODEL,
            solo,
            body.scoring().common().useActivation());
    return new LoadCase("/v1/score", json, Json.write(answer), works);
  }

  private LoadCase classify() {
    List<String> prompts = new ArrayList<>();
    List<RankedDocument> solo = new ArrayList<>();
    for (int i = random.nextInt(3); i >= 0; i--) {
      RerankRequest request =
          RerankRequest.of(Content.text(words(6)), List.of(Content.text(words(25))));
      prompts.add(reranker.renderPrompt(request, 0));
      solo.add(at(solo.size(), reranker.rerank(request).getFirst()));
    }
    ClassifyAnswer answer =
        ClassifyAnswer.of("classify-" + LoadCase.ID, LoadCase.CREATED, MODEL, solo, true);
    return new LoadCase(
        "/classify",
        Json.write(Map.of("input", prompts)),
        Json.write(answer),
        List.of(
            new LoadCase.Work(
                () ->
                    reranker.submitPrompts(prompts.stream().map(reranker::tokenizePrompt).toList()),
                best(solo))));
  }

  private static Map<ImageUrl, Part> pictures(List<ImageUrl> images) {
    Map<ImageUrl, Part> pictures = new HashMap<>();
    for (ImageUrl image : images) {
      String data = image.url().substring(image.url().indexOf(',') + 1);
      pictures.put(image, Part.image(Base64.getDecoder().decode(data)));
    }
    return pictures;
  }

  /** Each document's result in a request of its own. */
  private List<RankedDocument> solo(ScoringFields scoring, Content query, List<Content> documents) {
    List<RankedDocument> results = new ArrayList<>();
    for (Content document : documents) {
      results.add(
          at(
              results.size(),
              reranker.rerank(scoring.request(query, List.of(document))).getFirst()));
    }
    return results;
  }

  private static List<RankedDocument> best(List<RankedDocument> results) {
    return results.stream()
        .sorted(Comparator.comparingDouble(RankedDocument::logit).reversed())
        .toList();
  }

  private static RankedDocument at(int index, RankedDocument one) {
    return new RankedDocument(index, one.score(), one.logit(), one.promptTokens());
  }

  private Map<String, Object> fields() {
    Map<String, Object> fields = new LinkedHashMap<>();
    if (random.nextBoolean()) {
      fields.put("model", MODEL);
    }
    if (random.nextInt(3) == 0) {
      fields.put("instruction", "Find what is " + words(1 + random.nextInt(4)) + ".");
    }
    if (random.nextInt(4) == 0) {
      fields.put("use_activation", false);
    }
    return fields;
  }

  private List<Object> texts(int count, int mostWords) {
    List<Object> texts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      texts.add(words(1 + random.nextInt(mostWords)));
    }
    return texts;
  }

  private List<Object> pictures(int count) {
    List<Object> pictures = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      pictures.add(picture());
    }
    return pictures;
  }

  private String words(int count) {
    List<String> words = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      words.add(WORDS.get(random.nextInt(WORDS.size())));
    }
    return String.join(" ", words);
  }

  /** A picture, alone or with a text. */
  private Map<String, Object> picture() {
    List<Object> parts = new ArrayList<>();
    parts.add(Map.of("type", "image_url", "image_url", Map.of("url", drawn())));
    if (random.nextBoolean()) {
      parts.add(Map.of("type", "text", "text", words(5)));
    }
    return Map.of("content", parts);
  }

  private String drawn() {
    String format = random.nextBoolean() ? "png" : "jpeg";
    BufferedImage image =
        new BufferedImage(
            48 + random.nextInt(100), 48 + random.nextInt(100), BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, image.getWidth(), image.getHeight());
    graphics.setColor(new Color(random.nextInt(1 << 24)));
    graphics.fillOval(random.nextInt(20), random.nextInt(20), 30, 10 + random.nextInt(30));
    graphics.dispose();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      ImageIO.write(image, format, out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return "data:image/%s;base64,%s"
        .formatted(format, Base64.getEncoder().encodeToString(out.toByteArray()));
  }
}
