package dev.vl4j.cuda.fake;

import dev.vl4j.cuda.fake.FakeProgram.Declaration;
import dev.vl4j.cuda.fake.Launch.Kind;
import dev.vl4j.cuda.fake.Launch.Parameter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds the kernels of a program in CUDA C++: {@code extern "C" __global__ void
 * __launch_bounds__(256) NAME(...)}. Other code is not looked at, but for its braces; conditions of
 * the preprocessor are not heeded.
 */
final class FakeCompiler {
  /** The program does not compile. */
  static final class CompileError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CompileError(String message) {
      super(message);
    }
  }

  private static final Pattern KERNEL =
      Pattern.compile(
          "extern\\s+\"C\"\\s+__global__\\s+void\\s+(?:__launch_bounds__\\((\\d+)[^)]*\\)\\s+)?"
              + "(\\w+)\\s*\\(([^)]*)\\)");
  private static final Pattern PARAMETER = Pattern.compile("(.*[\\s*])(\\w+)", Pattern.DOTALL);
  private static final Pattern QUALIFIERS = Pattern.compile("\\b(const|__restrict__)\\b");

  private FakeCompiler() {}

  /** Declarations of kernels by name. */
  static Map<String, Declaration> compile(String source) {
    String code = source.replaceAll("(?s)/\\*.*?\\*/", " ").replaceAll("//[^\n]*", "");
    requireBraces(code);
    Map<String, Declaration> declarations = new LinkedHashMap<>();
    Matcher kernel = KERNEL.matcher(code);
    while (kernel.find()) {
      String name = kernel.group(2);
      int threads = kernel.group(1) == null ? Integer.MAX_VALUE : Integer.parseInt(kernel.group(1));
      List<Parameter> parameters = new ArrayList<>();
      for (String declared : kernel.group(3).strip().split(",", -1)) {
        if (!declared.isBlank()) {
          parameters.add(parameter(name, declared.strip()));
        }
      }
      if (declarations.put(name, new Declaration(name, threads, parameters)) != null) {
        throw new CompileError("kernel %s is declared twice".formatted(name));
      }
    }
    long mentioned = Pattern.compile("\\b__global__\\b").matcher(code).results().count();
    if (mentioned != declarations.size()) {
      throw new CompileError(
          "%d kernels, of which the fake can read %s".formatted(mentioned, declarations.keySet()));
    }
    return declarations;
  }

  private static void requireBraces(String code) {
    long open = code.chars().filter(c -> c == '{').count();
    long closed = code.chars().filter(c -> c == '}').count();
    if (open != closed) {
      throw new CompileError("%d opening and %d closing braces".formatted(open, closed));
    }
  }

  private static Parameter parameter(String kernel, String declared) {
    Matcher parts = PARAMETER.matcher(declared);
    if (!parts.matches()) {
      throw new CompileError("kernel %s: parameter %s".formatted(kernel, declared));
    }
    String type = QUALIFIERS.matcher(parts.group(1)).replaceAll(" ").strip();
    if (type.endsWith("*")) {
      return new Parameter(Kind.POINTER, parts.group(2));
    }
    Kind kind =
        switch (type) {
          case "int", "unsigned" -> Kind.INT;
          case "long", "long long", "unsigned long long" -> Kind.LONG;
          case "float" -> Kind.FLOAT;
          default ->
              throw new CompileError(
                  "kernel %s: the fake knows no parameters of type %s".formatted(kernel, type));
        };
    return new Parameter(kind, parts.group(2));
  }
}
