package com.example.search;

import dev.vl4j.engine.InvalidRequestException;
import java.util.List;
import java.util.Map;
import org.springframework.ai.content.Media;
import org.springframework.ai.document.Document;
import org.springframework.ai.rag.Query;
import org.springframework.ai.rag.postretrieval.document.DocumentPostProcessor;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.util.MimeType;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.multipart.MultipartFile;

@RestController
class RankController {
  private final DocumentPostProcessor reranker;

  RankController(DocumentPostProcessor reranker) {
    this.reranker = reranker;
  }

  @PostMapping("/rank")
  List<String> rank(@RequestParam String query, @RequestParam MultipartFile picture) {
    Document text = new Document("A circle has no corners.");
    MimeType type = MimeType.valueOf(String.valueOf(picture.getContentType()));
    Document photo = new Document("photo", new Media(type, picture.getResource()), Map.of());
    List<Document> best = reranker.process(new Query(query), List.of(text, photo));
    return best.stream().map(found -> found.getId() + " " + found.getScore()).toList();
  }

  /** Such as a broken picture; its message is fit for the client. */
  @ExceptionHandler
  ProblemDetail invalid(InvalidRequestException e) {
    return ProblemDetail.forStatusAndDetail(HttpStatus.BAD_REQUEST, e.getMessage());
  }
}
