package dev.vl4j.loader;

import static dev.vl4j.loader.LoaderException.oneLine;
import static dev.vl4j.loader.LoaderException.quote;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A JSON file, or a section of one, read by dotted paths such as {@code text_config.hidden_size}.
 *
 * <p>The {@code require} methods refuse a field that is absent or null; the {@code opt} methods
 * answer empty, or null, for one. Both refuse a field of another type: a quoted number is no
 * number, and 2.0 is no integer. Every refusal is a {@link LoaderException} that names the file,
 * the field, what was expected and what was found.
 */
public final class JsonFile {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final Path path;
  private final String prefix;
  private final JsonNode node;

  private JsonFile(Path path, String prefix, JsonNode node) {
    this.path = path;
    this.prefix = prefix;
    this.node = node;
  }

  /**
   * Reads a whole file: one JSON object or array, in UTF-8, without duplicate keys.
   *
   * @throws LoaderException if the file cannot be read or is not that
   */
  public static JsonFile read(Path file) {
    JsonNode root;
    try {
      byte[] bytes = Files.readAllBytes(file);
      LfsPointer.refuse(file, bytes);
      root =
          JSON.readTree(
              StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException e) {
      throw new LoaderException(file + ": is not valid UTF-8", e);
    } catch (IOException e) {
      throw LoaderException.unreadable(file, e);
    } catch (JacksonException e) {
      throw new LoaderException(
          "%s: is not valid JSON: %s (line %d)"
              .formatted(file, JsonReason.of(e.getOriginalMessage()), e.getLocation().getLineNr()),
          e);
    }
    if (!root.isContainer()) {
      throw new LoaderException(file + ": expected a JSON object, found " + describe(root));
    }
    return new JsonFile(file, "", root);
  }

  /** The file this was read from. */
  public Path path() {
    return path;
  }

  /** Names of the fields on this level; empty if the file is an array. */
  public Set<String> keys() {
    return Collections.unmodifiableSet(new LinkedHashSet<>(node.propertyNames()));
  }

  /** Whether the field is there and not null. */
  public boolean has(String field) {
    return find(field) != null;
  }

  /** The object at {@code field}; its own fields are named relative to it. */
  public JsonFile section(String field) {
    return section(field, require(field, "an object"));
  }

  /** The object at {@code field}, if there is one. */
  public Optional<JsonFile> optSection(String field) {
    return Optional.ofNullable(find(field)).map(found -> section(field, found));
  }

  /** The objects in the array at {@code field}; the empty path names the whole file. */
  public List<JsonFile> requireSections(String field) {
    List<JsonFile> sections = new ArrayList<>();
    for (JsonNode element : array(field, require(field, "an array of objects"))) {
      sections.add(section(field + "[" + sections.size() + "]", element));
    }
    return sections;
  }

  /** An integer of 32 bits. */
  public int requireInt(String field) {
    return asInt(field, require(field, "an integer"));
  }

  /** An integer of 32 bits, or empty. */
  public OptionalInt optInt(String field) {
    JsonNode found = find(field);
    return found == null ? OptionalInt.empty() : OptionalInt.of(asInt(field, found));
  }

  /** An integer of 64 bits. */
  public long requireLong(String field) {
    return asLong(field, require(field, "an integer"));
  }

  /** An integer of 64 bits, or empty. */
  public OptionalLong optLong(String field) {
    JsonNode found = find(field);
    return found == null ? OptionalLong.empty() : OptionalLong.of(asLong(field, found));
  }

  /** A finite number, whether written as an integer or not. */
  public double requireDouble(String field) {
    return asDouble(field, require(field, "a number"));
  }

  /** A finite number, or empty. */
  public OptionalDouble optDouble(String field) {
    JsonNode found = find(field);
    return found == null ? OptionalDouble.empty() : OptionalDouble.of(asDouble(field, found));
  }

  /** The finite numbers of the object at {@code field}, by their names, which may have dots. */
  public Map<String, Double> optNumbers(String field) {
    Map<String, Double> numbers = new LinkedHashMap<>();
    JsonNode found = find(field);
    if (found != null) {
      if (!found.isObject()) {
        throw mismatch(field, "an object", found);
      }
      found.forEachEntry((name, value) -> numbers.put(name, asDouble(field + "." + name, value)));
    }
    return numbers;
  }

  /** True or false. */
  public boolean requireBoolean(String field) {
    return asBoolean(field, require(field, "true or false"));
  }

  /** True or false, or null. */
  public @Nullable Boolean optBoolean(String field) {
    JsonNode found = find(field);
    return found == null ? null : (Boolean) asBoolean(field, found);
  }

  /** A string. */
  public String requireString(String field) {
    return asString(field, require(field, "a string"));
  }

  /** A string, or null. */
  public @Nullable String optString(String field) {
    JsonNode found = find(field);
    return found == null ? null : asString(field, found);
  }

  /** An array of integers of 32 bits. */
  public int[] requireInts(String field) {
    return asInts(field, require(field, "an array of integers"));
  }

  /** An array of integers of 32 bits, or null. */
  public int @Nullable [] optInts(String field) {
    JsonNode found = find(field);
    return found == null ? null : asInts(field, found);
  }

  /** An array of finite numbers. */
  public double[] requireDoubles(String field) {
    return asDoubles(field, require(field, "an array of numbers"));
  }

  /** An array of finite numbers, or null. */
  public double @Nullable [] optDoubles(String field) {
    JsonNode found = find(field);
    return found == null ? null : asDoubles(field, found);
  }

  /** An array of strings. */
  public List<String> requireStrings(String field) {
    return elements(field, require(field, "an array of strings"), this::asString);
  }

  /** The object at {@code field} as a map, in file order; its keys may contain dots. */
  public Map<String, String> requireStringMap(String field) {
    JsonNode found = require(field, "an object of strings");
    if (!found.isObject()) {
      throw mismatch(field, "an object of strings", found);
    }
    Map<String, String> map = new LinkedHashMap<>();
    found
        .properties()
        .forEach(entry -> {
          String name = field + "[" + quote(entry.getKey()) + "]";
          map.put(entry.getKey(), asString(name, entry.getValue()));
        });
    return Collections.unmodifiableMap(map);
  }

  private @Nullable JsonNode find(String field) {
    JsonNode found = node;
    for (int from = 0, dot; from < field.length(); from = dot + 1) {
      if (!found.isObject()) {
        throw mismatch(field.substring(0, Math.max(0, from - 1)), "an object", found);
      }
      dot = field.indexOf('.', from);
      dot = dot < 0 ? field.length() : dot;
      found = found.get(field.substring(from, dot));
      if (found == null || found.isNull()) {
        return null;
      }
    }
    return found;
  }

  private JsonNode require(String field, String expected) {
    JsonNode found = find(field);
    if (found == null) {
      throw new LoaderException(
          "%s: %s: expected %s, found nothing".formatted(path, name(field), expected));
    }
    return found;
  }

  private JsonFile section(String field, JsonNode found) {
    if (!found.isObject()) {
      throw mismatch(field, "an object", found);
    }
    return new JsonFile(path, name(field) + ".", found);
  }

  private JsonNode array(String field, JsonNode found) {
    if (!found.isArray()) {
      throw mismatch(field, "an array", found);
    }
    return found;
  }

  private int asInt(String field, JsonNode found) {
    if (!found.isIntegralNumber() || !found.canConvertToInt()) {
      throw mismatch(field, "an integer of 32 bits", found);
    }
    return found.intValue();
  }

  private long asLong(String field, JsonNode found) {
    if (!found.isIntegralNumber() || !found.canConvertToLong()) {
      throw mismatch(field, "an integer of 64 bits", found);
    }
    return found.longValue();
  }

  private double asDouble(String field, JsonNode found) {
    if (!found.isNumber() || !Double.isFinite(found.doubleValue())) {
      throw mismatch(field, "a finite number", found);
    }
    return found.doubleValue();
  }

  private boolean asBoolean(String field, JsonNode found) {
    if (!found.isBoolean()) {
      throw mismatch(field, "true or false", found);
    }
    return found.booleanValue();
  }

  private String asString(String field, JsonNode found) {
    if (!found.isString()) {
      throw mismatch(field, "a string", found);
    }
    return found.stringValue();
  }

  private int[] asInts(String field, JsonNode found) {
    return elements(field, found, this::asInt).stream().mapToInt(Integer::intValue).toArray();
  }

  private double[] asDoubles(String field, JsonNode found) {
    return elements(field, found, this::asDouble).stream()
        .mapToDouble(Double::doubleValue)
        .toArray();
  }

  private <T> List<T> elements(
      String field, JsonNode found, BiFunction<String, JsonNode, T> reading) {
    List<T> elements = new ArrayList<>();
    for (JsonNode element : array(field, found)) {
      elements.add(reading.apply(field + "[" + elements.size() + "]", element));
    }
    return List.copyOf(elements);
  }

  private LoaderException mismatch(String field, String expected, JsonNode found) {
    return new LoaderException(
        "%s: %s: expected %s, found %s".formatted(path, name(field), expected, describe(found)));
  }

  /** A field's path from the beginning of the file, as messages name it. */
  public String name(String field) {
    String name = prefix + field;
    return name.isEmpty() ? "the whole file" : name;
  }

  private static String describe(JsonNode found) {
    return switch (found.getNodeType()) {
      case OBJECT -> "an object";
      case ARRAY -> "an array";
      case STRING -> "string " + quote(found.stringValue());
      case MISSING -> "nothing";
      default -> oneLine(found.toString());
    };
  }
}
