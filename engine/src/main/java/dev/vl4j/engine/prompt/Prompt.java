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
import java.util.PrimitiveIterator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What a model reads for one result, in the words of a template: texts, control tokens and places
 * for images and videos.
 */
public abstract class Prompt {
  private static final Pattern CONTROL = Pattern.compile("<\\|\\w+\\|>");
  private static final String VISION_START = "<|vision_start|>";
  private static final String VISION_END = "<|vision_end|>";
  private static final String IMAGE_PAD = "<|image_pad|>";
  private static final String VIDEO_PAD = "<|video_pad|>";
  private static final String IMAGE = VISION_START + IMAGE_PAD + VISION_END;
  private static final String VIDEO = VISION_START + VIDEO_PAD + VISION_END;

  private final boolean parseSpecialTokens;
  private final List<Fragment> fragments = new ArrayList<>();
  private final List<ImageSource> images = new ArrayList<>();
  private final List<Part.Video> videos = new ArrayList<>();

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

  /** The videos, in the order of their places. */
  public List<Part.Video> videos() {
    return List.copyOf(videos);
  }

  /**
   * The prompt as one string, with a single {@code <|image_pad|>} for each image, and a single
   * {@code <|video_pad|>} for each video.
   */
  public String rendered() {
    return fragments.stream()
        .map(fragment ->
            switch (fragment) {
              case Fragment.Control control -> control.token();
              case Fragment.Text text -> text.text();
              case Fragment.Apart text -> text.text();
              case Fragment.Video _ -> VIDEO;
            })
        .collect(Collectors.joining());
  }

  /**
   * The token ids of a prompt without videos, as many as they may be.
   *
   * @param tokensPerImage {@code [images]}, how often each image's placeholder is repeated, in the
   *     order of {@link #images()}
   * @throws InvalidRequestException if a text contains a placeholder for an image and special
   *     tokens are parsed
   * @throws ModelException if the tokenizer lacks one of the control tokens
   */
  public TokenizedPrompt tokenize(Tokenizer tokenizer, int[] tokensPerImage) {
    return Objects.requireNonNull(
        tokenize(
            tokenizer,
            VisualTokens.ofImages(tokensPerImage),
            Integer.MAX_VALUE,
            WorkGuard.UNBOUNDED));
  }

  /**
   * The prompt's token ids, if there are not too many.
   *
   * @param visual of its images and videos
   * @param enough in a prompt with more tokens than these the rest is not looked at
   * @param guard stops the work
   * @return all tokens, or null if there are more than {@code enough}; a few too many in texts
   *     alone may also be all. A prompt whose text may be cut is null if that does not suffice
   */
  public @Nullable TokenizedPrompt tokenize(
      Tokenizer tokenizer, VisualTokens visual, int enough, WorkGuard guard) {
    if (visual.images().length != images.size() || visual.videos().size() != videos.size()) {
      throw new IllegalArgumentException(
          "%d images and %d videos, but token counts for %d and %d"
              .formatted(
                  images.size(), videos.size(), visual.images().length, visual.videos().size()));
    }
    int[] once = tokenizer.encode(filled(visual), enough, guard);
    long repeated = visual.sum() - visual.places();
    return once == null || (visual.places() > 0 && once.length + repeated > enough)
        ? null
        : placed(once, tokenizer, visual);
  }

  /** The prompt's pieces, with the times and slices of its videos; a slice is one placeholder. */
  final List<Fragment> filled(VisualTokens visual) {
    List<Fragment> filled = new ArrayList<>();
    for (Fragment fragment : fragments) {
      if (!(fragment instanceof Fragment.Video(int index))) {
        filled.add(fragment);
        continue;
      }
      VisualTokens.Video video = visual.videos().get(index);
      for (String time : video.timestamps()) {
        String words = "<%s seconds>".formatted(time);
        filled.add(
            video.apart()
                ? new Fragment.Apart(words)
                : new Fragment.Text(words, parseSpecialTokens));
        place(VIDEO_PAD, filled);
      }
    }
    return filled;
  }

