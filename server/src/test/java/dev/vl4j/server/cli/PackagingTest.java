package dev.vl4j.server.cli;

import static dev.vl4j.server.cli.ProjectFiles.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.vl4j.server.http.ServerOptions;
import dev.vl4j.server.process.JavaCommand;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.module.Configuration;
import java.lang.module.FindException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleDescriptor.Requires;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The files of deployment and the launchers say what the application says. */
class PackagingTest {
  private static String find(String regex, String text) {
    Matcher matcher = Pattern.compile(regex, Pattern.MULTILINE).matcher(text);
    assertThat(matcher.find()).as(regex).isTrue();
    return matcher.group(1);
  }

  @Test
  void theImageListensWhereTheServerDoes() throws IOException {
    String port = String.valueOf(ServerOptions.builder("demo").build().port());
    String container = read("Dockerfile");
    assertThat(find("^EXPOSE (\\d+)$", container)).isEqualTo(port);
    assertThat(find("/dev/tcp/127.0.0.1/(\\d+)", container)).isEqualTo(port);
  }

  /** Java's options have one place, the launcher. */
  @Test
  void theLauncherAloneKnowsOptionsOfJava() throws IOException {
    assertThat(find("^ENTRYPOINT (.*)$", read("Dockerfile"))).isEqualTo("[\"/opt/vl4j/vl4j\"]");
    assertThat(find("^ExecStart=(\\S+)", read("packaging/systemd/vl4j.service")))
        .isEqualTo("/opt/vl4j/vl4j");
    for (String file :
        List.of("Dockerfile", "packaging/systemd/vl4j.service", "packaging/kubernetes/vl4j.yaml")) {
      assertThat(read(file)).doesNotContain("--enable-native-access", "--module-path", " -X");
    }
    assertThat(find("^memory=\\((.*)\\)$", read("vl4j")).split(" ", -1))
        .containsExactlyElementsOf(JavaCommand.LAUNCHER_OPTIONS);
  }

  /** Which has not run on Windows: so it is held to the launcher that tests do run. */
  @Test
  void theLauncherForWindowsIsTheSame() throws IOException {
    String windows = read("vl4j.cmd");
    String unix = read("vl4j");
    assertThat(find("^set \"oldest=(\\S+)\"\\s*$", windows))
        .isEqualTo(find("^oldest=(\\S+)$", unix));
    assertThat(find("^set native=(\\S+)\\s*$", windows))
        .isEqualTo(find("--enable-native-access=(\\S+) ", unix));
    assertThat(find("^set main=(.*\\S)\\s*$", windows)).isEqualTo(find("(-m dev\\S+) ", unix));
    // Only the C library of Linux gives memory back when told so.
    assertThat(find("^set memory=(.*\\S)\\s*$", windows).split(" ", -1))
        .containsExactlyElementsOf(
            JavaCommand.LAUNCHER_OPTIONS.stream()
                .filter(option -> !option.contains("TrimNativeHeap"))
                .toList());
    for (String option :
        List.of("--sun-misc-unsafe-memory-access=allow", "-Djava.awt.headless=true")) {
      assertThat(windows).contains(option);
      assertThat(unix).contains(option);
    }
    // Every label that is gone to is there.
    Matcher target = Pattern.compile("(?:goto|call) :(\\w+)").matcher(windows);
    assertThat(target.results().map(found -> found.group(1)))
        .isNotEmpty()
        .allSatisfy(label -> assertThat(windows).containsPattern("(?m)^:" + label + "\\s*$"));
  }

  /** Maven reads all modules' files, whichever it builds. */
  @Test
  void theImagesBuildSeesEveryModule() throws IOException {
    List<String> copied = read(".dockerignore").lines().toList();
    Matcher module = Pattern.compile("<module>([\\w/-]+)</module>").matcher(read("pom.xml"));
    assertThat(module.results().map(found -> found.group(1)).toList())
        .isNotEmpty()
        .allMatch(name ->
            copied.contains("!" + name.replaceFirst("/.*", ""))
                || copied.contains("!" + name + "/pom.xml"));
  }

  @Test
  void theImagesRuntimeHasTheModulesThatTheApplicationRequires() throws IOException {
    List<String> listed = List.of(find("--add-modules (\\S+)", read("Dockerfile")).split(","));
    Set<String> there =
        Configuration.empty()
            .resolve(ModuleFinder.ofSystem(), ModuleFinder.of(), listed)
            .modules()
            .stream()
            .map(resolved -> resolved.name())
            .collect(Collectors.toSet());
    Set<String> required = requiredOfSystem("dev.vl4j.server");
    assertThat(required).contains("java.base", "java.desktop", "jdk.incubator.vector");
    assertThat(there).containsAll(required);
  }

