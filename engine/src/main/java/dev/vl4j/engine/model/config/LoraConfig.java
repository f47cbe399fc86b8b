package dev.vl4j.engine.model.config;

import dev.vl4j.engine.ModelException;
import dev.vl4j.loader.JsonFile;
import dev.vl4j.loader.LoaderException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** What {@code adapter_config.json} says of a low-rank adapter, as PEFT 0.21 writes it. */
public final class LoraConfig {
  /** Its name. */
  public static final String FILE = "adapter_config.json";

  private static final double DEFAULT_ALPHA = 8;

  /** Switches that change what is computed in ways that are not computed here. */
  private static final List<String> OFF =
      List.of("use_dora", "fan_in_fan_out", "lora_bias", "use_qalora", "use_bdlora");

  /** Fields that do so whatever they hold. */
  private static final List<String> EMPTY =
      List.of(
          "modules_to_save",
          "layer_replication",
          "target_parameters",
          "trainable_token_indices",
          "megatron_config",
          "alora_invocation_tokens",
          "arrow_config",
          "kasa_config",
          "monteclora_config",
          "velora_config");

  /** A text that a pattern may look at so often, and no longer: some patterns would never end. */
  private static final class Patient implements CharSequence {
    private static final int MOST_LOOKS = 1_000_000;

    private final String text;
    private int looks;

    Patient(String text) {
      this.text = text;
    }

    @Override
    public char charAt(int index) {
      if (++looks > MOST_LOOKS) {
        throw new ModelException("looked at too often: " + text);
      }
      return text.charAt(index);
    }

    @Override
    public int length() {
      return text.length();
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return text.subSequence(start, end);
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /** What some modules have in place of the adapter's alpha. */
  private record OwnAlpha(String key, Pattern pattern, double alpha) {}

  private final Path file;
  private final double alpha;
  private final boolean byRoot;
  private final List<OwnAlpha> alphas = new ArrayList<>();

  private LoraConfig(JsonFile config) {
    file = config.path();
    alpha = config.optDouble("lora_alpha").orElse(DEFAULT_ALPHA);
    Boolean root = config.optBoolean("use_rslora");
    byRoot = root != null && root;
    config
        .optNumbers("alpha_pattern")
        .forEach((key, own) -> alphas.add(new OwnAlpha(key, pattern(config, key), own)));
  }

  /**
   * Reads and checks it.
   *
   * @throws LoaderException if the file is missing or damaged
   * @throws ModelException if the adapter is of another kind
   */
  public static LoraConfig read(Path directory) {
    JsonFile config = JsonFile.read(directory.resolve(FILE));
    String type = config.requireString("peft_type");
    if (!type.equals("LORA")) {
      throw ConfigRefusal.of(config, "peft_type", "LORA", type);
    }
    for (String field : OFF) {
      Boolean on = config.optBoolean(field);
      if (on != null && on) {
        throw ConfigRefusal.of(config, field, "false", "true");
      }
    }
    for (String field : EMPTY) {
      if (config.has(field)) {
        throw ConfigRefusal.of(config, field, "null", "a value");
      }
    }
    String bias = config.optString("bias");
    if (bias != null && !bias.equals("none")) {
      throw ConfigRefusal.of(config, "bias", "none", bias);
    }
    return new LoraConfig(config);
  }

  /** As PEFT has it: a module's whole path, or its end from a dot on. */
  private static Pattern pattern(JsonFile config, String key) {
    try {
      return Pattern.compile("(?:.*\\.)?(?:" + key + ")");
    } catch (PatternSyntaxException e) {
      throw new ModelException(
          "%s: alpha_pattern: expected regular expressions, found %s (%s)"
              .formatted(config.path(), key, e.getDescription()),
          e);
    }
  }

  /**
   * What the product of the two matrices is multiplied with: alpha by the rank, or by its root.
   *
   * @throws ModelException if a pattern of the file would have to be matched for too long
   */
  public double scale(String module, long rank) {
    double own =
        alphas.stream()
            .filter(each -> matches(each, module))
            .map(OwnAlpha::alpha)
            .findFirst()
            .orElse(alpha);
    return own / (byRoot ? Math.sqrt((double) rank) : rank);
  }

  private boolean matches(OwnAlpha own, String module) {
    try {
      return own.pattern.matcher(new Patient(module)).matches();
    } catch (ModelException | StackOverflowError e) {
      throw new ModelException(
          "%s: alpha_pattern: %s takes too long to match with %s".formatted(file, own.key, module),
          e);
    }
  }
}
