package dev.vl4j.ascend.fake;

/** Statuses that the fakes answer with. Numbers, so that the library's names are tested, too. */
final class Codes {
  static final int INVALID = 100000;
  static final int UNINITIALIZED = 100001;
  static final int REPEATED = 100002;
  static final int RUNTIME_INVALID = 107000;
  static final int NO_SUCH_DEVICE = 107001;
  static final int NO_CONTEXT = 107002;
  static final int FOREIGN_STREAM = 107003;
  static final int OUT_OF_MEMORY = 207018;
  static final int UNSUPPORTED = 207000;
  static final int NULL_POINTER = 161001;
  static final int BAD_ARGUMENT = 161002;
  static final int FIRST_POISONING = 507000;

  private Codes() {}
}
