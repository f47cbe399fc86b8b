package dev.vl4j.engine.model.config;

import dev.vl4j.engine.ModelException;
import dev.vl4j.loader.JsonFile;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code config.json} says about how a hidden state becomes a score, in the fields of
 * transformers and vLLM. Nothing of it is there in the published rerankers: they compare two tokens
 * of the vocabulary.
 *
 * @param classifier whether the model has a head of its own, {@code score.weight}, as {@code
 *     ForSequenceClassification} in {@code architectures} says
 * @param tokens {@code classifier_from_token}, as the vocabulary spells them: the one that speaks
 *     for relevance is the last, and one that speaks against it may precede it; empty if other
 *     files, or the words "no" and "yes", say which tokens count
 * @param activation what makes a score of a logit
 * @param independentLabels whether a label's logit counts by itself, rather than its share among
 *     all labels
 */
public record HeadConfig(
    boolean classifier, List<String> tokens, Activation activation, boolean independentLabels) {
  /** What makes a score of a logit. */
  public enum Activation {
    /** A probability. */
    SIGMOID,
    /** The logit itself, as after a regression. */
    IDENTITY
  }

  private static final String TOKENS = "classifier_from_token";
  private static final String METHOD = "method";
  private static final String SOFTMAX = "from_2_way_softmax";
  private static final String UNCHANGED = "no_post_processing";
  private static final String ORIGINAL = "is_original_qwen3_reranker";

  /**
   * Reads and checks it.
   *
   * @throws ModelException if a value is not supported or contradicts another
   */
  public static HeadConfig read(JsonFile config) {
    List<String> tokens = tokens(config);
    boolean classifier = tokens.isEmpty() && isClassifier(config);
    String problem = classifier || !tokens.isEmpty() ? config.optString("problem_type") : null;
    Activation activation =
        classifier || !tokens.isEmpty() ? activation(config, problem) : Activation.SIGMOID;
    return new HeadConfig(
        classifier, tokens, activation, "multi_label_classification".equals(problem));
  }

  private static boolean isClassifier(JsonFile config) {
    return config.has("architectures")
        && config.requireStrings("architectures").stream()
            .anyMatch(name -> name.endsWith("ForSequenceClassification"));
  }

  /** Without a method, as many tokens as there are tell it. */
  private static List<String> tokens(JsonFile config) {
    if (!config.has(TOKENS)) {
      return List.of();
    }
    List<String> tokens = config.requireStrings(TOKENS);
    String method = config.optString(METHOD);
    Boolean original = config.optBoolean(ORIGINAL);
    if (method != null && !method.equals(SOFTMAX) && !method.equals(UNCHANGED)) {
      throw ConfigRefusal.of(config, METHOD, SOFTMAX + " or " + UNCHANGED, method);
    }
    boolean two = SOFTMAX.equals(method) || (original != null && original);
    if (tokens.isEmpty() || tokens.size() > 2 || (two && tokens.size() != 2)) {
      throw ConfigRefusal.of(config, TOKENS, two ? "two tokens" : "one or two tokens", tokens);
    }
    return tokens;
  }

  /** The problem goes before a function that is named, as in vLLM. */
  private static Activation activation(JsonFile config, @Nullable String problem) {
    if (problem != null) {
      return switch (problem) {
        case "regression" -> Activation.IDENTITY;
        case "single_label_classification", "multi_label_classification" -> Activation.SIGMOID;
        default ->
            throw ConfigRefusal.of(
                config,
                "problem_type",
                "regression, single_label_classification or multi_label_classification",
                problem);
      };
    }
    for (String field :
        List.of("sentence_transformers.activation_fn", "sbert_ce_default_activation_function")) {
      String function = config.optString(field);
      if (function != null) {
        return switch (function) {
          case "torch.nn.modules.linear.Identity" -> Activation.IDENTITY;
          case "torch.nn.modules.activation.Sigmoid" -> Activation.SIGMOID;
          default ->
              throw ConfigRefusal.of(
                  config,
                  field,
                  "torch.nn.modules.activation.Sigmoid or torch.nn.modules.linear.Identity",
                  function);
        };
      }
    }
    return Activation.SIGMOID;
  }

  /** The score of a logit. */
  public double score(double logit) {
    return activation == Activation.IDENTITY ? logit : 1 / (1 + Math.exp(-logit));
  }
}
