package dev.vl4j.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.vl4j.kernels.BackendReport.Status;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ranks, names, devices and errors, with providers made for the purpose. */
class BackendRegistryTest {
  private final FakeProvider host = FakeProvider.ready("host", 100, 0);
  private final FakeProvider fast = FakeProvider.ready("fast", 200, 3, 1);
  private final FakeProvider slow = FakeProvider.ready("slow", 0, 0);
  private final FakeProvider absent =
      new FakeProvider(
          "npu", 300, BackendReport.absent("npu", List.of("no libnpu.so.1", "no /dev/npu0")));
  private final FakeProvider broken =
      new FakeProvider(
          "gpu", 250, BackendReport.broken("gpu", List.of("the driver is too old", "no kernels")));

  private static BackendRegistry of(BackendProvider... providers) {
    return new BackendRegistry(new ProviderSearch.Found(List.of(providers), List.of()));
  }

  private static BackendChoice choose(BackendRegistry registry, String choice) {
    return registry.choose(choice, BackendSettings.DEFAULT);
  }

  private static void refused(ThrowingCallable call, String message) {
    assertThatThrownBy(call).isInstanceOf(BackendException.class).hasMessage(message);
  }

  @Test
  void theBestComesFirst() {
    BackendRegistry registry = of(slow, host, broken, absent, fast);
    assertThat(registry.names()).containsExactly("npu", "gpu", "fast", "host", "slow");
    assertThat(registry.reports())
        .containsExactly(
            absent.report(), broken.report(), fast.report(), host.report(), slow.report());
    assertThat(of(FakeProvider.ready("b", 7, 0), FakeProvider.ready("a", 7, 0)).names())
        .containsExactly("a", "b");
  }

  @Test
  void autoTakesTheBestThatIsReady() {
    assertThat(choose(of(slow, host, broken, absent, fast), "auto")).hasToString("fast:3");
    assertThat(choose(of(host, slow), "auto").name()).isEqualTo("host");
  }

  @Test
  void autoNeverTakesWhatIsOpenedByNameOnly() {
    refused(() -> choose(of(slow), "auto"), "backend: none can run here: none was found");
    refused(
        () -> choose(of(slow, absent, broken), "auto"),
        "backend: none can run here: npu (absent: no libnpu.so.1; no /dev/npu0), "
            + "gpu (broken: the driver is too old; no kernels)");
    assertThat(choose(of(slow, absent), "slow").name()).isEqualTo("slow");
  }

  @Test
  void aBackendThatCannotRunIsRefusedWithEveryReason() {
    refused(() -> choose(of(host, absent), "npu"), "backend npu: no libnpu.so.1; no /dev/npu0");
    refused(
        () -> choose(of(host, broken), "gpu:0"), "backend gpu: the driver is too old; no kernels");
  }

