/**
 * Data path. Bytes being put together, one piece behind the other. Whoever writes has made room
 * before (`reserve`); the pieces themselves check nothing.
 */

import { CR, DIGIT_0, LF } from './ascii.ts';
import { type Block, type ByteBlock, copyBytes } from './byte-copy.ts';
import { writeLatin1 } from './latin1.ts';

/** Longer texts are encoded by one call into Node (35 ns), shorter ones char by char. */
const MAX_LOOP_CHARS = 16;
const DECIMAL = 10;

export class ByteWriter implements ByteBlock {
  bytes: Buffer;
  view: DataView;
  /** Where the next byte goes. */
  at = 0;
  /** Length of `bytes`. */
  protected capacity: number;

  constructor(capacity: number) {
    this.bytes = Buffer.allocUnsafeSlow(capacity);
    this.view = new DataView(this.bytes.buffer);
    this.capacity = capacity;
  }

  /** Makes room for so many more bytes; what was written stays. */
  reserve(count: number): void {
    if (this.at + count <= this.capacity) return;
    const before = this.bytes;
    this.replace((this.at + count) * 2);
    before.copy(this.bytes, 0, 0, this.at);
  }

  /** Other memory, of at least that size; what was written stays behind in the old one. */
  protected replace(capacity: number): void {
    this.bytes = Buffer.allocUnsafeSlow(capacity);
    this.view = new DataView(this.bytes.buffer);
    this.capacity = capacity;
  }

  /** Text of one char per byte. */
  text(text: string): void {
    const { length } = text;
    const { at, bytes } = this;
    this.at = at + length;
    if (length > MAX_LOOP_CHARS) writeLatin1(bytes, text, at);
    else for (let i = 0; i < length; i++) bytes[at + i] = text.charCodeAt(i);
  }

  /** source[start..end), some hundred bytes at most. */
  copy(source: DataView, start: number, end: number): void {
    copyBytes(source, start, end, this.view, this.at);
    this.at += end - start;
  }

  /** The whole of a block. */
  block({ length, view }: Block): void {
    copyBytes(view, 0, length, this.view, this.at);
    this.at += length;
  }

  /** source[start..end), of any length. */
  copyBuffer(source: Buffer, start: number, end: number): void {
    this.at += source.copy(this.bytes, this.at, start, end);
  }

  byte(value: number): void {
    this.bytes[this.at++] = value;
  }

  /** The end of a line. */
  crlf(): void {
    this.bytes[this.at] = CR;
    this.bytes[this.at + 1] = LF;
    this.at += 2;
  }

  /** A non-negative integer. */
  decimal(value: number): void {
    let digits = 1;
    for (let limit = DECIMAL; value >= limit; limit *= DECIMAL) digits += 1;
    const { at, bytes } = this;
    let rest = value;
    for (let i = at + digits - 1; i >= at; i--) {
      const next = Math.floor(rest / DECIMAL);
      bytes[i] = DIGIT_0 + (rest - next * DECIMAL); // in this order: rest may be next to 2^53
      rest = next;
    }
    this.at = at + digits;
  }
}
