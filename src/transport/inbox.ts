/**
 * Data path. Short reads of one turn of the event loop, kept until all of them were made: then they
 * are handed on one after the other. So the kernel's read path runs in one piece, our own code in
 * one, and the kernel's write path in one (base/turn.ts), each finding itself in the cache.
 *
 *   inbox  | bytes for A | bytes for B | … | room |
 */

import { atTurnEnd, type TurnEnd } from '#src/base/turn.ts';
import { copyBytes } from '#src/bytes/byte-copy.ts';
import {
  READ_BUFFER_BYTES,
  READ_HEADROOM_BYTES,
  retireSpan,
  threadReadBuffer,
} from './read-buffer.ts';

/** Longer reads are handed on at once: what is behind them in the inbox would leave the cache. */
const MAX_READ_BYTES = 4096;
/** Longer reads are copied by memcpy. */
const MAX_WORDS_BYTES = 512;
/** So many reads are handed on in one go at most. */
const MAX_READS = 256;

export interface Reader {
  /** Reads that were not handed on yet. */
  unreadCount: number;
  /** How often it has written. */
  readonly writeCount: number;
  /** Takes what has come; bytes[start..end) die when this returns. `writes`: writeCount then. */
  onRead(bytes: Buffer, start: number, end: number, writes: number): void;
}

const readView = new DataView(threadReadBuffer.buffer, READ_HEADROOM_BYTES);

export class Inbox implements TurnEnd {
  readonly #bytes = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
  readonly #view = new DataView(this.#bytes.buffer);
  readonly #readers: (Reader | undefined)[] = new Array(MAX_READS).fill(undefined);
  readonly #ends = new Int32Array(MAX_READS);
  /** As integers: one that came out of a Float64Array would make a double of the field it is kept in. */
  readonly #writes = new Int32Array(MAX_READS);
  #count = 0;
  #at = 0;
  /** The first that was not handed on; not 0 only after one has thrown. */
  #next = 0;

  /**
   * Keeps the first `length` bytes of the thread's read buffer for the end of the turn. False:
   * they are too many, and whoever asks hands them on, behind those that wait (`run`).
   */
  take(reader: Reader, length: number): boolean {
    if (length > MAX_READ_BYTES) return false;
    if (this.#count === MAX_READS || this.#at + length > READ_BUFFER_BYTES) this.run();
    const at = this.#at;
    if (length > MAX_WORDS_BYTES) threadReadBuffer.copy(this.#bytes, at, 0, length);
    else copyBytes(readView, 0, length, this.#view, at);
    if (this.#count === 0) atTurnEnd(this);
    this.#readers[this.#count] = reader;
    reader.unreadCount += 1;
    this.#at = at + length;
    this.#ends[this.#count] = this.#at;
    this.#writes[this.#count] = reader.writeCount;
    this.#count += 1;
    return true;
  }

  /** Not everything of this turn has been read, and reads are being handed on already. */
  isEarly = false;

  /** Hands on everything that waits: before whatever else happens to a connection. */
  run(): void {
    if (this.#count === 0) return;
    this.isEarly = true;
    try {
      this.#handOn();
    } finally {
      this.isEarly = false;
    }
  }

  /** TurnEnd. */
  onTurnEnd(): void {
    this.#handOn();
  }

  #handOn(): void {
    const count = this.#count;
    let at = this.#next;
    try {
      for (; at < count; at++) {
        const reader = this.#readers[at] as Reader;
        const start = at === 0 ? 0 : (this.#ends[at - 1] as number);
        const end = this.#ends[at] as number;
        this.#readers[at] = undefined;
        reader.unreadCount -= 1;
        reader.onRead(this.#bytes, start, end, this.#writes[at] as number);
        retireSpan(this.#bytes, start, end);
      }
    } finally {
      if (at < count) {
        // One that throws costs no other its bytes.
        this.#next = at + 1;
        atTurnEnd(this);
      } else {
        this.#next = 0;
        this.#count = 0;
        this.#at = 0;
      }
    }
  }
}
