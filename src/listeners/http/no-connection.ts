/**
 * Data path. What stands for the transport connection of an Http1Connection that serves nobody.
 * Nothing may ask anything of it: who does has kept a client's object beyond the client.
 */

import type { ByteWriter } from '#src/bytes/byte-writer.ts';
import { type Connection, NO_OWNER } from '#src/transport/connection.ts';

function refuse(): never {
  throw new Error('a client connection was used after it had closed');
}

export const NO_CONNECTION: Connection = {
  owner: NO_OWNER,
  isQueued: false,
  hasUnread: false,
  writeCount: 0,
  writesWhenRead: 0,
  room: (): ByteWriter => refuse(),
  commit: refuse,
  queueText: refuse,
  queueBytes: refuse,
  lendBytes: refuse,
  flush: refuse,
  flushNow: refuse,
  dropUnsent: refuse,
  readInto: refuse,
  holdReading: refuse,
  letGoReading: refuse,
  end: refuse,
  destroy: refuse,
  reset: refuse,
  remoteAddress: refuse,
  remotePort: refuse,
  localAddress: refuse,
  localPort: refuse,
};
