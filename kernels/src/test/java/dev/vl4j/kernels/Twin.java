package dev.vl4j.kernels;

import static org.assertj.core.api.Assertions.fail;

import dev.vl4j.kernels.reference.ReferenceBackend;

/**
 * The same elements in the backend under test and in the reference. A twin is a view with a gap
 * before and after each row, so that every operation meets row strides, and so that a write beyond
 * an operand shows.
 */
record Twin(Backend backend, Tensor wholeTested, Tensor wholeTrue, Tensor tested, Tensor truth) {
  static final ReferenceBackend REFERENCE = new ReferenceBackend();
  private static final int BEFORE = 3;
  private static final int AFTER = 2;

  /** How far an element may be off. */
  interface Tolerance {
    double at(int row, int column, double truth);
  }

  static Twin of(Backend backend, float[] values, int rows, int columns) {
    int width = columns + BEFORE + AFTER;
    float[] whole = new float[rows * width];
    java.util.Arrays.fill(whole, 7);
    for (int row = 0; row < rows; row++) {
      System.arraycopy(values, row * columns, whole, row * width + BEFORE, columns);
    }
    return over(backend, whole, rows, width).columns(BEFORE, BEFORE + columns);
  }

  /** Without gaps. */
  static Twin over(Backend backend, float[] values, int rows, int columns) {
    Tensor tested = backend.upload(values, rows, columns);
    Tensor truth = REFERENCE.upload(values, rows, columns);
    return new Twin(backend, tested, truth, tested, truth);
  }

  static Twin empty(Backend backend, int rows, int columns) {
    return of(backend, new float[rows * columns], rows, columns);
  }

  Twin columns(int from, int to) {
    return new Twin(
        backend, wholeTested, wholeTrue, tested.columns(from, to), truth.columns(from, to));
  }

  /** A copy of some rows. */
  Twin pick(int... rows) {
    float[] all = REFERENCE.download(truth);
    float[] picked = new float[rows.length * truth.columns()];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(
          all, rows[i] * truth.columns(), picked, i * truth.columns(), truth.columns());
    }
    return of(backend, picked, rows.length, truth.columns());
  }

  void compare(String what, Tolerance tolerance) {
    compare(what, backend.download(tested), REFERENCE.download(truth), tolerance);
    // The gaps: whatever lies there must be what was there.
    float[] all = backend.download(wholeTested);
    float[] allTrue = REFERENCE.download(wholeTrue);
    for (int i = 0; i < all.length; i++) {
      if (allTrue[i] == 7 && all[i] != 7 && i % wholeTested.columns() < BEFORE) {
        fail("%s: wrote before row %d", what, i / wholeTested.columns());
      }
      if (i % wholeTested.columns() >= BEFORE + tested.columns() && all[i] != allTrue[i]) {
        fail("%s: wrote after row %d", what, i / wholeTested.columns());
      }
    }
  }

  private void compare(String what, float[] got, float[] want, Tolerance tolerance) {
    for (int i = 0; i < want.length; i++) {
      int row = i / tested.columns();
      int column = i % tested.columns();
      double allowed = tolerance.at(row, column, want[i]);
      // Written so that a NaN is a failure.
      if (!(Math.abs((double) got[i] - want[i]) <= allowed)) {
        fail(
            "%s [%d, %d]: %s, expected %s +- %.3g, seed %d",
            what, row, column, got[i], want[i], allowed, Seeds.seed());
      }
    }
  }
}
