package com.example.search;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.springframework.ai.content.Media;
import org.springframework.ai.document.Document;
import org.springframework.stereotype.Component;

/** What is searched: a few texts and pictures, which a real application would retrieve. */
@Component
class Catalog {
  private final List<Document> documents;

  Catalog() throws IOException {
    documents =
        List.of(
            new Document("corners", "A circle has no corners.", Map.of("kind", "text")),
            new Document("square", "A square has four equal sides.", Map.of("kind", "text")),
            picture("red-circle", Color.RED),
            picture("blue-circle", Color.BLUE));
  }

  List<Document> documents() {
    return documents;
  }

  private static Document picture(String id, Color color) throws IOException {
    BufferedImage image = new BufferedImage(96, 96, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, 96, 96);
    graphics.setColor(color);
    graphics.fillOval(16, 16, 64, 64);
    graphics.dispose();
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    ImageIO.write(image, "png", png);
    Media media = Media.builder().mimeType(Media.Format.IMAGE_PNG).data(png.toByteArray()).build();
    return new Document(id, media, Map.of("kind", "picture"));
  }
}
