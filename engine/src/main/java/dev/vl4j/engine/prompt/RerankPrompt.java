package dev.vl4j.engine.prompt;

import dev.vl4j.engine.Content;
import dev.vl4j.engine.ImageSource;
import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.ModelException;
import dev.vl4j.engine.Part;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One query and one document in the words that Qwen3-VL-Reranker was trained on.
 *
 * <p>After {@code qwen3_vl_reranker.py}: nothing stands between the instruction and {@code
 * <Query>:}, images precede texts on either side, and a side without parts is {@code NULL}.
 */
public final class RerankPrompt {
  /** What counts as relevant unless the request says otherwise. */
  public static final String DEFAULT_INSTRUCTION =
      "Given a search query, retrieve relevant candidates that answer the query.";

  private static final String SYSTEM =
      "Judge whether the Document meets the requirements based on the Query and the Instruct"
          + " provided. Note that the answer can only be \"yes\" or \"no\".";
  private static final String TURN_START = "<|im_start|>";
  private static final String TURN_END = "<|im_end|>";
  private static final String VISION_START = "<|vision_start|>";
  private static final String VISION_END = "<|vision_end|>";
  private static final String IMAGE_PAD = "<|image_pad|>";
  private static final String VIDEO_PAD = "<|video_pad|>";

  private final boolean parseSpecialTokens;
  private final List<Fragment> fragments = new ArrayList<>();
  private final List<ImageSource> images = new ArrayList<>();

  /**
   * @param instruction what counts as relevant, or null for {@link #DEFAULT_INSTRUCTION}
   * @param parseSpecialTokens whether special-token strings in the instruction and the texts act as
   *     such tokens
   */
  public RerankPrompt(
      Content query, Content document, @Nullable String instruction, boolean parseSpecialTokens) {
    this.parseSpecialTokens = parseSpecialTokens;
    control(TURN_START);
    text("system\n" + SYSTEM);
    control(TURN_END);
    text("\n");
    control(TURN_START);
    text("user\n<Instruct>: " + (instruction == null ? DEFAULT_INSTRUCTION : instruction));
    text("<Query>:");
    side(query);
    text("\n<Document>:");
    side(document);
    control(TURN_END);
    text("\n");
    control(TURN_START);
    text("assistant\n");
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
   * @throws InvalidRequestException if a text contains a placeholder for a picture and special
   *     tokens are parsed
   * @throws ModelException if the tokenizer lacks one of the control tokens
   */
  public TokenizedPrompt tokenize(Tokenizer tokenizer, int[] tokensPerImage) {
    return Objects.requireNonNull(tokenize(tokenizer, tokensPerImage, Integer.MAX_VALUE));
  }

  /**
   * The prompt's token ids, if there are not too many.
   *
   * @param tokensPerImage as in {@link #tokenize(Tokenizer, int[])}
   * @param enough in a prompt with more tokens than these the rest is not looked at
   * @return all tokens, or null if texts alone have more than {@code enough}; a few too many may
   *     also be all
   */
  public @Nullable TokenizedPrompt tokenize(Tokenizer tokenizer, int[] tokensPerImage, int enough) {
    if (tokensPerImage.length != images.size()) {
      throw new IllegalArgumentException(
          "%d images, but token counts for %d".formatted(images.size(), tokensPerImage.length));
    }
    int[] once = tokenizer.encode(fragments, enough);
    return once == null ? null : placed(once, tokenizer, tokensPerImage);
  }

  private TokenizedPrompt placed(int[] once, Tokenizer tokenizer, int[] tokensPerImage) {
    int imagePad = tokenizer.controlId(IMAGE_PAD);
    int placeholders = (int) IntStream.of(once).filter(id -> id == imagePad).count();
    int videoPad = tokenizer.idOf(VIDEO_PAD).orElse(-1);
    if (placeholders != images.size() || IntStream.of(once).anyMatch(id -> id == videoPad)) {
      throw new InvalidRequestException(
          "a text contains %s or %s; pass pictures as images instead"
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
   * Refuses tokens that stand for pictures or videos, which a prompt of tokens alone cannot hold.
   *
   * @throws InvalidRequestException if there is one
   */
  public static void refuseMedia(Tokenizer tokenizer, int[] ids) {
    int imagePad = tokenizer.controlId(IMAGE_PAD);
    int videoPad = tokenizer.idOf(VIDEO_PAD).orElse(-1);
    if (IntStream.of(ids).anyMatch(id -> id == imagePad || id == videoPad)) {
      throw new InvalidRequestException(
          "a prompt contains %s or %s, but no pictures come with it"
              .formatted(IMAGE_PAD, VIDEO_PAD));
    }
  }

  private void side(Content content) {
    if (content.parts().isEmpty()) {
      text("NULL");
    }
    for (Part part : content.parts()) {
      if (part instanceof Part.Image image) {
        control(VISION_START);
        control(IMAGE_PAD);
        control(VISION_END);
        images.add(image.source());
      }
    }
    for (Part part : content.parts()) {
      if (part instanceof Part.Text text) {
        text(text.text());
      }
    }
  }

  private void control(String token) {
    fragments.add(new Fragment.Control(token));
  }

  /** All texts are parsed alike, or neighbours would not be joined. */
  private void text(String text) {
    fragments.add(new Fragment.Text(text, parseSpecialTokens));
  }
}
