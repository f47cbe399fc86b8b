package dev.vl4j.ascend.bindings.generator;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The headers of an installed CANN toolkit, or those of them that have to do with names. */
public final class ToolkitHeaders {
  /** Where toolkits keep headers, depending on their version. */
  private static final List<String> FOLDERS =
      List.of("include", "x86_64-linux/include", "aarch64-linux/include");

  /** Folders of headers there, in an order in which types come before what uses them. */
  private static final List<String> PARTS = List.of("acl", "aclnn", "aclnnop");

  /** Types that all others build on: read first, whoever is named in them. */
  private static final List<String> TYPES =
      List.of("acl_base_rt.h", "acl_base.h", "rt_error_codes.h", "acl_meta.h", "aclnn_base.h");

  /** A variable that never changes is an enumerator to us: it is a number in the parser's class. */
  private static final Pattern VARIABLE =
      Pattern.compile(
          "^[ \\t]*(?:static\\s+|inline\\s+)*(?:constexpr|const)\\s+(?:static\\s+)?"
              + "(?:int|int32_t|uint32_t|aclError|aclnnStatus)\\s+(\\w+)\\s*(?:=\\s*|\\{)"
              + "(-?\\w+)\\s*\\}?;",
          Pattern.MULTILINE);

  /** Notes for compilers, which say nothing of types. */
  private static final Pattern NOTE =
      Pattern.compile(
          "ACL_DEPRECATED_MESSAGE\\s*\\([^)]*\\)|__attribute__\\s*\\(\\((?:[^()]|\\([^()]*\\))*\\)\\)"
              + "|\\[\\[[^\\]]*\\]\\]");

  private final Path folder;

  private ToolkitHeaders(Path folder) {
    this.folder = folder;
  }

  /**
   * The headers of a toolkit.
   *
   * @param home what {@code ASCEND_TOOLKIT_HOME} names
   * @throws IOException if there are none
   */
  public static ToolkitHeaders of(Path home) throws IOException {
    for (String name : FOLDERS) {
      Path folder = home.resolve(name);
      if (Files.isDirectory(folder.resolve("acl"))) {
        return new ToolkitHeaders(folder);
      }
    }
    throw new IOException(
        "%s: expected a CANN toolkit with acl/acl.h in one of %s, found none"
            .formatted(home, FOLDERS));
  }

  /** Where they are. */
  public Path folder() {
    return folder;
  }

  /**
   * Reads what these headers say of some functions and constants.
   *
   * @param work an empty folder, for what is made on the way
   */
  public ParsedHeader parse(Set<String> functions, Set<String> constants, Path work)
      throws IOException {
    StringBuilder text = new StringBuilder();
    for (Path file : files(functions, constants)) {
      text.append(plain(Files.readString(file, StandardCharsets.UTF_8))).append('\n');
    }
    Path all = Files.createDirectories(work.resolve("headers"));
    Files.writeString(all.resolve(AscendHeader.FILE), text);
    return ParsedHeader.parse(all, work.resolve("parsed"), functions::contains);
  }

  /** Each file once, though a toolkit may have it in several folders. */
  private List<Path> files(Set<String> functions, Set<String> constants) throws IOException {
    Pattern names =
        Pattern.compile(
            Stream.concat(
                    functions.stream().map(name -> name + "\\s*\\("),
                    constants.stream().map(name -> name + "\\b"))
                .collect(Collectors.joining("|", "\\b(?:", ")")));
    Map<String, Path> files = new TreeMap<>(Comparator.comparing(ToolkitHeaders::order));
    for (String part : PARTS) {
      if (!Files.isDirectory(folder.resolve(part))) {
        continue;
      }
      List<Path> headers;
      try (Stream<Path> tree = Files.walk(folder.resolve(part))) {
        headers = tree.filter(path -> path.toString().endsWith(".h")).sorted().toList();
      }
      for (Path header : headers) {
        String name = header.getFileName().toString();
        if (TYPES.contains(name)
            || names.matcher(Files.readString(header, StandardCharsets.UTF_8)).find()) {
          files.putIfAbsent(name, header);
        }
      }
    }
    return List.copyOf(files.values());
  }

  private static String order(String name) {
    int place = TYPES.indexOf(name);
    // Headers of the runtime come before those of operators, since acl_ sorts before aclnn_.
    return "%d %s".formatted(place < 0 ? TYPES.size() : place, name);
  }

  private static String plain(String header) {
    String noted = NOTE.matcher(header).replaceAll(" ");
    return VARIABLE.matcher(noted).replaceAll("enum { $1 = $2 };");
  }
}
