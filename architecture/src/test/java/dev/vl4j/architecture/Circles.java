package dev.vl4j.architecture;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** What may not lie in a circle of dependencies. */
final class Circles {
  private Circles() {}

  /**
   * The packages below a module's own, and the classes of that own package one by one: there stand
   * both the words that all packages share and what puts these packages together. Classes of it may
   * form circles among themselves, as an interface and the class that its factory makes.
   */
  static SliceAssignment packagesAndTopClasses(String module) {
    return slices(
        "packages and top classes of " + module,
        type -> {
          if (type.getPackageName().equals(module)) {
            return reached(type).stream()
                .filter(other -> reached(other).contains(outermost(type)))
                .map(JavaClass::getName)
                .min(String::compareTo)
                .orElseThrow();
          }
          return type.getPackageName().startsWith(module + ".") ? type.getPackageName() : "";
        });
  }

  /** The class and all classes that it depends on, through none of another package. */
  private static Set<JavaClass> reached(JavaClass from) {
    Set<JavaClass> reached = new HashSet<>();
    Deque<JavaClass> open = new ArrayDeque<>(List.of(outermost(from)));
    while (!open.isEmpty()) {
      JavaClass type = open.pop();
      if (reached.add(type)) {
        from.getPackage().getClasses().stream()
            .filter(part -> outermost(part).equals(type))
            .flatMap(part -> part.getDirectDependenciesFromSelf().stream())
            .map(dependency -> dependency.getTargetClass())
            .filter(target -> target.getPackage().equals(from.getPackage()))
            .forEach(target -> open.push(outermost(target)));
      }
    }
    return reached;
  }

  /** The classes of a package and those below it, one by one. */
  static SliceAssignment classesOf(String place) {
    return slices(
        "classes of " + place,
        type ->
            (type.getPackageName() + ".").startsWith(place + ".") ? outermost(type).getName() : "");
  }

  private static JavaClass outermost(JavaClass type) {
    return type.getEnclosingClass().map(Circles::outermost).orElse(type);
  }

  private static SliceAssignment slices(String description, Function<JavaClass, String> name) {
    return new SliceAssignment() {
      @Override
      public SliceIdentifier getIdentifierOf(JavaClass type) {
        String slice = name.apply(type);
        return slice.isEmpty() ? SliceIdentifier.ignore() : SliceIdentifier.of(slice);
      }

      @Override
      public String getDescription() {
        return description;
      }
    };
  }
}
