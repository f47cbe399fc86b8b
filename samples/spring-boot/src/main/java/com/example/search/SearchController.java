package com.example.search;

import dev.vl4j.engine.InvalidRequestException;
import dev.vl4j.engine.OverloadedException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.content.Media;
import org.springframework.ai.document.Document;
import org.springframework.ai.rag.Query;
import org.springframework.ai.rag.postretrieval.document.DocumentPostProcessor;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.util.MimeType;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.multipart.MultipartFile;

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

  @PostMapping("/judge")
  @Nullable Double judge(@RequestParam String query, @RequestParam MultipartFile picture) {
    Document text = new Document("A circle has no corners.");
    MimeType type = MimeType.valueOf(String.valueOf(picture.getContentType()));
    Document photo = new Document("photo", new Media(type, picture.getResource()), Map.of());
    List<Document> best = reranker.process(new Query(query), List.of(text, photo));
    return best.stream()
        .filter(each -> each.getId().equals("photo"))
        .findFirst()
        .map(Document::getScore)
        .orElse(null);
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
