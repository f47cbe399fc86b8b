package dev.vl4j.engine.prompt;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.ImageSource;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.ModelException;
import dev.vl4j.engine.Part;
import dev.vl4j.engine.limits.WorkGuard;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What a model reads for one result, in the words of a template: texts, control tokens and places
 * for images.
 */
public abstract class Prompt {
  private static final Pattern CONTROL = Pattern.compile("<\\|\\w+\\|>");
  private static final String VISION_START = "<|vision_start|>";
  private static final String VISION_END = "<|vision_end|>";
  private static final String IMAGE_PAD = "<|image_pad|>";
  private static final String VIDEO_PAD = "<|video_pad|>";
  private static final String IMAGE = VISION_START + IMAGE_PAD + VISION_END;

  private final boolean parseSpecialTokens;
  private final List<Fragment> fragments = new ArrayList<>();
  private final List<ImageSource> images = new ArrayList<>();

  /**
   * @param parseSpecialTokens whether special-token strings in the request's texts act as such
   *     tokens
   */
  Prompt(boolean parseSpecialTokens) {
    this.parseSpecialTokens = parseSpecialTokens;
  }

  /**
   * Whether a template's words can be used with a tokenizer and a model.
   *
   * @param vocabularySize token ids that the model knows
   * @throws ModelException if one of their control tokens is unknown, or stands for an image
   */
  public static void check(List<String> words, Tokenizer tokenizer, int vocabularySize) {
    for (String each : words) {
      Matcher matcher = CONTROL.matcher(each);
      while (matcher.find()) {
        String token = matcher.group();
        int id = tokenizer.controlId(token);
        if (id >= vocabularySize) {
          throw new ModelException(
              "the tokenizer's token %s has the id %d, but the model has %d embeddings"
                  .formatted(token, id, vocabularySize));
        }
        if (token.equals(IMAGE_PAD) || token.equals(VIDEO_PAD)) {
          throw new ModelException("a template cannot hold " + token);
        }
      }
    }
  }

  /** The prompt's pieces; each image is a single placeholder. */
  public List<Fragment> fragments() {
    return List.copyOf(fragments);
  }

  /** The images, in the order of their placeholders. */
  public List<ImageSource> images() {
    return List.copyOf(images);
  }

  /** The prompt as one string, with a single {@code <|image_pad|>} for each image. */
  public String rendered() {
    return fragments.stream()
        .map(fragment ->
            switch (fragment) {
              case Fragment.Control control -> control.token();
              case Fragment.Text text -> text.text();
            })
        .collect(Collectors.joining());
  }

  /**
   * The prompt's token ids, as many as they may be.
   *
   * @param tokensPerImage {@code [images]}, how often each image's placeholder is repeated, in the
   *     order of {@link #images()}
   * @throws InvalidRequestException if a text contains a placeholder for an image and special
   *     tokens are parsed
   * @throws ModelException if the tokenizer lacks one of the control tokens
   */
  public TokenizedPrompt tokenize(Tokenizer tokenizer, int[] tokensPerImage) {
    return Objects.requireNonNull(
        tokenize(tokenizer, tokensPerImage, Integer.MAX_VALUE, WorkGuard.UNBOUNDED));
  }

  /**
   * The prompt's token ids, if there are not too many.
   *
   * @param tokensPerImage as in {@link #tokenize(Tokenizer, int[])}
   * @param enough in a prompt with more tokens than these the rest is not looked at
   * @param guard stops the work
   * @return all tokens, or null if there are more than {@code enough}; a few too many in texts
   *     alone may also be all. A prompt whose text may be cut is null if that does not suffice
   */
  public @Nullable TokenizedPrompt tokenize(
      Tokenizer tokenizer, int[] tokensPerImage, int enough, WorkGuard guard) {
    if (tokensPerImage.length != images.size()) {
      throw new IllegalArgumentException(
          "%d images, but token counts for %d".formatted(images.size(), tokensPerImage.length));
    }
    int[] once = tokenizer.encode(fragments, enough, guard);
    long repeated = IntStream.of(tokensPerImage).asLongStream().sum() - tokensPerImage.length;
    return once == null || (tokensPerImage.length > 0 && once.length + repeated > enough)
        ? null
        : placed(once, tokenizer, tokensPerImage);
  }

