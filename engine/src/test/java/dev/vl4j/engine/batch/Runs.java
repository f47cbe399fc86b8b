package dev.vl4j.engine.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.vl4j.engine.vision.ImageKey;
import dev.vl4j.engine.vision.Pictures;
import dev.vl4j.engine.vision.PromptImage;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** What a tree keeps of runs in tests: their tokens, and a record of what is still held. */
final class Runs {
  private static final int PLACEHOLDER = -1;
  static final long BYTES_PER_TOKEN = 10;

  /** A placeholder's token: which image it is of, and which of its tokens. */
  private record Seen(ImageKey image, int token) {}

  /** What is not closed yet. */
  final Set<Run> live = new HashSet<>();

  /** Whether runs cannot be split. */
  boolean outOfMemory;

  /** Keeps the tokens of a run. */
  final class Run implements PrefixTree.Cached<Run> {
    private final List<Object> tokens;

    Run(List<Object> tokens) {
      this.tokens = List.copyOf(tokens);
      assertThat(tokens).as("tokens of a run").isNotEmpty();
      live.add(this);
    }

    @Override
    public long bytes() {
      return BYTES_PER_TOKEN * tokens.size();
    }

    @Override
    public PrefixTree.Split<Run> split(int at) {
      if (outOfMemory) {
        throw new OutOfMemoryError("no memory for the parts");
      }
      close();
      return new PrefixTree.Split<>(
          new Run(tokens.subList(0, at)), new Run(tokens.subList(at, tokens.size())));
    }

    @Override
    public void close() {
      assertThat(live.remove(this)).as("closed once").isTrue();
    }
  }

  long liveBytes() {
    return live.stream().mapToLong(Run::bytes).sum();
  }

  /** The nodes of a branch, from the first to the last, without the root. */
  static List<PrefixTree<Run>.Node> path(Branches.Branch<Run> branch) {
    List<PrefixTree<Run>.Node> path = new ArrayList<>();
    for (PrefixTree<Run>.Node node = branch.node(); node != null; node = node.parent()) {
      if (node.parent() != null) {
        path.addFirst(node);
      }
    }
    return path;
  }

  /** Computes what of a branch's path is not. */
  void compute(Branches.Branch<Run> branch) {
    List<Object> tokens = tokens(branch.prompt());
    for (PrefixTree<Run>.Node node : path(branch)) {
      if (node.value() == null) {
        node.keep(new Run(tokens.subList(node.from(), node.to())));
      }
    }
  }

  /** The path says what the prompt says, cuts no image, and leaves the prompt a token. */
  void check(Branches.Branch<Run> branch) {
    List<Object> tokens = tokens(branch.prompt());
    assertThat(branch.ownTokens()).isPositive();
    int at = 0;
    for (PrefixTree<Run>.Node node : path(branch)) {
      assertThat(node.from()).isEqualTo(at);
      assertThat(node.to()).isGreaterThan(at);
      at = node.to();
      List<Object> expected = tokens.subList(node.from(), at);
      assertThat(tokens(node.prompt()).subList(node.from(), at)).isEqualTo(expected);
      Run value = node.value();
      if (value != null) {
        assertThat(value.tokens).isEqualTo(expected);
        assertThat(live).contains(value);
      }
      assertThat(tokens.get(at) instanceof Seen seen && seen.token > 0)
          .as("a picture is cut")
          .isFalse();
    }
    assertThat(branch.node().to()).isEqualTo(at);
  }

  /** A prompt token by token, those of different images told apart. */
  static List<Object> tokens(PreparedPrompt prompt) {
    List<Object> tokens = new ArrayList<>();
    for (int id : prompt.ids()) {
      tokens.add(id);
    }
    for (int i = 0; i < prompt.imageStarts().length; i++) {
      PromptImage image = prompt.images().get(i);
      for (int token = 0; token < image.tokens(); token++) {
        tokens.set(prompt.imageStarts()[i] + token, new Seen(image.key(), token));
      }
    }
    return tokens;
  }

  /** Builds a prompt; images have numbers, and one to three tokens. */
  static final class Prompt {
    private final List<Integer> ids = new ArrayList<>();
    private final List<Integer> imageStarts = new ArrayList<>();
    private final List<PromptImage> images = new ArrayList<>();

    Prompt text(int... tokens) {
      for (int token : tokens) {
        ids.add(token);
      }
      return this;
    }

    /** {@code count} tokens that say the same. */
    Prompt run(int token, int count) {
      for (int i = 0; i < count; i++) {
        ids.add(token);
      }
      return this;
    }

    Prompt image(int number) {
      PromptImage image = Pictures.of(number, 1 + number % 3);
      imageStarts.add(ids.size());
      images.add(image);
      return run(PLACEHOLDER, image.tokens());
    }

    PreparedPrompt end() {
      return new PreparedPrompt(ints(ids), ints(imageStarts), List.copyOf(images));
    }

    private static int[] ints(List<Integer> list) {
      return list.stream().mapToInt(Integer::intValue).toArray();
    }
  }

  /** A prompt of few different tokens and images; many begin alike. */
  static PreparedPrompt random(Random random) {
    Prompt prompt = new Prompt();
    for (int pieces = random.nextInt(12); pieces > 0; pieces--) {
      switch (random.nextInt(4)) {
        case 0 -> prompt.image(random.nextInt(6));
        case 1 -> prompt.run(random.nextInt(2), random.nextInt(6));
        default -> prompt.text(random.nextInt(2));
      }
    }
    return prompt.text(random.nextInt(2)).end();
  }
}
