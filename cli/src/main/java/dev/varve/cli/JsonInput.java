package dev.varve.cli;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.varve.log.record.Header;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One JSON object a line, as {@code cat --format json} prints them:
 *
 * <pre>
 *   {"timestamp":1312242084000,"key":"k","value":"v","headers":[{"key":"h","value":"x"}]}
 * </pre>
 *
 * <p>All fields may be left out. Text is stored in UTF-8; bytes that are none are given in base64,
 * as {@code keyBase64} and {@code valueBase64}. {@code null} is absent. An {@code offset} is passed
 * over, since the log gives its own.
 */
final class JsonInput implements InputFormat {
  private static final String FIELDS =
      "timestamp, key, keyBase64, value, valueBase64, headers or offset";

  private final JsonFactory json = new JsonFactory();
  private final LongSupplier clock;

  JsonInput(LongSupplier clock) {
    this.clock = clock;
  }

  @Override
  public void parse(byte[] bytes, int from, int end, InputRecord into)
      throws MalformedLineException, IOException {
    into.timestamp = clock.getAsLong();
    into.key = null;
    into.value = null;
    into.headers = List.of();
    try (JsonParser parser = json.createParser(bytes, from, end - from)) {
      expect(parser, parser.nextToken(), JsonToken.START_OBJECT, "an object");
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        field(parser, into);
      }
      if (parser.nextToken() != null) {
        throw found(parser, "the end of the line behind the object");
      }
    } catch (JacksonException e) {
      throw new MalformedLineException(
          "no JSON, " + e.getOriginalMessage() + column(e), "one object");
    }
  }

  private static String column(JacksonException e) {
    return e.getLocation() == null ? "" : " at column " + e.getLocation().getColumnNr();
  }

  private static void field(JsonParser parser, InputRecord into)
      throws MalformedLineException, IOException {
    String name = parser.currentName();
    JsonToken token = parser.nextToken();
    switch (name) {
      case "timestamp" -> {
        expect(parser, token, JsonToken.VALUE_NUMBER_INT, "timestamp in milliseconds");
        into.timestamp = parser.getLongValue();
        if (into.timestamp < -1) {
          throw new MalformedLineException("timestamp " + into.timestamp, "-1 or more");
        }
      }
      case "key" -> into.key = memory(text(parser, token));
      case "keyBase64" -> into.key = memory(base64(parser, token));
      case "value" -> into.value = memory(text(parser, token));
      case "valueBase64" -> into.value = memory(base64(parser, token));
      case "headers" -> into.headers = headers(parser, token);
      case "offset" -> expect(parser, token, JsonToken.VALUE_NUMBER_INT, "offset");
      default -> throw new MalformedLineException("field \"" + name + '"', FIELDS);
    }
  }

  private static List<Header> headers(JsonParser parser, JsonToken first)
      throws MalformedLineException, IOException {
    expect(parser, first, JsonToken.START_ARRAY, "an array of headers");
    List<Header> headers = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      expect(parser, parser.currentToken(), JsonToken.START_OBJECT, "a header as an object");
      headers.add(header(parser));
    }
    return headers;
  }

  private static Header header(JsonParser parser) throws MalformedLineException, IOException {
    String key = null;
    byte[] value = null;
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      JsonToken token = parser.nextToken();
      switch (name) {
        case "key" -> {
          expect(parser, token, JsonToken.VALUE_STRING, "a header's key as text");
          key = parser.getText();
        }
        case "value" -> value = text(parser, token);
        case "valueBase64" -> value = base64(parser, token);
        default ->
            throw new MalformedLineException(
                "field \"" + name + "\" in a header", "key, value or valueBase64");
      }
    }
    if (key == null) {
      throw new MalformedLineException("a header without a key", "one with");
    }
    return new Header(key, value);
  }

  private static byte @Nullable [] text(JsonParser parser, JsonToken token)
      throws MalformedLineException, IOException {
    if (token == JsonToken.VALUE_NULL) {
      return null;
    }
    expect(parser, token, JsonToken.VALUE_STRING, "text or null");
    return parser.getText().getBytes(StandardCharsets.UTF_8);
  }

  private static byte @Nullable [] base64(JsonParser parser, JsonToken token)
      throws MalformedLineException, IOException {
    if (token == JsonToken.VALUE_NULL) {
      return null;
    }
    expect(parser, token, JsonToken.VALUE_STRING, "base64 or null");
    return parser.getBinaryValue();
  }

  private static @Nullable MemorySegment memory(byte @Nullable [] bytes) {
    return bytes == null ? null : MemorySegment.ofArray(bytes);
  }

  private static void expect(
      JsonParser parser, @Nullable JsonToken found, JsonToken expected, String words)
      throws MalformedLineException, IOException {
    if (found != expected) {
      throw found(parser, words);
    }
  }

  private static MalformedLineException found(JsonParser parser, String expected)
      throws IOException {
    JsonToken token = parser.currentToken();
    return new MalformedLineException(
        (token == null ? "nothing" : parser.getText())
            + " at column "
            + parser.currentTokenLocation().getColumnNr(),
        expected);
  }
}
