package com.example.search;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** Searches texts and pictures; {@code application.properties} names the models. */
@SpringBootApplication
public class SearchApplication {
  /** Starts the application. */
  public static void main(String[] args) {
    SpringApplication.run(SearchApplication.class, args);
  }
}