  /**
   * The prompt with its images' placeholders repeated.
   *
   * @param once tokens with one placeholder for each image
   */
  final TokenizedPrompt placed(int[] once, Tokenizer tokenizer, int[] tokensPerImage) {
    int imagePad = tokenizer.idOf(IMAGE_PAD).orElse(-1);
    int placeholders = (int) IntStream.of(once).filter(id -> id == imagePad).count();
    int videoPad = tokenizer.idOf(VIDEO_PAD).orElse(-1);
    if (placeholders != images.size() || IntStream.of(once).anyMatch(id -> id == videoPad)) {
      throw new InvalidRequestException(
          "a text contains %s or %s; pass images as parts of their own instead"
              .formatted(IMAGE_PAD, VIDEO_PAD));
    }
    int[] ids = new int[once.length - placeholders + IntStream.of(tokensPerImage).sum()];
    int[] imageStarts = new int[placeholders];
    int image = 0;
    int to = 0;
    for (int id : once) {
      int repeat = 1;
      if (id == imagePad) {
        imageStarts[image] = to;
        repeat = tokensPerImage[image++];
      }
      for (int i = 0; i < repeat; i++) {
        ids[to++] = id;
      }
    }
    return new TokenizedPrompt(ids, imageStarts);
  }

  /**
   * Refuses tokens that stand for images or videos, which a prompt of tokens alone cannot hold.
   *
   * @throws InvalidRequestException if there is one
   */
  public static void refuseMedia(Tokenizer tokenizer, int[] ids) {
    int imagePad = tokenizer.idOf(IMAGE_PAD).orElse(-1);
    int videoPad = tokenizer.idOf(VIDEO_PAD).orElse(-1);
    if (IntStream.of(ids).anyMatch(id -> id == imagePad || id == videoPad)) {
      throw new InvalidRequestException(
          "a prompt contains %s or %s, but no images come with it".formatted(IMAGE_PAD, VIDEO_PAD));
    }
  }

  /**
   * The parts of a request's content: images first, as in the models' own scripts and in vLLM.
   *
   * @return the index of the text among the fragments; -1 if there is none, or if it says where
   *     images are
   */
  final int content(Content content) {
    List<ImageSource> shown = new ArrayList<>();
    StringBuilder joined = new StringBuilder();
    for (Part part : content.parts()) {
      switch (part) {
        case Part.Image image -> shown.add(image.source());
        case Part.Text text -> joined.append(text.text());
      }
    }
    String texts = joined.toString();
    int placed = parseSpecialTokens ? count(texts, IMAGE) : 0;
    if (placed > shown.size()) {
      throw new InvalidRequestException(
          "a text holds %s %d times, but %d images come with it"
              .formatted(IMAGE, placed, shown.size()));
    }
    // As in vLLM: images for which the texts hold no place come first.
    for (int i = placed; i < shown.size(); i++) {
      control(VISION_START);
      control(IMAGE_PAD);
      control(VISION_END);
    }
    images.addAll(shown);
    text(texts);
    return texts.isEmpty() || placed > 0 ? -1 : fragments.size() - 1;
  }

  private static int count(String text, String word) {
    int count = 0;
    for (int at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + word.length())) {
      count++;
    }
    return count;
  }

  /** Words of the template; control-token strings in them are control tokens. */
  final void words(String words) {
    Matcher matcher = CONTROL.matcher(words);
    int start = 0;
    while (matcher.find()) {
      text(words.substring(start, matcher.start()));
      control(matcher.group());
      start = matcher.end();
    }
    text(words.substring(start));
  }

  private void control(String token) {
    fragments.add(new Fragment.Control(token));
  }

  /** A text. All are parsed alike, or neighbours would not be joined. */
  final void text(String text) {
    if (!text.isEmpty()) {
      fragments.add(new Fragment.Text(text, parseSpecialTokens));
    }
  }
}
