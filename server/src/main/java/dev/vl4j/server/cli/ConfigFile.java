package dev.vl4j.server.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Tag;
import org.snakeyaml.engine.v2.resolver.ScalarResolver;
import org.snakeyaml.engine.v2.schema.CoreSchema;
import org.snakeyaml.engine.v2.schema.Schema;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import tools.jackson.databind.json.JsonMapper;

/**
 * Options in a file of YAML, as {@code vllm serve --config} reads them: names without dashes, and
 * values. What the command line says goes before.
 */
final class ConfigFile {
  private static final String OPTION = "--config";
  private static final int MOST_BYTES = 1 << 20;
  private static final Set<String> YES = Set.of("true", "yes", "on");
  private static final Set<String> NO = Set.of("false", "no", "off");

  private final CommandSpec command;
  private final Path file;

  private ConfigFile(CommandSpec command, Path file) {
    this.command = command;
    this.file = file;
  }

  /**
   * A command line with the options of the file that it names in place of {@code --config}; the
   * same one if it names none.
   *
   * @param command whose options they are
   * @param args of the command, after its name
   * @throws CliException if the file cannot be read or says what cannot be
   */
  static List<String> expand(CommandSpec command, List<String> args) {
    List<String> rest = new ArrayList<>();
    String named = null;
    for (int i = 0; i < args.size(); i++) {
      String arg = args.get(i);
      boolean apart = arg.equals(OPTION);
      if (!apart && !arg.startsWith(OPTION + "=")) {
        rest.add(arg);
        continue;
      }
      if (named != null) {
        throw new CliException(OPTION + ": more than one file");
      }
      if (apart && i + 1 == args.size()) {
        throw new CliException(OPTION + ": no file is named");
      }
      named = apart ? args.get(++i) : arg.substring(OPTION.length() + 1);
    }
    if (named == null) {
      return args;
    }
    // Options of the file come last, so that no list of theirs takes what the command line names.
    rest.addAll(new ConfigFile(command, path(named)).options(List.copyOf(rest)));
    return rest;
  }

  private static Path path(String named) {
    try {
      if (named.matches(".*\\.ya?ml")) {
        return Path.of(named);
      }
    } catch (InvalidPathException _) {
      // Said below.
    }
    throw new CliException(OPTION + ": expected a file named .yaml or .yml, found " + named);
  }

  /** What the file adds to a command line. */
  private List<String> options(List<String> args) {
    String text = read();
    Map<?, ?> written = map(text, new AsWritten());
    Map<?, ?> values = map(text, new CoreSchema());
    Set<OptionSpec> given = given(args);
    boolean model = !args.isEmpty() && !args.getFirst().startsWith("-");
    List<String> options = new ArrayList<>();
    written.forEach((key, value) -> {
      String name = String.valueOf(key);
      OptionSpec option = option(name);
      boolean overruled =
          given.contains(option)
              || given.contains(opposite(option.longestName()))
              || (model && isModel(option));
      if (!overruled && value != null) {
        options.addAll(words(name, option, value, values.get(key)));
      }
    });
    return options;
  }

  /** Scalars as they stand there, since YAML makes numbers of some revisions; or nothing. */
  private static final class AsWritten extends CoreSchema {
    @Override
    public ScalarResolver getScalarResolver() {
      ScalarResolver meaning = super.getScalarResolver();
      return (text, implicit) ->
          meaning.resolve(text, implicit).equals(Tag.NULL) ? Tag.NULL : Tag.STR;
    }
  }

  private static boolean isModel(OptionSpec option) {
    return option.longestName().equals("--model");
  }

  private OptionSpec option(String key) {
    OptionSpec option = command.findOption("--" + key.replace('_', '-'));
    if (option == null || option.usageHelp() || option.longestName().equals(OPTION)) {
      throw refused(key, "no such option");
    }
    return option;
  }

  /** The option that takes back what a switch of this name does, if there is one. */
  private @Nullable OptionSpec opposite(String name) {
    return command.findOption(oppositeName(name));
  }

  private static String oppositeName(String name) {
    return name.startsWith("--no-") ? "--" + name.substring(5) : "--no-" + name.substring(2);
  }

  /** The options that a command line has. */
  private Set<OptionSpec> given(List<String> args) {
    Set<OptionSpec> given = new HashSet<>();
    for (String arg : args) {
      OptionSpec option = command.findOption(arg.split("=", 2)[0]);
      if (option != null) {
        given.add(option);
      }
    }
    return given;
  }

  /**
   * @param written the value with all scalars as they are written
   * @param value what it means, which becomes JSON where there is more than a word
   */
  private List<String> words(
      String key, OptionSpec option, Object written, @Nullable Object value) {
    String name = "--" + key.replace('_', '-');
    if (option.arity().max() == 0) {
      return flag(key, name, written);
    }
    if (written instanceof List<?> list && option.arity().max() > 1) {
      List<String> words = new ArrayList<>();
      for (Object item : list) {
        if (!(item instanceof String word)) {
          throw refused(key, "expected a list of words");
        }
        words.add(word);
      }
      if (!words.isEmpty()) {
        words.addFirst(name);
      }
      return words;
    }
    // Joined, so that a value that begins with a dash is none the less a value.
    return List.of(
        name
            + "="
            + (written instanceof String word
                ? word
                : JsonMapper.shared().writeValueAsString(value)));
  }

  private List<String> flag(String key, String name, Object written) {
    String word = String.valueOf(written).toLowerCase(Locale.ROOT);
    if (YES.contains(word)) {
      return List.of(name);
    }
    if (!NO.contains(word)) {
      throw refused(key, "expected true or false, found " + written);
    }
    return opposite(name) == null ? List.of() : List.of(oppositeName(name));
  }

  private String read() {
    try {
      if (!Files.isRegularFile(file)) {
        throw new CliException("%s: no such file: %s".formatted(OPTION, file));
      }
      if (Files.size(file) > MOST_BYTES) {
        throw new CliException(
            "%s: %s: expected %d bytes at most, found %d"
                .formatted(OPTION, file, MOST_BYTES, Files.size(file)));
      }
      return Files.readString(file);
    } catch (IOException e) {
      throw new CliException("%s: %s: %s".formatted(OPTION, file, Errors.message(e)), e);
    }
  }

  private Map<?, ?> map(String text, Schema schema) {
    LoadSettings settings =
        LoadSettings.builder()
            .setLabel(String.valueOf(file.getFileName()))
            .setSchema(schema)
            .setAllowDuplicateKeys(false)
            .setAllowRecursiveKeys(false)
            .setMaxAliasesForCollections(0)
            .setCodePointLimit(MOST_BYTES)
            .build();
    Object content;
    try {
      content = new Load(settings).loadFromString(text);
    } catch (YamlEngineException e) {
      throw new CliException("%s: %s: no YAML: %s".formatted(OPTION, file, reason(e)), e);
    }
    if (content == null) {
      return Map.of(); // nothing but comments
    }
    if (content instanceof Map<?, ?> map) {
      return map;
    }
    throw new CliException(
        "%s: %s: expected names and values, as port: 8000".formatted(OPTION, file));
  }

  /** Without the lines that the library quotes, since a key or a password may be among them. */
  private static String reason(YamlEngineException failure) {
    if (!(failure instanceof MarkedYamlEngineException marked)) {
      return Errors.message(failure);
    }
    String line = marked.getProblemMark().map(mark -> "line " + (mark.getLine() + 1)).orElse("");
    return line + ": " + marked.getProblem();
  }

  private CliException refused(String key, String reason) {
    return new CliException("%s: %s: %s: %s".formatted(OPTION, file, key, reason));
  }
}
