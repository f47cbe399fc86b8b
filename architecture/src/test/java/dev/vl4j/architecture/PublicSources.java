package dev.vl4j.architecture;

import com.sun.source.tree.BlockTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ExportsTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ModifiersTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePath;
import com.sun.source.util.TreePathScanner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import javax.lang.model.element.Modifier;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/** What a module exports, as its sources have it: every declaration with its comment. */
final class PublicSources {
  /**
   * A declaration that other modules see.
   *
   * @param name with the types that it is in: {@code Content.image}
   * @param comment without the comment's signs, or null
   */
  record Declaration(String name, Tree tree, @Nullable String comment) {}

  private PublicSources() {}

  /** All exported declarations of a module, package pages included. */
  static List<Declaration> of(String module) throws IOException {
    List<Path> exported = new ArrayList<>();
    for (String name : exportedPackages(module)) {
      Path folder = CompiledModules.sources(module).resolve(name.replace('.', '/'));
      try (Stream<Path> each = Files.list(folder)) {
        each.filter(file -> file.toString().endsWith(".java")).sorted().forEach(exported::add);
      }
    }
    Parsed parsed = parse(exported);
    Scanner scanner = new Scanner(parsed.comments());
    parsed.units().forEach(unit -> scanner.scan(unit, null));
    return scanner.found;
  }

  /** Where no module is declared, because the framework is none, that is the module's package. */
  static List<String> exportedPackages(String module) throws IOException {
    Path file = CompiledModules.sources(module).resolve("module-info.java");
    if (!Files.exists(file)) {
      return List.of(CompiledModules.packageOf(module));
    }
    return parse(List.of(file)).units().getFirst().getModule().getDirectives().stream()
        .filter(ExportsTree.class::isInstance)
        .map(directive -> ((ExportsTree) directive).getPackageName().toString())
        .toList();
  }

  private record Parsed(List<CompilationUnitTree> units, DocTrees comments) {}

  private static Parsed parse(List<Path> sources) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      JavacTask task =
          (JavacTask)
              compiler.getTask(
                  null, files, null, null, null, files.getJavaFileObjectsFromPaths(sources));
      List<CompilationUnitTree> units = new ArrayList<>();
      task.parse().forEach(units::add);
      return new Parsed(units, DocTrees.instance(task));
    }
  }

  private static final class Scanner extends TreePathScanner<@Nullable Void, @Nullable Void> {
    private final List<Declaration> found = new ArrayList<>();
    private final DocTrees comments;

    Scanner(DocTrees comments) {
      this.comments = comments;
    }

    @Override
    public @Nullable Void visitCompilationUnit(CompilationUnitTree unit, @Nullable Void none) {
      if (unit.getSourceFile().isNameCompatible("package-info", unit.getSourceFile().getKind())) {
        TreePath page = new TreePath(new TreePath(unit), Objects.requireNonNull(unit.getPackage()));
        found.add(
            new Declaration(
                unit.getPackageName().toString(), page.getLeaf(), comments.getDocComment(page)));
      }
      return super.visitCompilationUnit(unit, null);
    }

    @Override
    public @Nullable Void visitClass(ClassTree type, @Nullable Void none) {
      if (!isPublic(type.getModifiers())) {
        return null;
      }
      add(type.getSimpleName().toString(), type);
      return super.visitClass(type, null);
    }

    @Override
    public @Nullable Void visitMethod(MethodTree method, @Nullable Void none) {
      if (isPublic(method.getModifiers())) {
        add(method.getName().toString(), method);
      }
      return null;
    }

    /** Constants and other fields; what is declared within methods and types is not looked at. */
    @Override
    public @Nullable Void visitVariable(VariableTree field, @Nullable Void none) {
      if (isPublic(field.getModifiers())) {
        add(field.getName().toString(), field);
      }
      return null;
    }

    @Override
    public @Nullable Void visitBlock(BlockTree block, @Nullable Void none) {
      return null;
    }

    /** Members of interfaces are public unless they say otherwise. */
    private boolean isPublic(ModifiersTree modifiers) {
      Set<Modifier> flags = modifiers.getFlags();
      TreePath around = getCurrentPath().getParentPath();
      boolean inInterface =
          around.getLeaf() instanceof ClassTree type
              && Set.of(Tree.Kind.INTERFACE, Tree.Kind.ANNOTATION_TYPE).contains(type.getKind());
      return flags.contains(Modifier.PUBLIC) || (inInterface && !flags.contains(Modifier.PRIVATE));
    }

    private void add(String name, Tree tree) {
      StringBuilder full = new StringBuilder(name);
      for (TreePath path = getCurrentPath().getParentPath();
          path.getLeaf() instanceof ClassTree type;
          path = path.getParentPath()) {
        full.insert(0, type.getSimpleName() + ".");
      }
      found.add(
          new Declaration(
              full.toString().replace("<init>", "constructor"),
              tree,
              comments.getDocComment(getCurrentPath())));
    }
  }

  /** Whether a declaration only gives another one's method a body. */
  static boolean overrides(Declaration declaration) {
    return declaration.tree() instanceof MethodTree method
        && method.getModifiers().getAnnotations().stream()
            .anyMatch(each -> each.getAnnotationType().toString().equals("Override"));
  }

  /** The components of a record, or nothing. */
  static List<VariableTree> components(Tree tree) {
    if (tree.getKind() != Tree.Kind.RECORD) {
      return List.of();
    }
    return ((ClassTree) tree)
        .getMembers().stream()
            .filter(VariableTree.class::isInstance)
            .map(VariableTree.class::cast)
            .filter(field -> !field.getModifiers().getFlags().contains(Modifier.STATIC))
            .toList();
  }

  /** Whether something may be null: {@code @Nullable Path}. */
  static boolean isNullable(VariableTree variable) {
    return (variable.getModifiers() + " " + variable.getType()).contains("@Nullable");
  }
}
