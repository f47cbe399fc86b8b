package dev.vl4j.server.cli;

import dev.vl4j.kernels.BackendChoice;
import dev.vl4j.kernels.BackendException;
import dev.vl4j.kernels.BackendSettings;
import dev.vl4j.kernels.Backends;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** Which backend computes, and on which device. */
final class BackendOption {
  /** What the option may be, as far as this program has backends. */
  static final class Names implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Stream.concat(Stream.of(Backends.AUTO), Backends.names().stream()).iterator();
    }
  }

  @Option(
      names = "--backend",
      paramLabel = "NAME[:DEVICE[,DEVICE...]]",
      defaultValue = Backends.AUTO,
      completionCandidates = Names.class,
      description =
          "What computes: ${COMPLETION-CANDIDATES}. auto, the default, is the best that is ready;"
              + " vl4j doctor lists all with their devices. NAME:0,1 and NAME:all compute on several.")
  String choice = Backends.AUTO;

  /**
   * What the option chooses, which is not opened.
   *
   * @throws CliException if there is no such backend or device, or if it cannot run here
   */
  List<BackendChoice> choose() {
    try {
      return Backends.chooseAll(choice, BackendSettings.DEFAULT);
    } catch (BackendException e) {
      throw new CliException(Errors.message(e), e);
    }
  }
}
