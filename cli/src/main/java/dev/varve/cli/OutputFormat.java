package dev.varve.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;
import dev.varve.log.record.Header;
import dev.varve.log.record.Record;
import dev.varve.log.record.RecordBatch;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Prints records, one a line. */
interface OutputFormat {
  /** The formats by the names that the user gives. */
  enum Name {
    RAW,
    TSV,
    JSON,
    HEX;

    OutputFormat open(ByteSink sink) throws IOException {
      return switch (this) {
        case RAW -> new Raw(sink);
        case TSV -> new Tsv(sink);
        case JSON -> new Json(sink);
        case HEX -> new Hex(sink);
      };
    }

    @Override
    public String toString() {
      return switch (this) {
        case RAW -> "raw";
        case TSV -> "tsv";
        case JSON -> "json";
        case HEX -> "hex";
      };
    }
  }

  /** Prints a record. */
  void print(RecordBatch batch, Record record) throws IOException;

  /** Whether control records are printed too, which are no data. */
  default boolean withControlRecords() {
    return false;
  }

  /** The value and a newline. A tombstone is an empty line. */
  record Raw(ByteSink sink) implements OutputFormat {
    @Override
    public void print(RecordBatch batch, Record record) {
      sink.put(record.memory(), record.valuePosition(), Math.max(0, record.valueBytes()));
      sink.put('\n');
    }
  }

  /** {@code timestamp<TAB>key<TAB>value}. */
  record Tsv(ByteSink sink) implements OutputFormat {
    @Override
    public void print(RecordBatch batch, Record record) {
      sink.put(record.timestamp()).put('\t');
      sink.put(record.memory(), record.keyPosition(), Math.max(0, record.keyBytes())).put('\t');
      sink.put(record.memory(), record.valuePosition(), Math.max(0, record.valueBytes()));
      sink.put('\n');
    }
  }

  /** Every field of every record, control records included, between tabs. */
  record Hex(ByteSink sink) implements OutputFormat {
    @Override
    public boolean withControlRecords() {
      return true;
    }

    @Override
    public void print(RecordBatch batch, Record record) {
      sink.put(record.offset()).put('\t').put(record.timestamp()).put('\t');
      sink.put(batch.timestampType().toString()).put('\t');
      field(record.memory(), record.keyPosition(), record.keyBytes());
      field(record.memory(), record.valuePosition(), record.valueBytes());
      headers(record.headers());
      sink.put(batch.producerId()).put('\t').put(batch.producerEpoch()).put('\t');
      sink.put(record.sequence()).put('\t');
      sink.put(Boolean.toString(batch.isTransactional())).put('\t');
      sink.put(Boolean.toString(batch.isControl())).put('\t');
      sink.put(batch.leaderEpoch()).put('\t');
      sink.put(batch.codec().toString()).put('\n');
    }

    private void field(MemorySegment memory, long position, int bytes) {
      if (bytes < 0) {
        sink.put("null");
      } else {
        sink.putHex(memory, position, bytes);
      }
      sink.put('\t');
    }

    private void headers(List<Header> headers) {
      if (headers.isEmpty()) {
        sink.put('-');
      }
      for (int i = 0; i < headers.size(); i++) {
        Header header = headers.get(i);
        if (i > 0) {
          sink.put(';');
        }
        hex(header.key().getBytes(StandardCharsets.UTF_8));
        sink.put('=');
        byte[] value = header.value();
        if (value == null) {
          sink.put("null");
        } else {
          hex(value);
        }
      }
      sink.put('\t');
    }

    private void hex(byte[] bytes) {
      sink.putHex(MemorySegment.ofArray(bytes), 0, bytes.length);
    }
  }

  /** One object a line, which {@code append --format json} reads. */
  final class Json implements OutputFormat {
    private final JsonGenerator json;

    Json(ByteSink sink) throws IOException {
      json = new JsonFactory().createGenerator(sink);
      json.setPrettyPrinter(new MinimalPrettyPrinter(""));
      json.disable(JsonGenerator.Feature.FLUSH_PASSED_TO_STREAM);
    }

    @Override
    public void print(RecordBatch batch, Record record) throws IOException {
      json.writeStartObject();
      json.writeNumberField("offset", record.offset());
      json.writeNumberField("timestamp", record.timestamp());
      field("key", record.copyKey());
      field("value", record.copyValue());
      if (record.headerCount() > 0) {
        json.writeArrayFieldStart("headers");
        for (Header header : record.headers()) {
          json.writeStartObject();
          json.writeStringField("key", header.key());
          field("value", header.value());
          json.writeEndObject();
        }
        json.writeEndArray();
      }
      json.writeEndObject();
      json.writeRaw('\n');
      json.flush();
    }

    private void field(String name, byte @Nullable [] bytes) throws IOException {
      if (bytes == null) {
        json.writeNullField(name);
        return;
      }
      try {
        String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        json.writeStringField(name, text);
      } catch (CharacterCodingException e) {
        json.writeBinaryField(name + "Base64", bytes);
      }
    }
  }
}
