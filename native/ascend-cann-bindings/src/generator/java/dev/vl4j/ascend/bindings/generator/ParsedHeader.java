package dev.vl4j.ascend.bindings.generator;

import java.io.IOException;
import java.io.StringWriter;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.Predicate;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.tools.Logger;
import org.bytedeco.javacpp.tools.Parser;
import org.bytedeco.javacpp.tools.ParserException;

/**
 * What a header declares. JavaCPP's parser makes a Java class of it, which is compiled and read,
 * and never loaded: it would ask for native code.
 *
 * @param functions by name, in alphabetical order
 * @param constants enumerators and macros by name, likewise
 */
public record ParsedHeader(Map<String, ParsedFunction> functions, Map<String, Integer> constants) {
  /** Types of C that are alike on all platforms on which CANN runs. */
  private static final String PLATFORM = "linux-x86_64";

  /**
   * Reads a header.
   *
   * @param folder has a file {@code ascend_abi.h}
   * @param work an empty folder, for what is made on the way
   */
  public static ParsedHeader parse(Path folder, Path work) throws IOException {
    return parse(folder, work, name -> true);
  }

  /**
   * Reads some functions of a header, and all constants.
   *
   * @param wanted which functions, by name: others may have types that no function here has
   */
  static ParsedHeader parse(Path folder, Path work, Predicate<String> wanted) throws IOException {
    Path sources = Files.createDirectories(work.resolve("java"));
    Path classes = Files.createDirectories(work.resolve("classes"));
    Properties properties = Loader.loadProperties(PLATFORM, null);
    properties.setProperty("platform.includepath", folder.toString());
    try {
      new Parser(new Quiet(), properties)
          .parse(sources.toFile(), new String[0], AscendHeader.class);
    } catch (ParserException e) {
      throw new IOException("%s: %s".formatted(folder, e.getMessage()), e);
    }
    compile(sources, classes);
    Path file =
        classes.resolve(AscendHeader.PACKAGE.replace('.', '/'), AscendHeader.CLASS + ".class");
    ClassModel bindings = ClassFile.of().parse(file);
    return new ParsedHeader(
        GeneratedClass.functions(bindings, wanted), GeneratedClass.constants(bindings));
  }

  /** The parser writes its progress, which belongs to nobody's build log. */
  private static final class Quiet extends Logger {
    @Override
    public void info(String message) {}
  }

  private static void compile(Path sources, Path classes) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    Path own = Files.createDirectories(classes.resolveSibling("own"));
    String mapper = AscendHeader.class.getName();
    // The parser's class extends the one that configured it, of which only the name matters.
    Path stub = own.resolve(mapper.replace('.', '/') + ".java");
    Files.createDirectories(stub.getParent());
    Files.writeString(
        stub,
        "package %s; public class %s {}"
            .formatted(AscendHeader.class.getPackageName(), AscendHeader.class.getSimpleName()));
    StringWriter messages = new StringWriter();
    List<Path> files;
    try (Stream<Path> tree = Files.walk(sources)) {
      files =
          Stream.concat(tree.filter(path -> path.toString().endsWith(".java")), Stream.of(stub))
              .toList();
    }
    try (var manager = compiler.getStandardFileManager(null, null, null)) {
      List<String> options =
          List.of("-proc:none", "-nowarn", "-Xlint:none", "-parameters", "-d", classes.toString());
      var task =
          compiler.getTask(
              messages, manager, null, options, null, manager.getJavaFileObjectsFromPaths(files));
      if (!task.call()) {
        throw new IOException("what JavaCPP makes of the header does not compile:\n" + messages);
      }
    }
  }
}
