package dev.vl4j.ascend.fake;

/** An operator: the first phase checks, and gives what the second enqueues. */
interface Operator {
  /**
   * @throws Status if it refuses the arguments
   */
  Runnable prepare(OperatorCall call);
}
