package dev.vl4j.loader.hub;

/** Names from elsewhere that become paths here. */
final class SafeNames {
  private SafeNames() {}

  /**
   * Whether a name with slashes stays below the directory that it is resolved against, on every
   * operating system: no empty, {@code .} or {@code ..} segment, no drive, no backslash, no control
   * character.
   */
  static boolean isRelative(String name) {
    for (String segment : name.split("/", -1)) {
      boolean drive =
          segment.length() > 1 && segment.charAt(1) == ':' && isLetter(segment.charAt(0));
      if (segment.isEmpty() || segment.equals(".") || segment.equals("..") || drive) {
        return false;
      }
    }
    return name.chars().noneMatch(c -> c == '\\' || Character.isISOControl(c));
  }

  private static boolean isLetter(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  }
}
