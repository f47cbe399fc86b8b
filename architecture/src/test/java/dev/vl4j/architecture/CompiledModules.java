package dev.vl4j.architecture;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * All classes of all modules, as this build compiled them, without those of tests.
 *
 * <p>A class belongs to the module in whose folder it was found: modules may share packages, as
 * fuzz targets do with what they attack.
 */
final class CompiledModules {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  /** In the order of the build. */
  static final List<String> NAMES = names();

  static final JavaClasses CLASSES =
      new ClassFileImporter()
          .importPaths(
              NAMES.stream().map(CompiledModules::folder).filter(Files::isDirectory).toList());

  private CompiledModules() {}

  private static List<String> names() {
    try {
      return Pattern.compile("<module>(.+?)</module>")
          .matcher(Files.readString(ROOT.resolve("pom.xml")))
          .results()
          .map((MatchResult match) -> match.group(1))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Where a module's own sources are. */
  static Path sources(String module) {
    return ROOT.resolve(module).resolve("src/main/java");
  }

  private static Path folder(String module) {
    return ROOT.resolve(module).resolve("target/classes");
  }

  /** A module's own package. */
  static String packageOf(String module) {
    return switch (module) {
      case "adapters/spring-ai" -> "dev.vl4j.springai";
      case "adapters/spring-boot-starter" -> "dev.vl4j.springboot";
      case String media when media.startsWith("media/") -> "dev.vl4j." + media.replace('/', '.');
      default -> "dev.vl4j." + Path.of(module).getFileName();
    };
  }

  /** The classes of some modules. */
  static DescribedPredicate<JavaClass> in(String... modules) {
    List<String> folders =
        Arrays.stream(modules).map(name -> folder(name).toUri().toString()).toList();
    return DescribedPredicate.describe(
        "in " + String.join(", ", modules),
        type ->
            type.getSource()
                .map(source -> folders.stream().anyMatch(source.getUri().toString()::startsWith))
                .orElse(false));
  }
}
