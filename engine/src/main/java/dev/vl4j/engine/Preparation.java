package dev.vl4j.engine;

import dev.vl4j.engine.batch.PreparedPrompt;
import dev.vl4j.engine.limits.RequestGuard;
import dev.vl4j.engine.limits.WorkGuard;
import dev.vl4j.engine.prompt.Fragment;
import dev.vl4j.engine.prompt.Prompt;
import dev.vl4j.engine.prompt.TextLimits;
import dev.vl4j.engine.prompt.TokenizedPrompt;
import dev.vl4j.engine.prompt.Tokenizer;
import dev.vl4j.engine.prompt.VisualTokens;
import dev.vl4j.engine.vision.EncodedImages;
import dev.vl4j.engine.vision.EverywhereEncoded;
import dev.vl4j.engine.vision.ImageLoader;
import dev.vl4j.engine.vision.ImageReader;
import dev.vl4j.engine.vision.PromptImage;
import dev.vl4j.engine.vision.PromptVideo;
import dev.vl4j.engine.vision.VideoPreprocessor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * From requests to tokenized prompts with their images: all that is done before a request waits for
 * the model, whatever its task. For many threads.
 */
class Preparation {
  /**
   * @param outline what the prompts begin with: the request's prompt without a document
   */
  record Prepared(List<PreparedPrompt> prompts, PreparedPrompt outline) {}

  /** Prompts of up to so many tokens are tokenized in full, to say how much too long they are. */
  private static final int COUNTED = 1 << 14;

  /** What a prompt takes besides its tokens, about. */
  private static final int PROMPT_BYTES = 256;

  private final Tokenizer tokenizer;
  private final ImageReader reader;
  private final int maxTokens;
  private final int vocabularySize;
  private final int resultBytes;
  private final RequestLimits limits;

  /** Whether the times of videos are encoded on their own. */
  private final boolean timesApart;

  /**
   * @param open the model that the prompts are for
   * @param resultBytes what a result takes
   * @param loader makes images ready that were not kept
   */
  Preparation(OpenModel<?> open, int resultBytes, ImageLoader loader, RequestLimits limits) {
    tokenizer = open.tokenizer();
    maxTokens = open.maxTokens();
    vocabularySize = open.config().text().vocabularySize();
    this.resultBytes = resultBytes;
    this.limits = limits;
    EncodedImages encoded =
        EverywhereEncoded.of(
            open.replicas().stream().map(replica -> replica.model().encodedImages()).toList());
    reader =
        new ImageReader(
            open.preprocessor().orElse(null), open.videos().orElse(null), encoded, loader, limits);
    timesApart = open.videos().map(VideoPreprocessor::timesApart).orElse(false);
  }

  /** What is done for one request. */
  class Work {
    final RequestGuard guard;
    final TextLimits texts;

    /** Tokens of each prompt. */
    final int most;

    private final ImageReader.RequestImages images;
    private long tokens;

    /**
     * @param most tokens of each prompt
     */
    Work(boolean parseSpecialTokens, int most, RequestGuard guard) {
      this.guard = guard;
      this.most = most;
      texts = new TextLimits(tokenizer, parseSpecialTokens, maxTokens, guard);
      images = reader.forRequest(guard);
      guard.atEnd(images::close);
    }

    /**
     * Reads the images and videos of a part of the request.
     *
     * @param place what messages call it
     * @throws InvalidRequestException if one cannot be read; the message says which
     */
    final void read(String place, Content content) {
      int image = 0;
      int video = 0;
      for (Part part : content.parts()) {
        switch (part) {
          case Part.Text _ -> {}
          case Part.Image(ImageSource source) -> {
            try {
              PromptImage _ = images.image(source);
            } catch (InvalidRequestException e) {
              throw placed("%s, image %d: ".formatted(place, image), source, e);
            }
            image++;
          }
          case Part.Video played -> {
            try {
              PromptVideo _ = images.video(played);
            } catch (InvalidRequestException e) {
              throw placed("%s, video %d: ".formatted(place, video), played.source(), e);
            }
            video++;
          }
        }
      }
    }

