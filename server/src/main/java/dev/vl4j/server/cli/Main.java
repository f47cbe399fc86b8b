package dev.vl4j.server.cli;

import dev.vl4j.server.log.Event;
import dev.vl4j.server.log.LibraryLog;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** Entry point of the command line. */
public final class Main {
  /** Who draws pages of PDF files: see docs/media.md. */
  private static final String PAGES = "vl4j.pdf.process";

  private Main() {}

  /** Runs one command and exits with its code: 0 done, 1 unexpected failure, 2 refused. */
  public static void main(String[] args) {
    // A page may take all memory, or never be done, so it is not drawn where others are served.
    System.getProperties().putIfAbsent(PAGES, "1g");
    Streams streams = Streams.system();
    System.setOut(streams.out()); // for libraries
    System.setErr(streams.err());
    LibraryLog.sendTo(event -> print(event, streams.err()));
    try {
      LocaleCheck.check(args);
    } catch (CliException e) {
      System.exit(Errors.report(e, streams.err(), false));
    }
    System.exit(run(args, streams, ModelOpener::inProcess, new UntilSignal()));
  }

  /** What libraries say while a command runs, in its own words' form. */
  private static void print(Event event, PrintStream err) {
    event.fields().stream()
        .filter(field -> field.name().equals("message"))
        .forEach(field ->
            err.printf(
                "vl4j: %s: %s%n", event.level().name().toLowerCase(Locale.ROOT), field.value()));
    Throwable failure = event.failure();
    if (failure != null) {
      failure.printStackTrace(err);
    }
  }

  static int run(
      String[] args, Streams streams, ModelOpener opener, ServeCommand.Lifetime lifetime) {
    boolean verbose = Arrays.asList(args).contains("--verbose");
    try {
      return run(commandLine(streams, opener, lifetime, verbose), args);
    } catch (Throwable failure) { // picocli passes on errors such as exhausted memory
      return Errors.report(failure, streams.err(), verbose);
    } finally {
      streams.out().flush();
    }
  }

  private static int run(CommandLine line, String[] args) {
    CommandLine serve = line.getSubcommands().get("serve");
    return line.execute(
        serve != null && args.length > 0 && args[0].equals("serve")
            ? serving(serve.getCommandSpec(), args)
            : args);
  }

  /** The arguments as vLLM would understand them. */
  private static String[] serving(CommandSpec serve, String[] args) {
    List<String> words = Arrays.asList(dashed(serve, args));
    List<String> all = new ArrayList<>(List.of(args[0]));
    all.addAll(ConfigFile.expand(serve, words.subList(1, words.size())));
    return all.toArray(String[]::new);
  }

  /** As in vLLM, the words of an option may be joined by underscores. */
  private static String[] dashed(CommandSpec command, String[] args) {
    String[] dashed = args.clone();
    for (int i = 0; i < args.length; i++) {
      int equals = args[i].indexOf('=');
      int end = equals < 0 ? args[i].length() : equals;
      String name = args[i].substring(0, end).replace('_', '-');
      if (command.findOption(name) != null) {
        dashed[i] = name + args[i].substring(end);
      }
    }
    return dashed;
  }

  private static CommandLine commandLine(
      Streams streams, ModelOpener opener, ServeCommand.Lifetime lifetime, boolean verbose) {
    CommandLine serve =
        new CommandLine(new ServeCommand(streams, opener, lifetime, System.getenv(), verbose));
    // The last one counts, as for vLLM: a unit has some, and whoever uses it adds others.
    serve.setOverwrittenOptionsAllowed(true);
    CommandLine search =
        new CommandLine(new SearchCommand())
            .addSubcommand(new SearchIndexCommand(streams, opener))
            .addSubcommand(new SearchAskCommand(streams, opener));
    CommandLine line =
        new CommandLine(new Vl4jCommand())
            .addSubcommand(new DemoCommand(streams, opener))
            .addSubcommand(new RerankCommand(streams, opener, System.getenv()))
            .addSubcommand(new EmbedCommand(streams, opener, System.getenv()))
            .addSubcommand(search)
            .addSubcommand(serve)
            .addSubcommand(new InspectCommand(streams))
            .addSubcommand(new BenchCommand(streams, opener))
            .addSubcommand(new PullCommand(streams))
            .addSubcommand(new DoctorCommand(streams));
    return line.setCaseInsensitiveEnumValuesAllowed(true)
        .setOut(writer(streams.out()))
        .setErr(writer(streams.err()))
        .setParameterExceptionHandler(
            (failure, args) -> Errors.report(failure, streams.err(), verbose))
        .setExecutionExceptionHandler(
            (failure, command, result) -> Errors.report(failure, streams.err(), verbose));
  }

  private static PrintWriter writer(PrintStream stream) {
    return new PrintWriter(new OutputStreamWriter(stream, stream.charset()), true);
  }
}
