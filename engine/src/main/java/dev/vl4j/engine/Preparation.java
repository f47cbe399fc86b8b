package dev.vl4j.engine;

import dev.vl4j.engine.batch.PreparedPrompt;
import dev.vl4j.engine.prompt.RerankPrompt;
import dev.vl4j.engine.prompt.TextLimits;
import dev.vl4j.engine.prompt.TokenizedPrompt;
import dev.vl4j.engine.prompt.Tokenizer;
import dev.vl4j.engine.vision.ImagePreprocessor;
import dev.vl4j.engine.vision.Picture;
import dev.vl4j.engine.vision.PictureReader;
import java.util.ArrayList;
import java.util.List;

/**
 * From requests to tokenized prompts with their pictures: all that is done before a request waits
 * for the model. For many threads.
 */
final class Preparation {
  /**
   * @param outline what the prompts begin with: the request's prompt without a document
   */
  record Prepared(List<PreparedPrompt> prompts, PreparedPrompt outline) {}

  private final Tokenizer tokenizer;
  private final PictureReader pictures;
  private final int maxTokens;
  private final RerankTemplate template;

  /**
   * @param maxTokens longest prompt accepted
   */
  Preparation(
      Tokenizer tokenizer, ImagePreprocessor preprocessor, int maxTokens, RerankTemplate template) {
    this.tokenizer = tokenizer;
    this.template = template;
    this.maxTokens = maxTokens;
    pictures = new PictureReader(preprocessor);
  }

  /**
   * All prompts of a request.
   *
   * @throws InvalidRequestException if a picture cannot be read or a prompt is too long
   */
  Prepared prepare(RerankRequest request) {
    PictureReader.Album album = pictures.album();
    TextLimits limits = limits(request);
    Content query = limits.query();
    List<PreparedPrompt> prompts = new ArrayList<>();
    for (int document = 0; document < request.documents().size(); document++) {
      PreparedPrompt prompt = prepare(prompt(request, query, limits.document(document)), album);
      requireFits("document", document, prompt);
      prompts.add(prompt);
    }
    return new Prepared(prompts, prepare(prompt(request, query, Content.of()), album));
  }

  private PreparedPrompt prepare(RerankPrompt prompt, PictureReader.Album album) {
    List<Picture> shown = prompt.images().stream().map(album::picture).toList();
    int[] tokens = shown.stream().mapToInt(Picture::tokens).toArray();
    TokenizedPrompt tokenized = prompt.tokenize(tokenizer, tokens);
    return new PreparedPrompt(tokenized.ids(), tokenized.imageStarts(), shown);
  }

  /**
   * Prompts that are complete already.
   *
   * @throws InvalidRequestException if one is empty, too long, or has a token that does not exist
   *     or stands for a picture
   */
  Prepared prepare(List<int[]> prompts) {
    List<PreparedPrompt> prepared = new ArrayList<>();
    for (int[] ids : prompts) {
      int index = prepared.size();
      if (ids.length == 0) {
        throw new InvalidRequestException("prompt %d: it has no tokens".formatted(index));
      }
      requireTokens(ids);
      RerankPrompt.refuseMedia(tokenizer, ids);
      PreparedPrompt prompt = new PreparedPrompt(ids.clone(), new int[0], List.of());
      requireFits("prompt", index, prompt);
      prepared.add(prompt);
    }
    return new Prepared(prepared, prepared.getFirst());
  }

  private void requireFits(String what, int index, PreparedPrompt prompt) {
    if (prompt.length() > maxTokens) {
      throw new InvalidRequestException(
          "%s %d: the prompt has %d tokens, more than the limit of %d"
              .formatted(what, index, prompt.length(), maxTokens));
    }
  }

  /**
   * @throws InvalidRequestException if one of these tokens does not exist
   */
  void requireTokens(int[] ids) {
    for (int id : ids) {
      String _ = spelling(id);
    }
  }

  /**
   * A token as the vocabulary spells it.
   *
   * @throws InvalidRequestException if there is no such token
   */
  String spelling(int id) {
    String spelling = tokenizer.spelling(id);
    if (spelling == null) {
      throw new InvalidRequestException("there is no token " + id);
    }
    return spelling;
  }

  /** The prompt of one document, which the request has, as one string. */
  String rendered(RerankRequest request, int document) {
    TextLimits limits = limits(request);
    return prompt(request, limits.query(), limits.document(document)).rendered();
  }

  /** The tokens of the prompt of one document, which the request has. */
  int[] tokens(RerankRequest request, int document) {
    TextLimits limits = limits(request);
    RerankPrompt prompt = prompt(request, limits.query(), limits.document(document));
    PreparedPrompt prepared = prepare(prompt, pictures.album());
    requireFits("document", document, prepared);
    return prepared.ids();
  }

  private TextLimits limits(RerankRequest request) {
    return new TextLimits(request, tokenizer, maxTokens);
  }

  private RerankPrompt prompt(RerankRequest request, Content query, Content document) {
    return new RerankPrompt(
        template, query, document, request.instruction(), request.parseSpecialTokens());
  }
}