    /**
     * One prompt of the request.
     *
     * @param what its prompts are made of, as messages call it
     * @param index of the prompt
     * @throws InvalidRequestException if it is too long, or an image cannot be read
     */
    final PreparedPrompt prepare(Prompt prompt, String what, int index) {
      PreparedPrompt prepared = prepare(prompt);
      if (prepared == null) {
        throw new InvalidRequestException("%s %d: %s".formatted(what, index, tooLong()));
      }
      requireFits(what, index, prepared, most);
      return prepared;
    }

    /** What messages say of a prompt that is far too long. */
    String tooLong() {
      return "the prompt has more tokens than the limit of " + most;
    }

    /** A prompt, or null if it is far too long. */
    final @Nullable PreparedPrompt prepare(Prompt prompt) {
      List<PromptImage> shown = prompt.images().stream().map(images::image).toList();
      List<PromptVideo> played = prompt.videos().stream().map(images::video).toList();
      TokenizedPrompt tokenized =
          prompt.tokenize(tokenizer, visualTokens(shown, played), enough(), guard);
      if (tokenized == null) {
        return null;
      }
      TokenizedPrompt kept = cut(tokenized);
      requireEmbeddings(kept.ids());
      return new PreparedPrompt(kept.ids(), kept.imageStarts(), inOrder(kept, shown, played));
    }

    /** Tokens beyond which a prompt is not looked at. */
    int enough() {
      return Math.max(maxTokens, COUNTED);
    }

    /** What is left of a prompt. */
    TokenizedPrompt cut(TokenizedPrompt prompt) {
      return prompt;
    }

    private VisualTokens visualTokens(List<PromptImage> shown, List<PromptVideo> played) {
      return new VisualTokens(
          shown.stream().mapToInt(PromptImage::tokens).toArray(),
          played.stream()
              .map(video ->
                  new VisualTokens.Video(video.timestamps(), video.tokensPerSlice(), timesApart))
              .toList());
    }

    /** Images and slices in the order of their placeholders. */
    private static List<PromptImage> inOrder(
        TokenizedPrompt prompt, List<PromptImage> shown, List<PromptVideo> played) {
      Iterator<PromptImage> images = shown.iterator();
      Iterator<PromptImage> slices =
          played.stream().flatMap(video -> video.slices().stream()).iterator();
      List<PromptImage> all = new ArrayList<>();
      for (boolean slice : prompt.isSlice()) {
        all.add(slice ? slices.next() : images.next());
      }
      return all;
    }

    /**
     * Counts a prompt among those of the request.
     *
     * @throws InvalidRequestException if they have too many tokens together
     */
    final void count(PreparedPrompt prompt) {
      tokens = keep(prompt, tokens, guard);
    }
  }

  /** Says where an image is, unless it has a name that its caller knows it by. */
  private static InvalidRequestException placed(
      String place, ImageSource source, InvalidRequestException e) {
    ImageSource file = source instanceof ImageSource.Page page ? page.document() : source;
    return placed(
        place,
        file.name(),
        file instanceof ImageSource.File,
        file.name().equals(ImageSource.Encoded.UNNAMED),
        e);
  }

  /** Says where a video is, likewise. */
  private static InvalidRequestException placed(
      String place, VideoSource source, InvalidRequestException e) {
    return placed(
        place,
        source.name(),
        source instanceof VideoSource.File,
        source.name().equals(Part.Video.UNNAMED),
        e);
  }

  private static InvalidRequestException placed(
      String place, String name, boolean isFile, boolean isUnnamed, InvalidRequestException e) {
    String message = String.valueOf(e.getMessage());
    if (!message.startsWith(name) || !(isUnnamed || isFile)) {
      return e;
    }
    String placed = message;
    if (isUnnamed) {
      placed = message.substring(name.length() + 2); // behind ": ", or ", " and the page
    }
    return new InvalidRequestException(place + placed, e);
  }

