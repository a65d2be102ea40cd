/**
 * Data path. Field lines come again: `Connection: keep-alive`, `Server: nginx`, whoever asks or answers. The
 * line that was last seen at each place of a head is kept, and the next one there is compared with
 * it by words of four bytes: the same bytes have been found well-formed and their name looked up.
 *
 * One for all requests of a thread and one for all responses. Nothing of a kept line is ever copied
 * into a head, only where its name ends and which one it is.
 */

/** Places that are remembered; heads with more fields have the rest read as usual. */
const MAX_LINES = 16;
const WORD = 4;
/** Longer lines are seldom the same. */
const MAX_BYTES = 64;
const WORDS_PER_LINE = MAX_BYTES / WORD;
/** A line that differs is remembered at every eighth time, so that unique ones cost next to nothing. */
const MISS_MASK = 7;

export class LineMemo {
  /** MAX_LINES · WORDS_PER_LINE; the last word of a line overlaps the one before it. */
  readonly #words = new Int32Array(MAX_LINES * WORDS_PER_LINE);
  /** With CRLF; 0: nothing yet. */
  readonly #lengths = new Uint8Array(MAX_LINES);
  readonly #nameLengths = new Uint8Array(MAX_LINES);
  readonly #ids = new Uint8Array(MAX_LINES);
  readonly #misses = new Uint8Array(MAX_LINES);

  /** Length of the line at `start`, with CRLF, if it is the one remembered for that place; else 0. */
  match(view: DataView, start: number, end: number, place: number): number {
    if (place >= MAX_LINES) return 0;
    const length = this.#lengths[place] as number;
    if (length === 0 || length > end - start) return 0;
    const words = this.#words;
    const last = start + length - WORD;
    let word = place * WORDS_PER_LINE;
    for (let at = start; at < last; at += WORD) {
      if (view.getInt32(at, true) !== words[word]) return 0;
      word += 1;
    }
    return view.getInt32(last, true) === words[word] ? length : 0;
  }

  /** Of the line remembered for a place that matched. */
  nameLength(place: number): number {
    return this.#nameLengths[place] as number;
  }

  /** The known id of its name. */
  id(place: number): number {
    return this.#ids[place] as number;
  }

  /** A well-formed line [start..end), CRLF included, was at that place; nothing marks its field. */
  offer(
    view: DataView,
    start: number,
    end: number,
    place: number,
    id: number,
    nameLength: number,
  ): void {
    const length = end - start;
    if (place >= MAX_LINES || length > MAX_BYTES) return;
    const misses = this.#misses[place] as number;
    this.#misses[place] = misses + 1;
    if ((misses & MISS_MASK) !== 0) return;
    this.#lengths[place] = length;
    this.#nameLengths[place] = nameLength;
    this.#ids[place] = id;
    const last = end - WORD;
    let word = place * WORDS_PER_LINE;
    for (let at = start; at < last; at += WORD) {
      this.#words[word] = view.getInt32(at, true);
      word += 1;
    }
    this.#words[word] = view.getInt32(last, true);
  }
}
