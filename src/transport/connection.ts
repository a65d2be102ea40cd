/**
 * Data path. One transport connection, either side: bytes in, bytes out, closed once. Two tiers
 * implement it, `fast` over raw handles and `portable` over net.Socket; whoever uses it cannot tell
 * them apart (DESIGN §4).
 */

import type { ByteWriter } from '#src/bytes/byte-writer.ts';

/** Told by a connection what happens to it. Never called after `destroy`. */
export interface ConnectionOwner {
  /**
   * bytes[start..end) have come. They die when this returns, unless the owner had the connection
   * read into a buffer of its own (`readInto`): copy or encode what must stay.
   */
  onBytes(bytes: Buffer, start: number, end: number): void;
  /** The peer sends no more (FIN). Our side can still write. */
  onEnd(): void;
  /** Everything queued has been handed to the kernel; called only after `flush` said false. */
  onDrained(): void;
  /** The connection broke; `errno` names why ('ECONNRESET'). Nothing can be read or written. */
  onBroken(errno: string): void;
}

export interface Connection {
  owner: ConnectionOwner;
  /** Writes wait for the peer to read. */
  readonly isQueued: boolean;
  /**
   * Where the next bytes are put, at most `count` of them, behind what was gathered; `commit` says
   * that they are there. In between no other connection may be written to.
   */
  room(count: number): ByteWriter;
  commit(): void;
  /** Gathers text of one char per byte for the next `flush`. */
  queueText(text: string): void;
  /** Gathers bytes; they must stay as they are until `flush` returned true or `onDrained`. */
  queueBytes(bytes: Buffer): void;
  /**
   * Gathers bytes[start..end), which `onBytes` has brought: they leave from where they are when the
   * flush comes before it returns, and are copied otherwise. What lies in front of them is given up.
   */
  lendBytes(bytes: Buffer, start: number, end: number): void;
  /**
   * Writes what was gathered, in one call. True: nothing waits for the peer, the kernel has it or
   * gets it at the end of this turn of the event loop; false: `onDrained` follows. Bytes of
   * `queueBytes` have gone when it is true.
   */
  flush(): boolean;
  /** As `flush`, but at once: for whoever closes when all is out. */
  flushNow(): boolean;
  /** What was flushed in this turn and has not left yet does not leave. */
  dropUnsent(): void;
  /** Something was read and not handed over yet: bytes, or the end. */
  readonly hasUnread: boolean;
  /** How often something was handed to the kernel; 32 bits, for comparing only. */
  readonly writeCount: number;
  /** `writeCount` when the bytes that `onBytes` has just now were read: what they may answer. */
  readonly writesWhenRead: number;
  /**
   * Where bytes go from the next read on: a buffer of the owner's, or (undefined) the thread's.
   * Only within `onBytes`.
   */
  readInto(buffer: Buffer | undefined): void;
  /** Counted (habit 15): reading goes on when each hold was let go. */
  holdReading(): void;
  letGoReading(): void;
  /** Sends FIN behind what is queued. */
  end(): void;
  /** Closes at once; queued writes are lost. */
  destroy(): void;
  /** Closes at once with RST: the peer must not take what it has for the whole. */
  reset(): void;
  /** Peer and own address; '' and 0 when it is too late to know, 'unix:' for a unix socket. */
  remoteAddress(): string;
  remotePort(): number;
  localAddress(): string;
  localPort(): number;
}

/** Owner of a connection that nobody owns any more, or not yet. */
export const NO_OWNER: ConnectionOwner = {
  onBytes: () => undefined,
  onEnd: () => undefined,
  onDrained: () => undefined,
  onBroken: () => undefined,
};

/** Who asked for a connection; exactly one of the two is called, later, unless the dial is cancelled. */
export interface DialOwner {
  onConnected(connection: Connection): void;
  /**
   * `errno`: 'ECONNREFUSED', 'EHOSTUNREACH', 'EADDRNOTAVAIL' … `isLocal`: nobody was called, the
   * local address could not be taken.
   */
  onDialFailed(errno: string, isLocal: boolean): void;
}

/** A connection on its way. */
export interface Dial {
  /** Neither method of the owner is called afterwards. */
  cancel(): void;
}

/** A descriptor that accepts. */
export interface Acceptor {
  /** Closes the descriptor; what was accepted lives on, what waits in the queue stays there. */
  close(): void;
}

export interface AcceptorOwner {
  onAccepted(connection: Connection): void;
  /** accept() failed: 'EMFILE', 'ENFILE', 'ENOMEM' … The connection in question is lost. */
  onAcceptFailed(errno: string): void;
}
