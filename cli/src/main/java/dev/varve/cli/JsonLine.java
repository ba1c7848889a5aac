package dev.varve.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;

/** One JSON object on a line of its own. */
final class JsonLine {
  private JsonLine() {}

  /** The fields of an object. */
  @FunctionalInterface
  interface Fields {
    /** Writes them. */
    void writeTo(JsonGenerator out) throws IOException;
  }

  /** The line, with its end. */
  static String of(Fields fields) throws IOException {
    StringWriter text = new StringWriter();
    try (JsonGenerator out = new JsonFactory().createGenerator(text)) {
      out.writeStartObject();
      fields.writeTo(out);
      out.writeEndObject();
    }
    return text + "\n";
  }
}
