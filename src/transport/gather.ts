/**
 * Data path. Where the connections of one thread gather what they will write, until the end of the
 * turn or until it is too much: one piece of memory for all, a region for each.
 *
 *   arena  | region of A | region of B | … | room |
 *                                          at
 *
 * A region is open from its first byte until its connection has written it. When none is open the
 * arena is empty. What is written goes through `outgoing`: a view per length exists already there,
 * so a write of a usual length allocates nothing.
 */

import { copyBytes } from '#src/bytes/byte-copy.ts';
import { ByteWriter } from '#src/bytes/byte-writer.ts';
import type { NativeCalls } from './native-calls.ts';
import { retireSpan } from './read-buffer.ts';

/** For short regions: a thousand connections may gather in one turn. Pages that nobody used cost nothing. */
export const SHORT_ARENA_BYTES = 512 * 1024;
/** For long ones: a write that has to wait keeps all of it, and slow clients must not hold more each. */
export const LONG_ARENA_BYTES = 64 * 1024;
/**
 * Longer regions are written at once and from where they are: the copy would cost more than a view
 * of them, and later they would not be in the cache any more.
 */
const MAX_OUTGOING_BYTES = 4096;
/** Views of long regions that are kept: answers of one kind differ in a few bytes of length. */
const KEPT_VIEWS = 16;
/** Regions beyond this are copied by memcpy. */
const MAX_WORDS_BYTES = 512;

export class Arena extends ByteWriter {
  readonly #bytes: number;
  #openCount = 0;
  /** Of regions from 0 on, by the last bits of their length. */
  readonly #views: (Buffer | undefined)[] = new Array(KEPT_VIEWS).fill(undefined);
  readonly #viewLengths = new Int32Array(KEPT_VIEWS);
  #addressed: Buffer | undefined = undefined;
  #address = 0n;

  constructor(bytes: number) {
    super(bytes);
    this.#bytes = bytes;
  }

  /** Where `memory` is; mostly that of this arena, asked for once. */
  addressOf(memory: Buffer, calls: NativeCalls): bigint {
    if (memory !== this.#addressed) {
      this.#addressed = memory;
      this.#address = calls.addressOf(memory);
    }
    return this.#address;
  }

  hasRoom(count: number): boolean {
    return this.at + count <= this.capacity;
  }

  /** Makes room for `count` bytes; when there is none, in other memory: open regions stay theirs. */
  override reserve(count: number): void {
    if (!this.hasRoom(count)) this.abandon(count);
  }

  /** From now on other memory is used; whoever refers to the old one keeps it. */
  abandon(count = 0): void {
    this.replace(Math.max(this.#bytes, count));
    this.at = 0;
  }

  protected override replace(capacity: number): void {
    super.replace(capacity);
    this.#views.fill(undefined);
    this.#viewLengths.fill(0);
  }

  open(): void {
    this.#openCount += 1;
  }

  /** The region memory[from..to), for one write; who has to keep it abandons the memory. */
  viewOf(memory: Buffer, from: number, to: number): Buffer {
    if (from !== 0 || memory !== this.bytes) return memory.subarray(from, to);
    const slot = to % KEPT_VIEWS;
    const kept = this.#views[slot];
    if (kept !== undefined && this.#viewLengths[slot] === to) return kept;
    const view = memory.subarray(0, to);
    this.#views[slot] = view;
    this.#viewLengths[slot] = to;
    return view;
  }

  /** The region memory[from..to) is not needed any more. */
  close(memory: Buffer, from: number, to: number): void {
    retireSpan(memory, from, to);
    this.#openCount -= 1;
    if (this.#openCount === 0) this.at = 0;
    else if (memory === this.bytes && to === this.at) this.at = from;
  }
}

/** What goes to the kernel now. Its memory is given up when a write has to wait with it. */
export class Outgoing {
  #bytes = Buffer.allocUnsafeSlow(MAX_OUTGOING_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #views: (Buffer | undefined)[] = new Array(MAX_OUTGOING_BYTES + 1).fill(undefined);

  /** Whether a region of that length waits for the end of the turn and goes through here. */
  takes(length: number): boolean {
    return length <= MAX_OUTGOING_BYTES;
  }

  /** A copy of the arena's [from..to), until the next call. */
  copyOf({ bytes, view: source }: Arena, from: number, to: number): Buffer {
    const length = to - from;
    if (length > MAX_WORDS_BYTES) bytes.copy(this.#bytes, 0, from, to);
    else copyBytes(source, from, to, this.#view, 0);
    const known = this.#views[length];
    if (known !== undefined) return known;
    const view = this.#bytes.subarray(0, length);
    this.#views[length] = view;
    return view;
  }

  /** A write waits with what `copyOf` returned last. */
  abandon(): void {
    this.#bytes = Buffer.allocUnsafeSlow(MAX_OUTGOING_BYTES);
    this.#view = new DataView(this.#bytes.buffer);
    this.#views.fill(undefined);
  }
}
