package dev.vl4j.loader;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A model as it is published: weights, {@code config.json} and the side files around them. Symbolic
 * links, of which a download cache is made, are followed.
 */
public final class ModelDirectory {
  /** What the side files say the model was trained for. */
  public enum Kind {
    /** Scores a pair of query and document. */
    RERANKER,
    /** Turns one input into a vector. */
    EMBEDDER,
    /** Neither side files nor names tell. */
    UNDECLARED
  }

  private record Verdict(Kind kind, String evidence) {}

  // Early revisions of the published rerankers called the scoring head by the second name.
  private static final List<String> SCORE_HEADS = List.of("1_LogitScore", "1_CausalScoreHead");

  private final Path directory;
  private final JsonFile config;
  private final Optional<JsonFile> preprocessor;
  private final Optional<JsonFile> videoPreprocessor;
  private final Optional<JsonFile> tokenizerConfig;
  private final Optional<JsonFile> scoreHead;
  private final Verdict verdict;

  private ModelDirectory(Path directory) {
    this.directory = directory;
    Path configFile = directory.resolve("config.json");
    if (!Files.exists(configFile)) {
      throw new LoaderException(directory + ": no config.json; is this a model directory?");
    }
    config = JsonFile.read(configFile);
    preprocessor =
        optional("processor_config.json")
            .flatMap(processor -> processor.optSection("image_processor"))
            .or(() -> optional("preprocessor_config.json"));
    videoPreprocessor = optional("video_preprocessor_config.json");
    tokenizerConfig = optional("tokenizer_config.json");
    scoreHead =
        SCORE_HEADS.stream().flatMap(head -> optional(head + "/config.json").stream()).findFirst();
    verdict = judge();
  }

  /**
   * Reads the configuration and side files of a model; the weights are left alone.
   *
   * @throws LoaderException if the directory does not exist or is none, if it has no {@code
   *     config.json}, or if a JSON file in it is malformed
   */
  public static ModelDirectory open(Path directory) {
    Objects.requireNonNull(directory, "directory");
    if (!Files.exists(directory)) {
      throw new LoaderException(directory + ": no such directory");
    }
    if (!Files.isDirectory(directory)) {
      throw new LoaderException(directory + ": not a directory");
    }
    return new ModelDirectory(directory);
  }

  /** The directory as it was named to {@link #open}. */
  public Path directory() {
    return directory;
  }

  /** {@code config.json}. */
  public JsonFile config() {
    return config;
  }

  /**
   * How images become patches: the section {@code image_processor} of {@code processor_config.json}
   * or, where there is none, {@code preprocessor_config.json}.
   */
  public Optional<JsonFile> preprocessor() {
    return preprocessor;
  }

  /** {@code video_preprocessor_config.json}: how videos become patches. */
  public Optional<JsonFile> videoPreprocessor() {
    return videoPreprocessor;
  }

  /**
   * Path of {@code tokenizer.json}.
   *
   * @throws LoaderException if the directory has none
   */
  public Path tokenizer() {
    Path file = directory.resolve("tokenizer.json");
    if (!Files.exists(file)) {
      throw new LoaderException(directory + ": no tokenizer.json");
    }
    return file;
  }

  /** {@code tokenizer_config.json}. */
  public Optional<JsonFile> tokenizerConfig() {
    return tokenizerConfig;
  }

  /** What the model is for. Where side files contradict each other, a scoring head decides. */
  public Kind kind() {
    return verdict.kind;
  }

  /** What told the {@link #kind()}, in words for a log line. */
  public String evidence() {
    return verdict.evidence;
  }

  /**
   * Id of the token whose logit speaks for relevance, from {@code 1_LogitScore/config.json}.
   *
   * @throws LoaderException if the field is not an integer
   */
  public OptionalInt trueTokenId() {
    return tokenId("true_token_id");
  }

  /**
   * Id of the token whose logit speaks against relevance, from {@code 1_LogitScore/config.json}.
   *
   * @throws LoaderException if the field is not an integer
   */
  public OptionalInt falseTokenId() {
    return tokenId("false_token_id");
  }

  /**
   * Maps the weights; the caller closes them.
   *
   * @throws LoaderException as {@link Checkpoint#open} does
   */
  public Checkpoint openCheckpoint() {
    return Checkpoint.open(directory);
  }

  private OptionalInt tokenId(String field) {
    return scoreHead.map(head -> head.optInt(field)).orElse(OptionalInt.empty());
  }

  private Optional<JsonFile> optional(String name) {
    Path file = directory.resolve(name);
    return Files.exists(file) ? Optional.of(JsonFile.read(file)) : Optional.empty();
  }

  /**
   * The model type is the same for all kinds, so only side files can tell. They are asked in the
   * order of their weight: what the configuration says of a scoring head, the list of modules, the
   * head, a prompt, a stray folder. Early snapshots have none of them, and only their name tells.
   */
  private Verdict judge() {
    if (config.has("classifier_from_token")) {
      return new Verdict(Kind.RERANKER, "config.json has classifier_from_token");
    }
    for (String architecture :
        config.has("architectures") ? config.requireStrings("architectures") : List.<String>of()) {
      if (architecture.endsWith("ForSequenceClassification")) {
        return new Verdict(Kind.RERANKER, "config.json lists " + architecture);
      }
    }
    boolean pooling = false;
    Optional<JsonFile> modules = optional("modules.json");
    if (modules.isPresent()) {
      for (JsonFile module : modules.get().requireSections("")) {
        String type = Optional.ofNullable(module.optString("type")).orElse("");
        String path = Optional.ofNullable(module.optString("path")).orElse("");
        if (type.endsWith("LogitScore") || SCORE_HEADS.contains(path)) {
          return new Verdict(Kind.RERANKER, "modules.json lists " + (path.isEmpty() ? type : path));
        }
        pooling |= type.endsWith("Pooling");
      }
    }
    if (scoreHead.isPresent()) {
      return new Verdict(
          Kind.RERANKER, directory.relativize(scoreHead.get().path()) + " is present");
    }
    if (pooling) {
      return new Verdict(Kind.EMBEDDER, "modules.json lists Pooling");
    }
    if (Files.exists(directory.resolve("additional_chat_templates/reranker.jinja"))) {
      return new Verdict(Kind.RERANKER, "additional_chat_templates/reranker.jinja is present");
    }
    if (Files.exists(directory.resolve("1_Pooling"))) {
      return new Verdict(Kind.EMBEDDER, "1_Pooling is present");
    }
    for (String name : ModelNames.of(directory, config).toList()) {
      if (ModelNames.saysReranker(name)) {
        return new Verdict(Kind.RERANKER, "it is called " + name);
      }
      if (ModelNames.saysEmbedder(name)) {
        return new Verdict(Kind.EMBEDDER, "it is called " + name);
      }
    }
    return new Verdict(Kind.UNDECLARED, "no side file tells");
  }
}
