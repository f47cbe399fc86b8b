package dev.vl4j.loader;

import static dev.vl4j.loader.LoaderException.oneLine;
import static dev.vl4j.loader.LoaderException.quote;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.json.JsonMapper;

/**
 * The JSON header of a safetensors file, checked: every tensor's bytes lie inside the data, touch
 * their neighbours and end where the data ends.
 *
 * @param tensors in the order of their bytes
 */
record SafetensorsHeader(List<Placement> tensors, Map<String, String> metadata) {

  /** Where a tensor lies, in bytes from the start of the data. */
  record Placement(String name, ElementType type, List<Long> shape, long begin, long end) {}

  static SafetensorsHeader parse(Path file, byte[] header, long dataBytes) {
    return new Reader(file).read(header, dataBytes);
  }

  /** Reads token by token: a hostile header must not grow into a tree many times its size. */
  private static final class Reader {
    private static final JsonMapper JSON =
        JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

    private final Path file;
    private final List<Placement> tensors = new ArrayList<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();

    Reader(Path file) {
      this.file = file;
    }

    SafetensorsHeader read(byte[] header, long dataBytes) {
      String text;
      try {
        text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(header)).toString();
      } catch (CharacterCodingException e) {
        throw new LoaderException(file + ": header is not valid UTF-8", e);
      }
      if (!text.startsWith("{")) {
        throw new LoaderException(
            file
                + ": header is not a JSON object, it starts with "
                + quote(text.substring(0, Math.min(16, text.length()))));
      }
      try (JsonParser json = JSON.createParser(text)) {
        json.nextToken();
        readEntries(json);
        if (json.nextToken() != null) {
          throw new LoaderException(file + ": header goes on after its JSON object");
        }
      } catch (JacksonException e) {
        throw new LoaderException(
            file + ": header is not valid JSON: " + JsonReason.of(e.getOriginalMessage()), e);
      }
      tensors.sort(Comparator.comparingLong(Placement::begin).thenComparingLong(Placement::end));
      checkCoverage(dataBytes);
      return new SafetensorsHeader(List.copyOf(tensors), Collections.unmodifiableMap(metadata));
    }

    private void readEntries(JsonParser json) {
      while (json.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = json.currentName();
        json.nextToken();
        if (name.equals("__metadata__")) {
          readMetadata(json);
        } else {
          tensors.add(readTensor(json, name));
        }
      }
    }

    private void readMetadata(JsonParser json) {
      if (json.currentToken() != JsonToken.START_OBJECT) {
        throw new LoaderException(file + ": __metadata__ is not a JSON object");
      }
      while (json.nextToken() == JsonToken.PROPERTY_NAME) {
        String key = json.currentName();
        if (json.nextToken() != JsonToken.VALUE_STRING) {
          throw new LoaderException(
              file + ": __metadata__ " + quote(key) + ": expected a string, found " + found(json));
        }
        metadata.put(key, json.getString());
      }
    }

    private Placement readTensor(JsonParser json, String name) {
      if (json.currentToken() != JsonToken.START_OBJECT) {
        throw broken(name, "expected a JSON object, found " + found(json));
      }
      ElementType type = null;
      List<Long> shape = null;
      List<Long> offsets = null;
      while (json.nextToken() == JsonToken.PROPERTY_NAME) {
        String field = json.currentName();
        json.nextToken();
        switch (field) {
          case "dtype" -> type = readType(json, name);
          case "shape" -> shape = readCounts(json, name, field);
          case "data_offsets" -> offsets = readCounts(json, name, field);
          default -> json.skipChildren();
        }
      }
      return place(
          name,
          present(name, "dtype", type),
          present(name, "shape", shape),
          present(name, "data_offsets", offsets));
    }

    private <T> T present(String name, String field, @Nullable T value) {
      if (value == null) {
        throw broken(name, "no " + field);
      }
      return value;
    }

    private ElementType readType(JsonParser json, String name) {
      if (json.currentToken() != JsonToken.VALUE_STRING) {
        throw broken(name, "dtype: expected a string, found " + found(json));
      }
      String dtype = json.getString();
      return ElementType.named(dtype)
          .orElseThrow(() -> broken(name, "unknown dtype " + quote(dtype)));
    }

    private List<Long> readCounts(JsonParser json, String name, String field) {
      if (json.currentToken() != JsonToken.START_ARRAY) {
        throw broken(name, field + ": expected an array, found " + found(json));
      }
      List<Long> counts = new ArrayList<>();
      while (json.nextToken() != JsonToken.END_ARRAY) {
        boolean isLong =
            json.currentToken() == JsonToken.VALUE_NUMBER_INT
                && json.getNumberType() != JsonParser.NumberType.BIG_INTEGER;
        if (!isLong || json.getLongValue() < 0) {
          throw broken(
              name, field + ": expected integers from 0 to 2^63 - 1, found " + found(json));
        }
        counts.add(json.getLongValue());
      }
      return counts;
    }

    private Placement place(String name, ElementType type, List<Long> shape, List<Long> offsets) {
      if (offsets.size() != 2) {
        throw broken(name, "data_offsets: expected 2 numbers, found " + offsets.size());
      }
      long begin = offsets.get(0);
      long end = offsets.get(1);
      if (end < begin) {
        throw broken(name, "data_offsets end before they begin: " + offsets);
      }
      long bytes;
      try {
        bytes = StoredTensor.byteSize(type, shape);
      } catch (ArithmeticException e) {
        throw new LoaderException(
            "%s: tensor %s: the size of shape %s overflows"
                .formatted(file, quote(name), oneLine(shape.toString())),
            e);
      }
      if (bytes != end - begin) {
        throw broken(
            name,
            "%s %s takes %d bytes, but data_offsets %s span %d"
                .formatted(type, oneLine(shape.toString()), bytes, offsets, end - begin));
      }
      return new Placement(name, type, List.copyOf(shape), begin, end);
    }

    private void checkCoverage(long dataBytes) {
      long covered = 0;
      String last = "the header";
      for (Placement tensor : tensors) {
        if (tensor.begin < covered) {
          throw broken(
              tensor.name,
              "overlaps %s: begins at %d, before %d".formatted(last, tensor.begin, covered));
        }
        if (tensor.begin > covered) {
          throw broken(
              tensor.name,
              "gap of %d bytes after %s: begins at %d, expected %d"
                  .formatted(tensor.begin - covered, last, tensor.begin, covered));
        }
        covered = tensor.end;
        last = "tensor " + quote(tensor.name);
      }
      if (covered > dataBytes) {
        throw new LoaderException(
            "%s: truncated: expected %d bytes of tensor data (up to the end of %s), found %d"
                .formatted(file, covered, last, dataBytes));
      }
      if (covered < dataBytes) {
        throw new LoaderException(
            "%s: expected %d bytes of tensor data, found %d: %d bytes after %s belong to nothing"
                .formatted(file, covered, dataBytes, dataBytes - covered, last));
      }
    }

    private LoaderException broken(String tensor, String what) {
      return new LoaderException(file + ": tensor " + quote(tensor) + ": " + what);
    }

    private static String found(JsonParser json) {
      JsonToken token = json.currentToken();
      return switch (token) {
        case START_OBJECT -> "an object";
        case START_ARRAY -> "an array";
        case VALUE_STRING -> "string " + quote(json.getString());
        case null -> "nothing";
        default -> oneLine(String.valueOf(json.getString()));
      };
    }
  }
}
