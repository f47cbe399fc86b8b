package com.example.search;

import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.OverloadedException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.rag.Query;
import org.springframework.ai.rag.postretrieval.document.DocumentPostProcessor;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

@RestController
class SearchController {
  private final Catalog catalog;
  private final DocumentPostProcessor reranker;

  SearchController(Catalog catalog, DocumentPostProcessor reranker) {
    this.catalog = catalog;
    this.reranker = reranker;
  }

  record Hit(String id, @Nullable Double score, Map<String, Object> metadata) {}

  @GetMapping("/search")
  List<Hit> search(@RequestParam String query) {
    return reranker.process(new Query(query), catalog.documents()).stream()
        .map(found -> new Hit(found.getId(), found.getScore(), found.getMetadata()))
        .toList();
  }

  /** Its message is fit for the client. */
  @ExceptionHandler
  ProblemDetail invalid(InvalidRequestException e) {
    return ProblemDetail.forStatusAndDetail(HttpStatus.BAD_REQUEST, e.getMessage());
  }

  @ExceptionHandler
  ProblemDetail overloaded(OverloadedException e) {
    return ProblemDetail.forStatusAndDetail(HttpStatus.SERVICE_UNAVAILABLE, e.getMessage());
  }
}
