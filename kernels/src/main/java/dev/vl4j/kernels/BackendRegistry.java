package dev.vl4j.kernels;

import java.net.URL;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Lists providers and chooses among them. Knows no provider by name. */
final class BackendRegistry {
  private static final System.Logger LOG = System.getLogger("dev.vl4j.kernels");

  private static final String ALL = "all";
  private static final Pattern COMMA = Pattern.compile(",");
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_-]*");
  private static final Pattern CHOICE =
      Pattern.compile("([^:]+)(?::(all|[0-9]{1,9}(?:,[0-9]{1,9})*))?");

  /**
   * A name that people can choose.
   *
   * @param provider null if there is none that could be opened
   * @param refusal why there is none; else empty
   */
  private record Entry(String name, int rank, @Nullable BackendProvider provider, String refusal) {
    static Entry broken(String name, int rank, String refusal) {
      return new Entry(name, rank, null, refusal);
    }

    /** {@code auto} never takes others. */
    boolean isAutomatic() {
      return rank > 0;
    }

    BackendReport report() {
      if (provider == null) {
        return BackendReport.broken(name, List.of(refusal));
      }
      try {
        BackendReport report = ProviderCall.ask(provider::report);
        return report.name().equals(name)
            ? report
            : BackendReport.broken(
                name, List.of("its report is about \"%s\"".formatted(report.name())));
      } catch (BackendException e) {
        LOG.log(System.Logger.Level.DEBUG, "backend " + name + " gives no report", e);
        return BackendReport.broken(name, List.of(String.valueOf(e.getMessage())));
      }
    }
  }

  private final List<Entry> entries;

  BackendRegistry(ProviderSearch.Found found) {
    List<Entry> all = new ArrayList<>();
    for (ProviderSearch.Failure failure : found.failures()) {
      all.add(Entry.broken(failure.name(), Integer.MIN_VALUE, failure.reason()));
    }
    Map<String, List<Entry>> named = new LinkedHashMap<>();
    for (BackendProvider provider : found.providers()) {
      try {
        Entry entry = entry(provider);
        named.computeIfAbsent(entry.name(), name -> new ArrayList<>()).add(entry);
      } catch (BackendException e) {
        all.add(
            Entry.broken(
                provider.getClass().getName(), Integer.MIN_VALUE, String.valueOf(e.getMessage())));
      }
    }
    named.values().forEach(those -> all.add(those.size() == 1 ? those.getFirst() : clash(those)));
    all.sort(Comparator.comparingInt(Entry::rank).reversed().thenComparing(Entry::name));
    entries = List.copyOf(all);
  }

  private static Entry entry(BackendProvider provider) {
    String name = ProviderCall.ask(provider::name);
    if (!NAME.matcher(name).matches() || name.equals(Backends.AUTO)) {
      throw new BackendException(
          "its name is \"%s\"; expected small letters, digits, - and _, and not %s"
              .formatted(name, Backends.AUTO));
    }
    return new Entry(name, ProviderCall.ask(provider::rank), provider, "");
  }

  private static Entry clash(List<Entry> those) {
    String origins =
        those.stream()
            .map(entry -> origin(Objects.requireNonNull(entry.provider())))
            .collect(Collectors.joining(" and "));
    return Entry.broken(
        those.getFirst().name(),
        those.stream().mapToInt(Entry::rank).max().orElseThrow(),
        "%d providers have this name: %s".formatted(those.size(), origins));
  }

  /** A provider's class and where it is from, since one class may be there twice. */
  private static String origin(BackendProvider provider) {
    CodeSource source = provider.getClass().getProtectionDomain().getCodeSource();
    URL location = source == null ? null : source.getLocation();
    String name = provider.getClass().getName();
    return location == null ? name : "%s (%s)".formatted(name, location);
  }

  List<String> names() {
    return entries.stream().filter(entry -> entry.provider() != null).map(Entry::name).toList();
  }

  List<BackendReport> reports() {
    return entries.stream().map(Entry::report).toList();
  }

  <T> Optional<T> capability(String name, Class<T> type) {
    for (Entry entry : entries) {
      BackendProvider provider = entry.provider();
      if (provider != null && entry.name().equals(name)) {
        return ProviderCall.ask(() -> provider.capability(type));
      }
    }
    return Optional.empty();
  }

  BackendChoice choose(String choice, BackendSettings settings) {
    List<BackendChoice> all = chooseAll(choice, settings);
    if (all.size() > 1) {
      throw new BackendException(
          "backend: expected one device, found \"%s\", which are %d".formatted(choice, all.size()));
    }
    return all.getFirst();
  }

  List<BackendChoice> chooseAll(String choice, BackendSettings settings) {
    Matcher parts = CHOICE.matcher(choice);
    if (!parts.matches()) {
      throw new BackendException(
          "backend: expected auto, NAME or NAME:DEVICE with the device's number, found \"%s\";"
                  .formatted(choice)
              + " several devices are NAME:0,1 or NAME:all");
    }
    String name = parts.group(1);
    String devices = parts.group(2);
    if (!name.equals(Backends.AUTO)) {
      return named(name, devices, settings);
    }
    if (devices != null) {
      throw new BackendException(
          "backend: auto chooses the device, too; expected auto, NAME or NAME:DEVICE, found \"%s\""
              .formatted(choice));
    }
    return List.of(best(settings));
  }

  private List<BackendChoice> named(
      String name, @Nullable String devices, BackendSettings settings) {
    Entry entry =
        entries.stream()
            .filter(each -> each.name().equals(name))
            .findFirst()
            .orElseThrow(() ->
                new BackendException(
                    "backend: there is no \"%s\"; expected auto or one of: %s"
                        .formatted(name, described(reports()))));
    BackendReport report = entry.report();
    if (!report.isReady()) {
      throw new BackendException("backend %s: %s".formatted(name, report.detail()));
    }
    List<BackendChoice> choices = new ArrayList<>();
    for (int device : numbers(devices, settings, report)) {
      choices.add(choice(entry, report, settings.withDevice(device), false, List.of()));
    }
    return List.copyOf(choices);
  }

  /** The numbers of the devices that a choice names, or those that it leaves to others. */
  private static List<Integer> numbers(
      @Nullable String devices, BackendSettings settings, BackendReport report) {
    if (devices == null) {
      return List.of(settings.device());
    }
    if (devices.equals(ALL)) {
      return report.devices().stream().map(Device::number).toList();
    }
    List<Integer> numbers = COMMA.splitAsStream(devices).map(Integer::valueOf).toList();
    if (new HashSet<>(numbers).size() < numbers.size()) {
      throw new BackendException(
          "backend %s: expected each device once, found %s".formatted(report.name(), devices));
    }
    return numbers;
  }

  /** The best that is ready; what is better and broken is passed over, but not in silence. */
  private BackendChoice best(BackendSettings settings) {
    List<BackendReport> refusals = new ArrayList<>();
    for (Entry entry : entries) {
      if (entry.isAutomatic()) {
        BackendReport report = entry.report();
        if (report.isReady()) {
          refusals.removeIf(refusal -> refusal.status() == BackendReport.Status.ABSENT);
          return choice(entry, report, settings, true, List.copyOf(refusals));
        }
        refusals.add(report);
      }
    }
    throw new BackendException(
        "backend: none can run here: "
            + (refusals.isEmpty() ? "none was found" : described(refusals)));
  }

  private static BackendChoice choice(
      Entry entry,
      BackendReport report,
      BackendSettings settings,
      boolean automatic,
      List<BackendReport> broken) {
    Device device =
        settings.device() == BackendSettings.PREFERRED_DEVICE
            ? report.devices().getFirst()
            : report.devices().stream()
                .filter(each -> each.number() == settings.device())
                .findFirst()
                .orElseThrow(() -> noDevice(report, settings.device()));
    BackendProvider provider = Objects.requireNonNull(entry.provider());
    return new BackendChoice(provider, entry.name(), device, settings, automatic, broken);
  }

  private static BackendException noDevice(BackendReport report, int device) {
    String devices =
        report.devices().stream().map(Device::toString).collect(Collectors.joining(", "));
    // It may be one of those that the report leaves out, with the reason.
    String others =
        report.details().stream()
            .skip(1)
            .map(detail -> "; " + detail)
            .collect(Collectors.joining());
    return new BackendException(
        "backend %s: there is no device %d; expected one of: %s%s"
            .formatted(report.name(), device, devices, others));
  }

  private static String described(List<BackendReport> reports) {
    return reports.stream()
        .map(report ->
            report.isReady()
                ? report.name()
                : "%s (%s: %s)".formatted(report.name(), report.status(), report.detail()))
        .collect(Collectors.joining(", "));
  }
}
