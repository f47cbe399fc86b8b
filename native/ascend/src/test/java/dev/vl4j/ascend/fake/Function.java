package dev.vl4j.ascend.fake;

/** What a function of a library does. */
interface Function {
  /**
   * @return an int, or an address for functions that return one
   */
  Object call(Arguments call);
}