  private static void place(String pad, List<Fragment> fragments) {
    fragments.add(new Fragment.Control(VISION_START));
    fragments.add(new Fragment.Control(pad));
    fragments.add(new Fragment.Control(VISION_END));
  }

  /**
   * The prompt with the placeholders of its images and slices repeated.
   *
   * @param once tokens with one placeholder for each
   */
  final TokenizedPrompt placed(int[] once, Tokenizer tokenizer, VisualTokens visual) {
    int imagePad = tokenizer.idOf(IMAGE_PAD).orElse(-1);
    int videoPad = tokenizer.idOf(VIDEO_PAD).orElse(-1);
    int imagePlaces = (int) IntStream.of(once).filter(id -> id == imagePad).count();
    int slicePlaces = (int) IntStream.of(once).filter(id -> id == videoPad).count();
    if (imagePlaces != images.size() || slicePlaces != visual.slices()) {
      throw new InvalidRequestException(
          "a text contains %s or %s; pass images and videos as parts of their own instead"
              .formatted(IMAGE_PAD, VIDEO_PAD));
    }
    PrimitiveIterator.OfInt imageTokens = IntStream.of(visual.images()).iterator();
    PrimitiveIterator.OfInt sliceTokens =
        visual.videos().stream()
            .flatMapToInt(
                video -> video.timestamps().stream().mapToInt(_ -> video.tokensPerSlice()))
            .iterator();
    int[] ids = new int[Math.toIntExact(once.length - visual.places() + visual.sum())];
    int[] imageStarts = new int[visual.places()];
    boolean[] isSlice = new boolean[visual.places()];
    int place = 0;
    int to = 0;
    for (int id : once) {
      int repeat = 1;
      if (id == imagePad || id == videoPad) {
        isSlice[place] = id == videoPad;
        imageStarts[place++] = to;
        repeat = id == videoPad ? sliceTokens.nextInt() : imageTokens.nextInt();
      }
      for (int i = 0; i < repeat; i++) {
        ids[to++] = id;
      }
    }
    return new TokenizedPrompt(ids, imageStarts, isSlice);
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
          "a prompt contains %s or %s, but no images or videos come with it"
              .formatted(IMAGE_PAD, VIDEO_PAD));
    }
  }

  /**
   * The parts of a request's content: videos first, then images, as in the models' own scripts and
   * in vLLM.
   *
   * @return the index of the text among the fragments; -1 if there is none, or if it says where
   *     images or videos are
   */
  final int content(Content content) {
    List<ImageSource> shown = new ArrayList<>();
    List<Part.Video> played = new ArrayList<>();
    StringBuilder joined = new StringBuilder();
    for (Part part : content.parts()) {
      switch (part) {
        case Part.Video video -> played.add(video);
        case Part.Image image -> shown.add(image.source());
        case Part.Text text -> joined.append(text.text());
      }
    }
    String texts = joined.toString();
    int placedImages = parseSpecialTokens ? count(texts, IMAGE, shown.size(), "images") : 0;
    int placedVideos = parseSpecialTokens ? count(texts, VIDEO, played.size(), "videos") : 0;
    // As in vLLM: those for which the texts hold no place come first.
    int next = videos.size();
    for (int i = placedVideos; i < played.size(); i++) {
      fragments.add(new Fragment.Video(next++));
    }
    for (int i = placedImages; i < shown.size(); i++) {
      place(IMAGE_PAD, fragments);
    }
    videos.addAll(played);
    images.addAll(shown);
    int from = 0;
    for (int i = 0; i < placedVideos; i++) {
      int at = texts.indexOf(VIDEO, from);
      text(texts.substring(from, at));
      fragments.add(new Fragment.Video(next++));
      from = at + VIDEO.length();
    }
    String rest = texts.substring(from);
    text(rest);
    return rest.isEmpty() || placedImages + placedVideos > 0 ? -1 : fragments.size() - 1;
  }

  /** How often a text holds the place of an image or a video; at most as many as there are. */
  private static int count(String text, String word, int most, String what) {
    int placed = count(text, word);
    if (placed > most) {
      throw new InvalidRequestException(
          "a text holds %s %d times, but %d %s come with it".formatted(word, placed, most, what));
    }
    return placed;
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
