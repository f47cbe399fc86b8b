package dev.vl4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.module.Configuration;
import java.lang.module.ModuleFinder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A module that nobody requires provides a backend, on the module path and in a layer. */
class ProviderModulesTest {
  private static final Map<String, String> SOURCES =
      Map.of(
          "abacus/module-info.java",
          """
          module abacus {
            requires dev.vl4j.kernels;
            provides dev.vl4j.kernels.BackendProvider with abacus.AbacusProvider;
          }
          """,
          "abacus/abacus/AbacusProvider.java",
          """
          package abacus;

          import dev.vl4j.kernels.*;
          import java.util.List;

          public class AbacusProvider implements BackendProvider {
            @Override public String name() { return "abacus"; }
            @Override public int rank() { return 1000; }
            @Override public BackendReport report() {
              return BackendReport.ready(
                  "abacus", List.of("beads"), List.of(new Device(4, "wood", 40)));
            }
            @Override public Backend open(BackendSettings settings) {
              throw new BackendException("a bead is missing");
            }
          }
          """,
          "program/module-info.java",
          """
          module program {
            requires dev.vl4j.kernels;
            exports program;
          }
          """,
          "program/program/Program.java",
          """
          package program;

          import dev.vl4j.kernels.*;

          public class Program {
            public static void main(String[] arguments) {
              System.out.println(Backends.names());
              System.out.println(Backends.choose("auto", BackendSettings.DEFAULT));
            }
          }
          """);

  @TempDir private static Path directory;

  private static Path modules;

  @BeforeAll
  static void compile() throws IOException {
    Path sources = directory.resolve("sources");
    modules = directory.resolve("modules");
    for (Map.Entry<String, String> source : SOURCES.entrySet()) {
      Path file = sources.resolve(source.getKey());
      Files.createDirectories(file.getParent());
      Path _ = Files.writeString(file, source.getValue());
    }
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    int code =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                said,
                said,
                "-d",
                modules.toString(),
                "-p",
                kernels().toString(),
                "--module-source-path",
                sources.toString(),
                "-m",
                "abacus,program");
    assertThat(code).as(said.toString(StandardCharsets.UTF_8)).isZero();
  }

  private static Path kernels() {
    return Path.of(
        BackendProvider.class.getProtectionDomain().getCodeSource().getLocation().getPath());
  }

  private static void expectAbacus(String said) {
    assertThat(said.lines()).contains("[abacus, cpu, reference]", "abacus:4");
  }

  @Test
  void aModuleOnTheModulePathIsFound() {
    expectAbacus(
        AnotherJava.runModule(kernels() + File.pathSeparator + modules, "program/program.Program"));
  }

  /** As programs with plug-ins have them, with a class loader for each module. */
  @Test
  void aModuleOfTheSameLayerIsFound() throws Exception {
    ModuleLayer boot = ModuleLayer.boot();
    Configuration configuration =
        boot.configuration()
            .resolveAndBind(
                ModuleFinder.of(kernels(), modules), ModuleFinder.of(), Set.of("program"));
    ModuleLayer layer =
        boot.defineModulesWithManyLoaders(configuration, ClassLoader.getPlatformClassLoader());
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    PrintStream before = System.out;
    System.setOut(new PrintStream(said, true, StandardCharsets.UTF_8));
    try {
      layer
          .findLoader("program")
          .loadClass("program.Program")
          .getMethod("main", String[].class)
          .invoke(null, (Object) new String[0]);
    } finally {
      System.setOut(before);
    }
    expectAbacus(said.toString(StandardCharsets.UTF_8));
  }
}
