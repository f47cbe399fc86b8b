package dev.vl4j.ascend.bindings.generator;

import java.util.ArrayList;
import java.util.List;

/**
 * How this project's header and a toolkit's differ. Names of parameters are each header's own.
 *
 * @param compared how many functions and constants both have
 * @param differences where they say different things
 * @param missing functions and constants that the toolkit does not declare: it may be older or
 *     newer
 */
public record HeaderComparison(int compared, List<String> differences, List<String> missing) {
  /** Compares. */
  public static HeaderComparison of(ParsedHeader own, ParsedHeader toolkit) {
    List<String> differences = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    own.functions()
        .forEach((name, function) -> {
          ParsedFunction other = toolkit.functions().get(name);
          if (other == null) {
            missing.add(name);
          } else {
            compare(function, other, differences);
          }
        });
    own.constants()
        .forEach((name, value) -> {
          Integer other = toolkit.constants().get(name);
          if (other == null) {
            missing.add(name);
          } else if (!other.equals(value)) {
            differences.add("%s is %d here, %d in the toolkit".formatted(name, value, other));
          }
        });
    int all = own.functions().size() + own.constants().size();
    return new HeaderComparison(all - missing.size(), differences, missing);
  }

  private static void compare(
      ParsedFunction own, ParsedFunction toolkit, List<String> differences) {
    String name = own.name();
    if (own.result() != toolkit.result()) {
      differences.add(
          "%s returns %c here, %c in the toolkit".formatted(name, own.result(), toolkit.result()));
    }
    int count = own.parameters().size();
    if (count != toolkit.parameters().size()) {
      differences.add(
          "%s has %d parameters here, %d in the toolkit"
              .formatted(name, count, toolkit.parameters().size()));
      return;
    }
    for (int i = 0; i < count; i++) {
      String here = words(own.parameters().get(i));
      String there = words(toolkit.parameters().get(i));
      if (!here.equals(there)) {
        differences.add(
            "%s: parameter %d (%s) is %s here, %s in the toolkit"
                .formatted(name, i, own.parameters().get(i).name(), here, there));
      }
    }
  }

  /** The type, with one name for all integers of a width. */
  private static String words(ParsedParameter parameter) {
    if (parameter.type() != 'a') {
      return String.valueOf(parameter.type());
    }
    return parameter
        .target()
        .replaceFirst("^(?:u?int64_t|size_t|(?:unsigned)?long(?:long)?)(?=\\*)", "int64")
        .replaceFirst("^(?:u?int32_t|(?:unsigned)?int)(?=\\*)", "int32");
  }
}
