package dev.vl4j.hosts;

import java.io.IOException;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/** A Spring Boot application that answers {@code GET /ranking} in JSON. */
@SpringBootApplication
@RestController
class BootApplication {
  public static void main(String[] args) {
    SpringApplication.run(BootApplication.class, args);
  }

  @GetMapping("/ranking")
  Map<String, String> ranking() throws IOException {
    return Map.of("ranking", new DemoRanking().call());
  }
}