  /**
   * Counts a prompt of a request.
   *
   * @param tokens of the request's prompts before it
   * @return tokens of the request's prompts
   */
  private long keep(PreparedPrompt prompt, long tokens, WorkGuard guard) {
    long sum = tokens + prompt.length();
    if (sum > limits.requestTokens()) {
      throw new InvalidRequestException(
          "the prompts of one request have more than %d tokens together"
              .formatted(limits.requestTokens()));
    }
    guard.reserve(PROMPT_BYTES + resultBytes + (long) Integer.BYTES * prompt.length());
    return sum;
  }

  /** Tokens of the longest prompt that the model takes. */
  final int maxTokens() {
    return maxTokens;
  }

  /** The text of a prompt's tokens, with a single placeholder for each image. */
  final String text(PreparedPrompt prompt) {
    IntStream.Builder once = IntStream.builder();
    int from = 0;
    for (int image = 0; image < prompt.images().size(); image++) {
      int start = prompt.imageStarts()[image];
      Arrays.stream(prompt.ids(), from, start + 1).forEach(once);
      from = start + prompt.images().get(image).tokens();
    }
    Arrays.stream(prompt.ids(), from, prompt.length()).forEach(once);
    return tokenizer.decode(once.build().toArray());
  }

  final RequestLimits limits() {
    return limits;
  }

  /**
   * Prompts that are complete already.
   *
   * @throws InvalidRequestException if one is empty, too long, or has a token that does not exist
   *     or stands for an image
   */
  Prepared prepare(List<int[]> prompts, WorkGuard guard) {
    List<PreparedPrompt> prepared = new ArrayList<>();
    long tokens = 0;
    for (int[] ids : prompts) {
      guard.check();
      int index = prepared.size();
      if (ids.length == 0) {
        throw new InvalidRequestException("prompt %d: it has no tokens".formatted(index));
      }
      requireTokens(ids);
      requireEmbeddings(ids);
      Prompt.refuseMedia(tokenizer, ids);
      PreparedPrompt prompt = new PreparedPrompt(ids, new int[0], List.of());
      requireFits("prompt", index, prompt, maxTokens);
      tokens = keep(prompt, tokens, guard);
      prepared.add(prompt);
    }
    return new Prepared(prepared, prepared.getFirst());
  }

  private static void requireFits(String what, int index, PreparedPrompt prompt, int most) {
    if (prompt.length() > most) {
      throw new InvalidRequestException(
          "%s %d: the prompt has %d tokens, more than the limit of %d"
              .formatted(what, index, prompt.length(), most));
    }
  }

  /**
   * The tokens of a prompt that is complete already.
   *
   * @throws InvalidRequestException if they are far too many
   */
  int[] tokens(String prompt, WorkGuard guard) {
    int enough = Math.max(maxTokens, COUNTED);
    int[] ids = tokenizer.encode(List.of(new Fragment.Text(prompt, true)), enough, guard);
    if (ids == null) {
      throw new InvalidRequestException(
          "a prompt has more tokens than the limit of %d".formatted(maxTokens));
    }
    return ids;
  }

  /**
   * The tokens of a text that need be no prompt.
   *
   * @throws InvalidRequestException if they are more than one request may have
   */
  int[] allTokens(String text, WorkGuard guard) {
    int most = limits.requestTokens();
    int[] ids = tokenizer.encode(List.of(new Fragment.Text(text, true)), most, guard);
    if (ids == null || ids.length > most) {
      throw new InvalidRequestException(
          "the text has more than the %d tokens that one request may have".formatted(most));
    }
    return ids;
  }

  /**
   * @throws InvalidRequestException if one of these tokens does not exist
   */
  void requireTokens(int[] ids) {
    for (int id : ids) {
      String _ = spelling(id);
    }
  }

  /** Tokens may have been added to a tokenizer, and nothing to the model. */
  private void requireEmbeddings(int[] ids) {
    for (int id : ids) {
      if (id >= vocabularySize) {
        throw new InvalidRequestException(
            "a prompt has the token %d (%s), but the model has embeddings for %d tokens only"
                .formatted(id, tokenizer.spelling(id), vocabularySize));
      }
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
}
