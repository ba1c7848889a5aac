/** Many logs in one data directory, laid out as Kafka lays out a log directory. */
@NullMarked
package dev.varve.log.store;

import org.jspecify.annotations.NullMarked;
