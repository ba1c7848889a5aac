/**
 * What a log remembers of its producers and leaders, apart from the batches themselves.
 *
 * <p>{@link dev.varve.log.producer.ProducerStates} follows the batches of the log: the last batch
 * of each producer, the transactions that are open. {@link dev.varve.log.producer.LeaderEpochs}
 * says at which offset each leader began. Both have a form on disk that is Apache Kafka's, and that
 * is a cache: it can be built anew from the log. Nothing here opens a file.
 */
@NullMarked
package dev.varve.log.producer;

import org.jspecify.annotations.NullMarked;
