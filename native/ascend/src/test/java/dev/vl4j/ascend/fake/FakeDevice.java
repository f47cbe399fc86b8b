package dev.vl4j.ascend.fake;

/** A device: its memory's limit, its streams, and the fault that has poisoned it. */
final class FakeDevice {
  private final FakeCann machine;
  private final int number;
  private final long bytes;
  private int users;
  private int fault;

  FakeDevice(FakeCann machine, int number, long bytes) {
    this.machine = machine;
    this.number = number;
    this.bytes = bytes;
  }

  int number() {
    return number;
  }

  long bytes() {
    return bytes;
  }

  long free() {
    return bytes - machine.memory().bytes(number);
  }

  synchronized void use(int more) {
    users += more;
    if (users == 0) {
      fault = 0;
    }
  }

  synchronized int users() {
    return users;
  }

  /** The status that every call answers with since an operator has failed; 0 if none has. */
  synchronized int fault() {
    return fault;
  }

  synchronized void poison(int status) {
    if (fault == 0) {
      fault = status;
    }
  }

  /** Runs what a stream has come to, unless the device is poisoned. */
  void run(String what, Runnable work) {
    int planned = machine.faults().next(FakeCann.RUN + what);
    if (planned != 0) {
      poison(planned);
    }
    if (fault() != 0) {
      return;
    }
    try {
      work.run();
    } catch (Throwable e) {
      machine.report(what, e);
      poison(507015);
    }
  }
}