  @Test
  void anUnknownNameListsThoseThatThereAre() {
    refused(
        () -> choose(of(slow, host, absent), "abacus:1"),
        "backend: there is no \"abacus\"; expected auto or one of: "
            + "npu (absent: no libnpu.so.1; no /dev/npu0), host, slow");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":",
        ":0",
        "fast:",
        "fast:x",
        "fast:-1",
        "fast:+1",
        "fast:1:1",
        "fast:1,",
        "fast:,1",
        "fast:1,all",
        "fast:1, 3",
        "fast: 1",
        "fast:1 ",
        "fast:١",
        "fast:4294967297",
        "fast:1\n"
      })
  void aChoiceIsANameAndANumber(String choice) {
    refused(
        () -> choose(of(host, fast), choice),
        "backend: expected auto, NAME or NAME:DEVICE with the device's number, found \"%s\";"
                .formatted(choice)
            + " several devices are NAME:0,1 or NAME:all");
  }

  @Test
  void devices() {
    BackendRegistry registry = of(host, fast);
    assertThat(choose(registry, "fast").device().number()).isEqualTo(3);
    assertThat(choose(registry, "fast:1").device().name()).isEqualTo("Fake 1000");
    refused(
        () -> choose(registry, "fast:0"),
        "backend fast: there is no device 0; expected one of: 3 (Fake 3000), 1 (Fake 1000)");
    BackendReport report =
        BackendReport.ready(
            "old", List.of("fakes it", "device 0: too old"), List.of(new Device(1, "new", 0)));
    refused(
        () -> choose(of(new FakeProvider("old", 1, report)), "old:0"),
        "backend old: there is no device 0; expected one of: 1 (new); device 0: too old");
    refused(
        () -> choose(registry, "auto:1"),
        "backend: auto chooses the device, too; expected auto, NAME or NAME:DEVICE,"
            + " found \"auto:1\"");
  }

  @Test
  void severalDevices() {
    BackendRegistry registry = of(host, fast);
    assertThat(chosen(registry, "fast:1,3")).containsExactly("fast:1", "fast:3");
    assertThat(chosen(registry, "fast:all")).containsExactly("fast:3", "fast:1");
    assertThat(chosen(registry, "fast:1")).containsExactly("fast:1");
    assertThat(chosen(registry, "fast")).containsExactly("fast:3");
    assertThat(chosen(registry, "auto")).containsExactly("fast:3");
    refused(
        () -> chosen(registry, "fast:1,3,1"),
        "backend fast: expected each device once, found 1,3,1");
    refused(
        () -> chosen(registry, "fast:1,2"),
        "backend fast: there is no device 2; expected one of: 3 (Fake 3000), 1 (Fake 1000)");
    refused(
        () -> choose(registry, "fast:1,3"),
        "backend: expected one device, found \"fast:1,3\", which are 2");
    assertThat(choose(of(host), host.name() + ":all").device().number()).isZero();
  }

  private static List<String> chosen(BackendRegistry registry, String choice) {
    return registry.chooseAll(choice, BackendSettings.DEFAULT).stream()
        .map(BackendChoice::toString)
        .toList();
  }

  @Test
  void settings() {
    BackendRegistry registry = of(host, fast);
    BackendSettings settings = new BackendSettings(1, 5, 77);
    registry.choose("auto", settings).open().close();
    registry.choose("fast:3", settings).open().close();
    choose(registry, "fast").open().close();
    assertThat(fast.opened)
        .containsExactly(
            new BackendSettings(1, 5, 77),
            new BackendSettings(3, 5, 77),
            new BackendSettings(3, 0, 0));
    refused(
        () -> registry.choose("host", settings),
        "backend host: there is no device 1; expected one of: 0 (Fake 0000)");
    refused(() -> BackendSettings.DEFAULT.withThreads(-1), "threads: expected 0 or more, found -1");
    refused(
        () -> BackendSettings.DEFAULT.withMemory(-1), "memory: expected 0 or more bytes, found -1");
    refused(() -> BackendSettings.DEFAULT.withDevice(-2), "device: expected 0 or more, found -2");
  }

  @Test
  void twoOfOneNameAreRefusedAndNamed() {
    FakeProvider twin = new FakeProvider("fast", 1, fast.report()) {
          // A class of its own.
        };
    BackendRegistry registry = of(host, fast, twin);
    assertThatThrownBy(() -> choose(registry, "fast"))
        .hasMessageContaining("backend fast: 2 providers have this name: ")
        .hasMessageContaining(FakeProvider.class.getName())
        .hasMessageContaining(twin.getClass().getName());
    assertThat(registry.names()).containsExactly("host");
    assertThat(registry.reports().getFirst().status()).isEqualTo(Status.BROKEN);
    assertThat(choose(registry, "auto").name()).isEqualTo("host");
    assertThat(registry.capability("fast", InstructionSets.class)).isEmpty();
  }

  /** Asked for anything, it fails. */
  private static BackendProvider failing(RuntimeException inName, RuntimeException inReport) {
    return new FakeProvider("fails", 500, BackendReport.absent("fails", List.of("unused"))) {
      @Override
      public String name() {
        if (inName != null) {
          throw inName;
        }
        return super.name();
      }

      @Override
      public BackendReport report() {
        throw inReport;
      }
    };
  }

  @Test
  void whatAProviderThrowsIsItsOwnFault() {
    BackendProvider nameless = failing(new IllegalStateException("who am I"), null);
    BackendProvider wordless = failing(null, new BackendException("reports of nothing"));
    BackendRegistry registry = of(nameless, host, wordless);
    assertThat(registry.reports())
        .containsExactly(
            BackendReport.broken("fails", List.of("reports of nothing")),
            host.report(),
            BackendReport.broken(
                nameless.getClass().getName(),
                List.of("java.lang.IllegalStateException: who am I")));
    assertThat(choose(registry, "auto").name()).isEqualTo("host");
    refused(() -> choose(registry, "fails"), "backend fails: reports of nothing");
  }

  @Test
  void errorsAreToldInWordsToo() {
    for (Error error :
        List.of(
            new NoClassDefFoundError("dev/gpu/Driver"),
            new ExceptionInInitializerError(new IllegalArgumentException("no such tier")),
            new StackOverflowError(),
            new AssertionError("never"))) {
      BackendProvider provider =
          new FakeProvider("fails", 500, BackendReport.absent("fails", List.of("unused"))) {
            @Override
            public BackendReport report() {
              throw error;
            }
          };
      assertThat(of(provider, host).reports()).hasSize(2).contains(host.report());
      assertThat(of(provider, host).reports().getFirst().detail())
          .isIn(
              "class dev.gpu.Driver is missing",
              "java.lang.IllegalArgumentException: no such tier",
              "java.lang.StackOverflowError",
              "java.lang.AssertionError: never");
    }
  }

  @Test
  void nullAndReportsAboutOthersAreRefused() {
    assertThat(of(new FakeProvider("null", 1, null)).reports())
        .containsExactly(BackendReport.broken("null", List.of("the provider answers null")));
    assertThat(of(new FakeProvider("one", 1, host.report())).reports())
        .containsExactly(BackendReport.broken("one", List.of("its report is about \"host\"")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "auto", "GPU", "a:0", "a b", "0", "käse"})
  void namesThatNobodyCouldChooseAreRefused(String name) {
    FakeProvider provider = FakeProvider.ready(name, 1, 0);
    assertThat(of(provider, host).reports())
        .containsExactly(
            host.report(),
            BackendReport.broken(
                FakeProvider.class.getName(),
                List.of(
                    "its name is \"%s\"; expected small letters, digits, - and _, and not auto"
                        .formatted(name))));
  }

  @Test
  void reportsAreWhole() {
    refused(
        () -> BackendReport.ready("gpu", List.of("fine"), List.of()),
        "report of backend gpu: ready without a device");
    refused(
        () -> BackendReport.broken("gpu", List.of()), "report of backend gpu: expected a detail");
    refused(
        () -> FakeProvider.ready("gpu", 1, 2, 2),
        "report of backend gpu: two devices of one number among [2 (Fake 2000), 2 (Fake 2000)]");
  }

  /** There is no second choice: what says that it is ready must open. */
  @Test
  void whatCannotBeOpenedIsNotReplaced() {
    FakeProvider liar =
        new FakeProvider("liar", 900, FakeProvider.ready("liar", 900, 0).report()) {
          @Override
          public Backend open(BackendSettings settings) {
            throw new UnsatisfiedLinkError("no libgpu in java.library.path");
          }
        };
    refused(
        () -> choose(of(liar, host), "auto").open(),
        "backend liar:0 cannot be opened: java.lang.UnsatisfiedLinkError: no libgpu in"
            + " java.library.path; auto chose it as the best that is ready: name another to do"
            + " without it");
    refused(
        () -> choose(of(liar, host), "liar").open(),
        "backend liar:0 cannot be opened: java.lang.UnsatisfiedLinkError: no libgpu in"
            + " java.library.path");
    assertThat(host.opened).isEmpty();
  }

  @Test
  void whatIsBrokenIsNotPassedOverInSilence() {
    assertThat(warnings(() -> choose(of(absent, broken, host), "auto").open().close()))
        .containsExactly(
            "backend gpu is broken, host:0 is used instead: the driver is too old; no kernels");
    assertThat(warnings(() -> choose(of(absent, host), "auto").open().close())).isEmpty();
    assertThat(warnings(() -> choose(of(broken, host), "host").open().close())).isEmpty();
  }

  private static List<String> warnings(Runnable work) {
    try (Warnings warnings = new Warnings("dev.vl4j.kernels")) {
      work.run();
      return warnings.take();
    }
  }

  @Test
  void capabilitiesAreTheProvidersOwn() {
    FakeProvider able =
        new FakeProvider("able", 1, host.report()) {
          @Override
          public <T> Optional<T> capability(Class<T> type) {
            return type == Runnable.class
                ? Optional.of(type.cast((Runnable) () -> {}))
                : Optional.empty();
          }
        };
    BackendRegistry registry = of(able, host);
    assertThat(registry.capability("able", Runnable.class)).isPresent();
    assertThat(registry.capability("able", InstructionSets.class)).isEmpty();
    assertThat(registry.capability("host", Runnable.class)).isEmpty();
    assertThat(registry.capability("abacus", Runnable.class)).isEmpty();
  }
}
