package dev.vl4j.spark;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.apache.spark.launcher.JavaModuleOptions;
import org.apache.spark.sql.SparkSession;

/**
 * A cluster of Spark's own kind on this machine: a master and workers, each a process, which start
 * executors. Everything has the class path of this JVM.
 */
final class StandaloneCluster implements AutoCloseable {
  private static final String HOST = "127.0.0.1";
  private static final String CLASS_PATH = System.getProperty("java.class.path");
  private static final String VECTOR = "--add-modules=jdk.incubator.vector";

  private final Path home;
  private final String master;
  private final List<Process> processes = new ArrayList<>();

  /**
   * @param home an empty directory, for Spark's home and what processes print
   * @param workers each with one core, and an address of its own, for Spark makes no second copy of
   *     a task on one host
   */
  StandaloneCluster(Path home, int workers) throws IOException {
    this.home = home;
    Files.createDirectory(home.resolve("jars"));
    int port = freePort();
    master = "spark://%s:%d".formatted(HOST, port);
    start("master", HOST, "org.apache.spark.deploy.master.Master", "--port", "" + port);
    awaitMaster(port);
    for (int worker = 0; worker < workers; worker++) {
      start(
          "worker-" + worker,
          "127.0.0." + (worker + 1),
          "org.apache.spark.deploy.worker.Worker",
          "--cores",
          "1",
          "--memory",
          "2g",
          "--work-dir",
          home.resolve("work-" + worker).toString(),
          master);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** Who asks before the master listens asks again much later. */
  private void awaitMaster(int port) throws IOException {
    while (processes.getFirst().isAlive()) {
      try (Socket _ = new Socket(InetAddress.getLoopbackAddress(), port)) {
        return;
      } catch (ConnectException e) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
      }
    }
    throw new IOException(Files.readString(home.resolve("master.log")));
  }

  private void start(String name, String host, String main, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    Collections.addAll(command, JavaModuleOptions.defaultModuleOptionArray());
    // They hand work out, and compute nothing.
    Collections.addAll(command, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");
    Collections.addAll(command, "-Xmx512m", "-cp", CLASS_PATH, main);
    Collections.addAll(command, "--host", host, "--webui-port", "0");
    Collections.addAll(command, arguments);
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(home.resolve(name + ".log").toFile());
    builder.environment().put("SPARK_HOME", home.toString());
    builder.environment().put("SPARK_LOCAL_IP", host);
    builder.environment().put("SPARK_SCALA_VERSION", "2.13");
    processes.add(builder.start());
  }

  /** Settings of a session on this cluster, whose driver is this JVM. */
  SparkSession.Builder session() {
    return SparkSession.builder()
        .master(master)
        .appName("tests")
        .config("spark.ui.enabled", false)
        .config("spark.driver.host", HOST)
        .config("spark.driver.bindAddress", HOST)
        .config("spark.executor.cores", 1)
        .config("spark.executor.memory", "1g")
        .config("spark.executor.extraClassPath", CLASS_PATH)
        .config("spark.executor.extraJavaOptions", VECTOR + " --enable-native-access=ALL-UNNAMED")
        .config("spark.executorEnv.RUST_FLAVOR", "cpu");
  }

  /** Ends all processes, and those that they have started. */
  @Override
  public void close() {
    for (Process process : processes.reversed()) {
      List<ProcessHandle> children = process.descendants().toList();
      process.destroy();
      children.forEach(ProcessHandle::destroyForcibly);
      try {
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
          process.destroyForcibly();
        }
      } catch (InterruptedException e) {
        process.destroyForcibly();
        Thread.currentThread().interrupt();
      }
    }
  }
}