  /** The modules of Java's that a module and those that it requires cannot do without. */
  private static Set<String> requiredOfSystem(String root) {
    Map<String, ModuleDescriptor> application = new HashMap<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      try {
        for (ModuleReference module : ModuleFinder.of(Path.of(entry)).findAll()) {
          application.putIfAbsent(module.descriptor().name(), module.descriptor());
        }
      } catch (FindException e) {
        // A jar of the tests' whose name is no module's.
        assertThat(entry).doesNotContain("vl4j-", "jetty", "jackson");
      }
    }
    Set<String> seen = new TreeSet<>();
    List<String> open = new ArrayList<>(List.of(root));
    while (!open.isEmpty()) {
      String name = open.removeLast();
      if (seen.add(name) && application.containsKey(name)) {
        application.get(name).requires().stream()
            .filter(required -> !required.modifiers().contains(Requires.Modifier.STATIC))
            .forEach(required -> open.add(required.name()));
      }
    }
    seen.removeIf(name -> !name.startsWith("java.") && !name.startsWith("jdk."));
    return seen;
  }

  @Test
  void theImagesHealthCheck() throws IOException, InterruptedException {
    assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "no bash: the health check is not run");
    JsonNode command = JsonMapper.shared().readTree(find("^ +CMD (\\[.*\\])$", read("Dockerfile")));
    List<Integer> codes = new ArrayList<>();
    List<Integer> ports = new ArrayList<>();
    int code =
        serve(
            server -> {
              ports.add(server.port());
              codes.add(check(command, server.port()));
            },
            "serve",
            "demo",
            "--host",
            "127.0.0.1",
            "--port",
            "0");
    codes.add(check(command, ports.getFirst()));
    assertThat(code).isZero();
    assertThat(codes).first().isEqualTo(0);
    assertThat(codes).last().isNotEqualTo(0);
  }

  private static int check(JsonNode command, int port) throws InterruptedException {
    List<String> words = new ArrayList<>();
    command.values().forEach(word -> words.add(word.stringValue().replace("8000", "" + port)));
    try {
      return new ProcessBuilder(words)
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void theUnitWaitsLongerThanTheServer() throws IOException {
    String unit = read("packaging/systemd/vl4j.service");
    assertThat(Integer.parseInt(find("^TimeoutStopSec=(\\d+)$", unit)))
        .isGreaterThan(Integer.parseInt(find("--shutdown-grace (\\d+)", unit)));
  }

  /**
   * Native libraries are unpacked below the home directory, which is the unit's state directory;
   * systemd mounts that of a dynamic user noexec unless it is told otherwise.
   */
  @Test
  void theUnitMayLoadTheLibrariesThatItUnpacks() throws IOException {
    String unit = read("packaging/systemd/vl4j.service");
    String home = find("^Environment=HOME=(\\S+) ", unit);
    assertThat(home).isEqualTo("%S/" + find("^StateDirectory=(\\S+)$", unit));
    assertThat(find("^ExecPaths=(\\S+)$", unit)).isEqualTo(home);
  }

  @Test
  void theUnitsCommandStarts() throws IOException {
    String[] command =
        find("^ExecStart=/opt/vl4j/vl4j (.*)$", read("packaging/systemd/vl4j.service"))
            .replace("${VL4J_MODEL}", "demo")
            // What the unit's user adds goes before what it has.
            .replace("$VL4J_ARGS", "--port 0 --log-format json")
            .split(" ");
    List<Integer> ports = new ArrayList<>();
    assertThat(serve(server -> ports.add(server.port()), command)).isZero();
    assertThat(ports).allMatch(port -> port != 8000);
  }

  /** The objects of the manifest for Kubernetes, by kind. */
  private static Map<String, JsonNode> manifest() throws IOException {
    Map<String, JsonNode> objects = new HashMap<>();
    Load yaml = new Load(LoadSettings.builder().build());
    for (Object object : yaml.loadAllFromString(read("packaging/kubernetes/vl4j.yaml"))) {
      JsonNode node = JsonMapper.shared().valueToTree(object);
      objects.put(node.path("kind").stringValue(), node);
    }
    return objects;
  }

  @Test
  void theManifestFitsTogether() throws IOException {
    Map<String, JsonNode> objects = manifest();
    assertThat(objects).containsOnlyKeys("Service", "PersistentVolumeClaim", "Deployment");
    JsonNode deployment = objects.get("Deployment").path("spec");
    JsonNode pod = deployment.path("template").path("spec");
    JsonNode container = pod.path("containers").get(0);
    JsonNode port = container.path("ports").get(0);
    assertThat(port.path("containerPort").intValue())
        .isEqualTo(ServerOptions.builder("demo").build().port());
    JsonNode service = objects.get("Service").path("spec");
    JsonNode labels = deployment.path("template").path("metadata").path("labels");
    assertThat(service.path("selector")).isEqualTo(labels);
    assertThat(deployment.path("selector").path("matchLabels")).isEqualTo(labels);
    assertThat(service.path("ports").get(0).path("targetPort")).isEqualTo(port.path("name"));
    for (String probe : List.of("startupProbe", "readinessProbe", "livenessProbe")) {
      JsonNode get = container.path(probe).path("httpGet");
      assertThat(get.path("path").asString()).as(probe).isEqualTo("/health");
      assertThat(get.path("port")).as(probe).isEqualTo(port.path("name"));
    }
    JsonNode resources = container.path("resources");
    assertThat(resources.path("requests")).isEqualTo(resources.path("limits"));
    assertThat(resources.path("limits").path("memory").asString()).endsWith("Gi");
    String user = find("^USER (\\d+):", read("Dockerfile"));
    assertThat(pod.path("securityContext").path("runAsUser").asString()).isEqualTo(user);
    List<String> mounted =
        container
            .path("volumeMounts")
            .valueStream()
            .map(one -> one.path("name").asString())
            .toList();
    List<String> volumes =
        pod.path("volumes").valueStream().map(one -> one.path("name").asString()).toList();
    assertThat(mounted).containsExactlyElementsOf(volumes);
    assertThat(objects.get("PersistentVolumeClaim").path("metadata").path("name"))
        .isEqualTo(pod.path("volumes").get(0).path("persistentVolumeClaim").path("claimName"));
  }

  @Test
  void theManifestsCommandStartsAndHasTimeToEnd() throws IOException {
    JsonNode pod = manifest().get("Deployment").path("spec").path("template").path("spec");
    JsonNode container = pod.path("containers").get(0);
    List<String> command =
        container
            .path("args")
            .valueStream()
            .map(JsonNode::stringValue)
            .collect(Collectors.toList());
    command.set(1, "demo");
    command.removeIf(word -> word.startsWith("--packed-cache="));
    command.addAll(List.of("--port", "0", "--host", "127.0.0.1"));
    assertThat(serve(server -> {}, command.toArray(String[]::new))).isZero();
    int grace = Integer.parseInt(find("--shutdown-grace=(\\d+)", String.join(" ", command)));
    JsonNode wait = container.path("lifecycle").path("preStop").path("exec").path("command");
    assertThat(wait.get(0).asString()).isEqualTo("sleep");
    assertThat(pod.path("terminationGracePeriodSeconds").intValue())
        .isGreaterThan(grace + Integer.parseInt(wait.get(1).stringValue()) + 1);
  }

  /** Whoever builds tomorrow gets what was built today. */
  @Test
  void basesOfTheImageArePinned() throws IOException {
    String container = read("Dockerfile");
    List<String> bases =
        Pattern.compile("^ARG (?:BASE|JDK|MAVEN)=(\\S+)$", Pattern.MULTILINE)
            .matcher(container)
            .results()
            .map(found -> found.group(1))
            .toList();
    assertThat(bases)
        .hasSize(3)
        .allMatch(
            base -> base.matches("[a-z-]+:(.*[._-])?\\d+([._-]\\d+)+.*|[a-z]+:[a-z]+-\\d{8}"));
    assertThat(container.lines().filter(line -> line.startsWith("FROM ")))
        .allMatch(line -> line.matches("FROM \\$(BASE|JDK AS build|MAVEN AS maven)"));
    String java = bases.get(1).replaceAll(".*:(\\d+(\\.\\d+)+).*", "$1");
    assertThat(Runtime.Version.parse(java))
        .isGreaterThanOrEqualTo(Runtime.Version.parse(find("^oldest=(\\S+)$", read("vl4j"))));
  }

  private static int serve(ServeCommand.Lifetime lifetime, String... command) {
    Streams streams =
        new Streams(
            new ByteArrayInputStream(new byte[0]),
            new PrintStream(new ByteArrayOutputStream()),
            System.err,
            false);
    return Main.run(command, streams, ModelOpener::inProcess, lifetime);
  }
}
