package dev.varve.log.record;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * gzip (RFC 1952) by the JDK's zlib. Writes one member without name, time or extra fields; reads
 * one or more members with any of them. As in {@code java.util.zip}, bytes behind a member that do
 * not begin another one are passed over.
 */
final class GzipCodec implements BatchCodec {

  private static final int HEADER_BYTES = 10;
  private static final int TRAILER_BYTES = 8;
  private static final short MAGIC = (short) 0x8b1f;
  private static final byte METHOD_DEFLATE = 8;
  private static final byte SYSTEM_UNKNOWN = (byte) 0xff;

  // Flags of a member: which optional parts its header has.
  private static final int HEADER_CHECKSUM = 1 << 1;
  private static final int EXTRA = 1 << 2;
  private static final int NAME = 1 << 3;
  private static final int COMMENT = 1 << 4;
  private static final int RESERVED = 0xe0;

  /** What the target grows by at least when it is full. */
  private static final int GROWTH_BYTES = 4096;

  private final Deflater deflater;
  private final Inflater inflater = new Inflater(true);
  private final CRC32 crc = new CRC32();

  GzipCodec(int level) {
    deflater = new Deflater(level, true);
  }

  @Override
  public int compress(
      ScratchMemory source, int position, int sizeBytes, ScratchMemory target, int targetPosition) {
    ByteBuffer from = source.bytes().limit(position + sizeBytes).position(position);
    crc.reset();
    crc.update(from);
    from.position(position);
    deflater.reset();
    deflater.setInput(from);
    deflater.finish();
    int start = targetPosition + HEADER_BYTES;
    target.ensure((long) start + TRAILER_BYTES, targetPosition);
    int end = start;
    while (!deflater.finished()) {
      target.ensure((long) end + GROWTH_BYTES, end);
      end += deflater.deflate(target.bytes().limit(target.capacityBytes()).position(end));
    }
    target.ensure((long) end + TRAILER_BYTES, end);
    ByteBuffer to = target.bytes().clear().order(ByteOrder.LITTLE_ENDIAN);
    putHeader(to, targetPosition);
    to.putInt(end, (int) crc.getValue()).putInt(end + Integer.BYTES, sizeBytes);
    to.order(ByteOrder.nativeOrder());
    return end + TRAILER_BYTES - targetPosition;
  }

  private static void putHeader(ByteBuffer to, int position) {
    to.putShort(position, MAGIC).put(position + 2, METHOD_DEFLATE).put(position + 3, (byte) 0);
    to.putInt(position + 4, 0).put(position + 8, (byte) 0).put(position + 9, SYSTEM_UNKNOWN);
  }

  @Override
  public int decompress(
      ScratchMemory source, int position, int sizeBytes, ScratchMemory target, int sizeBytesMax)
      throws MalformedStreamException {
    ByteBuffer from = source.bytes().order(ByteOrder.LITTLE_ENDIAN);
    try {
      from.limit(position + sizeBytes).position(position);
      if (!skipHeader(from)) {
        throw new MalformedStreamException("no gzip header", "1f 8b 08");
      }
      int end = 0;
      do {
        end = inflateMember(from, target, end, sizeBytesMax);
      } while (from.remaining() > HEADER_BYTES + TRAILER_BYTES && skipHeader(from));
      return end;
    } finally {
      from.order(ByteOrder.nativeOrder());
    }
  }

  private int inflateMember(ByteBuffer from, ScratchMemory target, int start, int sizeBytesMax)
      throws MalformedStreamException {
    inflater.reset();
    inflater.setInput(from);
    int end = start;
    try {
      while (!inflater.finished()) {
        // One byte past the limit is enough to know that the stream goes past it.
        target.ensure(Math.min(end + (long) GROWTH_BYTES, sizeBytesMax + 1L), end);
        int limit = (int) Math.min(target.capacityBytes(), sizeBytesMax + 1L);
        int inflated = inflater.inflate(target.bytes().limit(limit).position(end));
        end += inflated;
        if (end > sizeBytesMax) {
          throw MalformedStreamException.tooLarge(sizeBytesMax);
        }
        if (inflated == 0 && (inflater.needsInput() || inflater.needsDictionary())) {
          throw new MalformedStreamException("an unfinished member", "the end of its data");
        }
      }
    } catch (DataFormatException e) {
      throw new MalformedStreamException("damaged data (" + e.getMessage() + ")", "deflated data");
    }
    checkTrailer(from, target, start, end);
    return end;
  }

  private void checkTrailer(ByteBuffer from, ScratchMemory target, int start, int end)
      throws MalformedStreamException {
    if (from.remaining() < TRAILER_BYTES) {
      throw new MalformedStreamException(from.remaining() + " bytes of trailer", "8");
    }
    crc.reset();
    crc.update(target.bytes().limit(end).position(start));
    if (from.getInt() != (int) crc.getValue() || from.getInt() != end - start) {
      throw new MalformedStreamException("a wrong checksum or size of a member", "those inflated");
    }
  }

  /** Moves behind a member's header; returns false if there is none or it is malformed. */
  private static boolean skipHeader(ByteBuffer from) {
    int start = from.position();
    if (from.remaining() < HEADER_BYTES
        || from.getShort(start) != MAGIC
        || from.get(start + 2) != METHOD_DEFLATE) {
      return false;
    }
    int flags = from.get(start + 3);
    from.position(start + HEADER_BYTES);
    return (flags & RESERVED) == 0
        && ((flags & EXTRA) == 0 || skipExtra(from))
        && ((flags & NAME) == 0 || skipText(from))
        && ((flags & COMMENT) == 0 || skipText(from))
        && ((flags & HEADER_CHECKSUM) == 0 || skip(from, Short.BYTES));
  }

  private static boolean skipExtra(ByteBuffer from) {
    return from.remaining() >= Short.BYTES && skip(from, Short.toUnsignedInt(from.getShort()));
  }

  private static boolean skip(ByteBuffer from, int sizeBytes) {
    if (from.remaining() < sizeBytes) {
      return false;
    }
    from.position(from.position() + sizeBytes);
    return true;
  }

  private static boolean skipText(ByteBuffer from) {
    while (from.hasRemaining()) {
      if (from.get() == 0) {
        return true;
      }
    }
    return false;
  }
}
