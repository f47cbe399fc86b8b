package dev.vl4j.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.parser.OpenAPIV3Parser;
import io.swagger.v3.parser.core.models.ParseOptions;
import io.swagger.v3.parser.core.models.SwaggerParseResult;
import org.junit.jupiter.api.Test;

/** Swagger's parser, which generators of clients read {@code /openapi.json} with. */
class SwaggerTest {
  @Test
  void theDescriptionIsValid() {
    try (DemoServer server = new DemoServer()) {
      ParseOptions options = new ParseOptions();
      options.setResolve(true);
      options.setValidateInternalRefs(true);
      SwaggerParseResult result =
          new OpenAPIV3Parser().readLocation(server.address() + "/openapi.json", null, options);
      assertThat(result.getMessages()).isEmpty();
      OpenAPI api = result.getOpenAPI();
      assertThat(api.getOpenapi()).isEqualTo("3.1.0");
      assertThat(api.getPaths().get("/v1/rerank").getPost().getOperationId()).isEqualTo("rerankV1");
      assertThat(api.getComponents().getSecuritySchemes()).containsKey("key");
      assertThat(api.getComponents().getSchemas()).containsKeys("RerankRequest", "RerankAnswer");
    }
  }
}
