package dev.vl4j.engine.prompt;

import dev.vl4j.engine.ModelException;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Parts of a tokenizer.json, written anew with what a byte-level BPE tokenizer needs of them.
 *
 * <p>Each method refuses by a {@link ModelException} what is not supported.
 */
final class TokenizerParts {
  private static final Set<String> BEHAVIORS =
      Set.of("Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous");

  private TokenizerParts() {}

  /** Nothing but the form NFC, or null. */
  static JsonNode normalizer(JsonNode file) {
    if (isAbsent(file)) {
      return JsonMapper.shared().nullNode();
    }
    if (!type(file).equals("NFC")) {
      throw unsupported("normalizer.type", file.path("type"), "NFC");
    }
    return typed("NFC");
  }

  /** Steps that split by a pattern, the last of which may make characters of bytes; or null. */
  static JsonNode preTokenizer(JsonNode file) {
    if (isAbsent(file)) {
      return JsonMapper.shared().nullNode();
    }
    if (!type(file).equals("Sequence")) {
      return step(file, true);
    }
    JsonNode steps = file.path("pretokenizers");
    if (!steps.isArray()) {
      throw unsupported("pre_tokenizer.pretokenizers", steps, "an array");
    }
    ObjectNode sequence = typed("Sequence");
    ArrayNode array = sequence.putArray("pretokenizers");
    for (int i = 0; i < steps.size(); i++) {
      array.add(step(steps.path(i), i == steps.size() - 1));
    }
    return sequence;
  }

  private static JsonNode step(JsonNode file, boolean last) {
    return switch (type(file)) {
      case "Split" -> split(file);
      case "ByteLevel" -> {
        if (!last) { // patterns are for characters of text
          throw new ModelException("pre_tokenizer: expected no step behind ByteLevel");
        }
        ObjectNode step = typed("ByteLevel");
        for (String flag : List.of("add_prefix_space", "trim_offsets", "use_regex")) {
          copyFlag(file, flag, step);
        }
        yield step;
      }
      default ->
          throw unsupported(
              "pre_tokenizer.type", file.path("type"), "Split, ByteLevel or a Sequence of those");
    };
  }

  private static ObjectNode split(JsonNode file) {
    ObjectNode step = typed("Split");
    JsonNode regex = file.path("pattern").path("Regex");
    JsonNode literal = file.path("pattern").path("String");
    if (regex.isString()) {
      SplitPattern.check(regex.stringValue());
      step.putObject("pattern").set("Regex", regex);
    } else if (literal.isString()) {
      step.putObject("pattern").set("String", literal);
    } else {
      throw unsupported("pre_tokenizer.pattern", file.path("pattern"), "a Regex or a String");
    }
    JsonNode behavior = file.path("behavior");
    if (!BEHAVIORS.contains(behavior.asString(""))) {
      throw unsupported("pre_tokenizer.behavior", behavior, "one of " + BEHAVIORS);
    }
    step.set("behavior", behavior);
    copyFlag(file, "invert", step);
    return step;
  }

  /**
   * A BPE model without its vocabulary and merges.
   *
   * @param file has all fields but those two
   */
  static ObjectNode model(JsonNode file) {
    if (!type(file).equals("BPE")) {
      throw unsupported("model.type", file.path("type"), "BPE");
    }
    if (!isAbsent(file.path("dropout")) && file.path("dropout").asDouble(1) != 0) {
      throw new ModelException("model.dropout: a tokenizer with dropout gives no stable answer");
    }
    for (String affix : List.of("continuing_subword_prefix", "end_of_word_suffix")) {
      if (!isAbsent(file.path(affix)) && !file.path(affix).asString("?").isEmpty()) {
        throw unsupported("model." + affix, file.path(affix), "none");
      }
    }
    ObjectNode model = typed("BPE");
    for (String flag : List.of("fuse_unk", "byte_fallback", "ignore_merges")) {
      copyFlag(file, flag, model);
    }
    JsonNode unknown = file.path("unk_token");
    if (!isAbsent(unknown)) {
      if (!unknown.isString()) {
        throw unsupported("model.unk_token", unknown, "a string");
      }
      model.set("unk_token", unknown);
    }
    return model;
  }

  private static void copyFlag(JsonNode from, String name, ObjectNode to) {
    JsonNode flag = from.path(name);
    if (!isAbsent(flag)) {
      if (!flag.isBoolean()) {
        throw unsupported(name, flag, "true or false");
      }
      to.set(name, flag);
    }
  }

  private static ObjectNode typed(String type) {
    return JsonMapper.shared().createObjectNode().put("type", type);
  }

  private static String type(JsonNode part) {
    return part.path("type").asString("");
  }

  private static boolean isAbsent(JsonNode part) {
    return part.isNull() || part.isMissingNode();
  }

  private static ModelException unsupported(String part, JsonNode found, String expected) {
    return new ModelException(
        "%s: expected %s, found %s"
            .formatted(part, expected, found.isMissingNode() ? "none" : found));
  }
}
