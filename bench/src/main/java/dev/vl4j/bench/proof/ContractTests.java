package dev.vl4j.bench.proof;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectMethod;

import dev.vl4j.bench.Arguments;
import dev.vl4j.bench.ResultTable;
import dev.vl4j.bench.ResultTable.Verdict;
import java.util.Arrays;
import java.util.List;
import org.junit.platform.engine.DiscoverySelector;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/**
 * Tests of the project, run on a device. A test that is skipped has proven nothing, so it counts as
 * one that failed.
 */
public final class ContractTests {
  private static final int SHOWN = 20;

  /** Counts, and prints what does not succeed as it happens. */
  private static final class Results implements TestExecutionListener {
    private int passed;
    private int failed;
    private int skipped;

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
      skip(test, reason);
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
      switch (result.getStatus()) {
        case SUCCESSFUL -> passed += test.isTest() ? 1 : 0;
        case ABORTED -> skip(test, message(result));
        case FAILED -> {
          failed++;
          if (failed <= SHOWN) {
            System.out.printf("FAILED: %s: %s%n", test.getUniqueId(), message(result));
            result.getThrowable().ifPresent(failure -> failure.printStackTrace(System.out));
          }
        }
      }
    }

    private void skip(TestIdentifier test, String reason) {
      skipped++;
      if (skipped <= SHOWN) {
        System.out.printf("SKIPPED: %s: %s%n", test.getDisplayName(), reason);
      }
    }

    private static String message(TestExecutionResult result) {
      return result.getThrowable().map(Throwable::toString).orElse("no reason is given");
    }
  }

  private ContractTests() {}

  /**
   * Options: {@code --tests CLASS,CLASS#METHOD,...}, {@code --what} for the table, {@code --table
   * FILE}. The exit code is 1 unless there are tests and all of them pass.
   */
  public static void main(String[] arguments) {
    Arguments options = new Arguments(arguments, "tests", "what", "table");
    List<DiscoverySelector> selectors =
        Arrays.stream(options.require("tests").split(",", -1))
            .map(ContractTests::selector)
            .toList();
    LauncherDiscoveryRequest request =
        LauncherDiscoveryRequestBuilder.request().selectors(selectors).build();
    Results results = new Results();
    LauncherFactory.create().execute(request, results);
    ResultTable table = new ResultTable(options.path("table"));
    table.add(
        options.string("what", "tests"),
        "all pass",
        "%d pass, %d fail, %d skipped".formatted(results.passed, results.failed, results.skipped),
        Verdict.required(results.passed > 0 && results.failed == 0 && results.skipped == 0));
    // Engines may have left threads behind that are no daemons.
    System.exit(table.isAnyWrong() ? 1 : 0);
  }

  private static DiscoverySelector selector(String name) {
    return name.contains("#") ? selectMethod(name) : selectClass(name);
  }
}
