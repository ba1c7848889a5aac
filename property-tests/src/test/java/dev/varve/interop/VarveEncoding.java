package dev.varve.interop;

import dev.varve.log.record.Codec;
import dev.varve.log.record.Compression;
import dev.varve.log.record.EncodedBatch;
import dev.varve.log.record.Header;
import dev.varve.log.record.RecordBatchBuilder;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** How the batches come to be that a Varve log is given. */
enum VarveEncoding {
  /** By Varve's builder and codecs, as an embedder does it. */
  VARVE {
    @Override
    EncodedBatch encode(NewBatch batch) {
      RecordBatchBuilder builder =
          RecordBatchBuilder.of(Compression.of(Codec.forId(batch.codec().id)));
      NewBatch.Producer producer = batch.producer();
      if (!producer.equals(NewBatch.Producer.NONE)) {
        builder.producer(producer.id(), producer.epoch(), producer.baseSequence());
      }
      if (producer.transactional()) {
        builder.transactional();
      }
      for (NewRecord record : batch.records()) {
        builder.append(
            record.timestamp(),
            Bytes.toArray(record.key()),
            Bytes.toArray(record.value()),
            headersOf(record));
      }
      return builder.build();
    }
  },

  /** By Kafka's client, so that a log must come out the same to the byte, compressed or not. */
  KAFKA {
    @Override
    EncodedBatch encode(NewBatch batch) {
      return EncodedBatch.copyOf(MemorySegment.ofBuffer(BatchEncoding.encode(batch).buffer()));
    }
  };

  abstract EncodedBatch encode(NewBatch batch);

  private static List<Header> headersOf(NewRecord record) {
    return record.headers().stream()
        .map(header -> new Header(header.key(), Bytes.toArray(header.value())))
        .toList();
  }
}
