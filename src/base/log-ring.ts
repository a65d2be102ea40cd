/** The last lines of a log, in memory: of a log that nobody reads unless something is wrong. */
import type { LogSink } from './log.ts';

const LF = 0x0a;

export class LogRing implements LogSink {
  readonly #bytes: Buffer;
  /** Where the next line goes. */
  #at = 0;
  /** What is behind `#at` is older than what is in front of it. */
  #isRound = false;

  /** `size`: bytes of lines that it holds. */
  constructor(size: number) {
    // Of a large one only the pages that lines have come to cost memory.
    this.#bytes = Buffer.allocUnsafeSlow(size);
  }

  write(line: string): void {
    const bytes = Buffer.from(line);
    const { length } = this.#bytes;
    for (let from = 0; from < bytes.length; ) {
      const copied = bytes.copy(this.#bytes, this.#at, from);
      from += copied;
      this.#at += copied;
      if (this.#at < length) continue;
      this.#at = 0;
      this.#isRound = true;
    }
  }

  /** Whole lines, the oldest first; what was overwritten in part is left out. */
  lines(): Buffer {
    const newer = this.#bytes.subarray(0, this.#at);
    if (!this.#isRound) return Buffer.from(newer);
    const all = Buffer.concat([this.#bytes.subarray(this.#at), newer]);
    return all.subarray(all.indexOf(LF) + 1);
  }
}
