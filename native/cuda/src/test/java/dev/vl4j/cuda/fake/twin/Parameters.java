package dev.vl4j.cuda.fake.twin;

import dev.vl4j.cuda.fake.Launch;

/** A launch's arguments, taken one after another. */
final class Parameters {
  private final Launch launch;
  private int next;

  Parameters(Launch launch) {
    this.launch = launch;
  }

  long address() {
    return launch.address(next++);
  }

  long longInteger() {
    return launch.longAt(next++);
  }

  int integer() {
    return launch.intAt(next++);
  }

  float number() {
    return launch.floatAt(next++);
  }

  /** An address and a stride, of float32 elements. */
  Rows floats() {
    return new Rows(launch, address(), integer(), Rows.FLOAT32);
  }

  /** An address, a stride and a format. */
  Rows rows() {
    return new Rows(launch, address(), integer(), integer());
  }

  /** Float32 elements without gaps; what is at address 0 is not there. */
  Rows vector() {
    return new Rows(launch, address(), 0, Rows.FLOAT32);
  }
}
