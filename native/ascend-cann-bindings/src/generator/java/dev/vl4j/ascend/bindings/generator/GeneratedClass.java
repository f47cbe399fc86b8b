package dev.vl4j.ascend.bindings.generator;

import java.io.IOException;
import java.lang.classfile.Annotation;
import java.lang.classfile.AnnotationValue;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassModel;
import java.lang.classfile.FieldModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.ConstantValueAttribute;
import java.lang.classfile.attribute.MethodParameterInfo;
import java.lang.classfile.constantpool.IntegerEntry;
import java.lang.constant.ClassDesc;
import java.lang.reflect.AccessFlag;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Reads functions and constants out of the class that JavaCPP makes of a header. A function is one
 * or more static native methods, which differ only in how they take addresses.
 */
final class GeneratedClass {
  private static final String ANNOTATIONS = "Lorg/bytedeco/javacpp/annotation/";

  private GeneratedClass() {}

  static Map<String, Integer> constants(ClassModel bindings) {
    Map<String, Integer> constants = new TreeMap<>();
    for (FieldModel field : bindings.fields()) {
      field
          .findAttribute(Attributes.constantValue())
          .map(ConstantValueAttribute::constant)
          .filter(IntegerEntry.class::isInstance)
          .map(IntegerEntry.class::cast)
          .ifPresent(value -> constants.put(field.fieldName().stringValue(), value.intValue()));
    }
    return constants;
  }

  static Map<String, ParsedFunction> functions(ClassModel bindings, Predicate<String> wanted)
      throws IOException {
    Map<String, ParsedFunction> functions = new TreeMap<>();
    for (MethodModel method : bindings.methods()) {
      if (!method.flags().has(AccessFlag.NATIVE)
          || isVariable(method)
          || !wanted.test(method.methodName().stringValue())) {
        continue;
      }
      ParsedFunction function = function(method);
      ParsedFunction before = functions.putIfAbsent(function.name(), function);
      if (before != null && !before.equals(function)) {
        throw new IOException(
            "two readings of %s: %s and %s".formatted(function.name(), before, function));
      }
    }
    return functions;
  }

  /** JavaCPP makes methods of variables, too. */
  private static boolean isVariable(MethodModel method) {
    return method
        .findAttribute(Attributes.runtimeVisibleAnnotations())
        .map(found -> find(found.annotations(), "MemberGetter").isPresent())
        .orElse(false);
  }

  private static ParsedFunction function(MethodModel method) throws IOException {
    String name = method.methodName().stringValue();
    List<ClassDesc> types = method.methodTypeSymbol().parameterList();
    List<List<Annotation>> annotations =
        method
            .findAttribute(Attributes.runtimeVisibleParameterAnnotations())
            .map(found -> found.parameterAnnotations())
            .orElseGet(() -> types.stream().map(type -> List.<Annotation>of()).toList());
    List<MethodParameterInfo> names =
        method
            .findAttribute(Attributes.methodParameters())
            .map(found -> found.parameters())
            .orElse(List.of());
    List<ParsedParameter> parameters = new ArrayList<>();
    for (int i = 0; i < types.size(); i++) {
      List<Annotation> notes = annotations.get(i);
      if (find(notes, "ByVal").isPresent()) {
        throw new IOException("%s takes a structure by value".formatted(name));
      }
      char type = type(types.get(i));
      parameters.add(
          new ParsedParameter(
              names.get(i).name().orElseThrow().stringValue(),
              type,
              type == 'a' ? target(types.get(i), notes) : ""));
    }
    return new ParsedFunction(name, type(method.methodTypeSymbol().returnType()), parameters);
  }

  private static char type(ClassDesc type) throws IOException {
    return switch (type.descriptorString()) {
      case "V" -> 'v';
      case "Z" -> 'z';
      case "B" -> 'b';
      case "I" -> 'i';
      case "J" -> 'j';
      case "F" -> 'f';
      case "D" -> 'd';
      case "S", "C" -> throw new IOException("a parameter of 2 bytes, which nothing here has");
      default -> 'a';
    };
  }

  /** What an address points to: what JavaCPP would cast it to, or what its class stands for. */
  private static String target(ClassDesc type, List<Annotation> annotations) {
    Optional<String> cast =
        find(annotations, "Cast")
            .map(found -> (AnnotationValue.OfArray) found.elements().getFirst().value())
            .map(values -> ((AnnotationValue.OfString) values.values().getFirst()).stringValue());
    String stars = find(annotations, "ByPtrPtr").isPresent() ? "**" : "*";
    return cast.orElseGet(() -> pointee(type) + stars).replaceAll("\\bconst\\b|\\s", "");
  }

  private static String pointee(ClassDesc type) {
    String name = type.isArray() ? type.componentType().displayName() : type.displayName();
    return switch (name) {
      case "Pointer" -> "void";
      case "String", "BytePointer", "ByteBuffer" -> "char";
      case "IntPointer", "IntBuffer" -> "int";
      case "FloatPointer", "FloatBuffer" -> "float";
      default -> name;
    };
  }

  private static Optional<Annotation> find(List<Annotation> annotations, String name) {
    return annotations.stream()
        .filter(found -> found.className().equalsString(ANNOTATIONS + name + ";"))
        .findFirst();
  }
}
