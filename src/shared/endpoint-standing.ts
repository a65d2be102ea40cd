// Data path.
import { type Layout, ROW_ALIGNMENT_BYTES, STANDING_CELLS } from './layout.ts';

/** Why an endpoint gets nothing: bits of its standing, which the generation's main thread sets. */
export const OUT_CHECK = 1; // a health check says that it is ill
export const OUT_OUTLIER = 2; // it does worse than the others
export const OUT_BREAKER = 4; // its circuit breaker is open
export const OUT_DOWN = 8; // `down`, by whoever steers the upstream
export const OUT_DRAIN = 16; // `drain`: who is bound to it by `sticky` still goes there
export const OUT_GONE = 32; // it was taken out, or its slot waits for all threads to know of it
export const OUT_FLAPPING = 64; // it came and went too often

/**
 * Not out: a health check says that it can do less than usual. It gets what the others cannot take
 * (`degraded_threshold`).
 */
export const DEGRADED = 128;

/** As status pages name them. */
export function outReasons(bits: number): string[] {
  return OUT_NAMES.filter((_, at) => (bits & (1 << at)) !== 0);
}

const OUT_NAMES = ['check', 'outlier', 'breaker', 'down', 'drain', 'gone', 'flapping'];

/** What is meant so by somebody: no panic goes over it. */
export const OUT_ADMINISTRATIVE = OUT_DOWN | OUT_DRAIN | OUT_GONE;

const OUT_BITS = 0x7f;
const ALL_BITS = OUT_BITS | DEGRADED;
/** Failures are counted above the bits. */
const ONE_FAILURE = 0x100;
const MOST_FAILURES = 0x3fff_ff00;
/** Threads read their clocks once per turn: what is later than "now" by less is now. */
const MOST_SKEW_MS = 3_600_000;
/** A longer `fail_timeout` counts as this: 20 days. Times have 32 bits. */
export const MOST_FAIL_TIMEOUT_MS = 1_728_000_000;

/**
 * Who of the endpoints is out, and nginx's rule for `max_fails` (semantics.md §5), for all threads as
 * one, as nginx has it with `zone`. One cell per endpoint holds the bits and the count of failures,
 * so 0 is an endpoint about which there is nothing to ask; two more hold nginx's `accessed` (here:
 * failed) and `checked`. All changes are atomic: a failure that one thread counts holds for the next
 * pick of any other, and of all threads one makes the trial. Times are `sharedNowMs`, modulo 2^32;
 * they count only beside failures.
 *
 * Who picks looks at the epoch, one cell for all endpoints: only when it has changed, which is rare, is
 * there anything new to read in the others.
 */
export class EndpointStanding {
  readonly #cells: Int32Array;
  readonly #epoch: Int32Array;
  readonly #failedAt: number;
  readonly #checkedAt: number;

  constructor(buffer: SharedArrayBuffer, layout: Layout, endpointCount: number) {
    const { standingOffset } = layout;
    const first = standingOffset + ROW_ALIGNMENT_BYTES;
    this.#epoch = new Int32Array(buffer, standingOffset, 1);
    this.#cells = new Int32Array(buffer, first, STANDING_CELLS * endpointCount);
    this.#failedAt = endpointCount;
    this.#checkedAt = 2 * endpointCount;
  }

  /** Another one than before: for some endpoint `isFine` may have changed. */
  get epoch(): number {
    return this.#epoch[0] as number;
  }

  /** Notes for each of the endpoints `ids` whether it is fine: 1 or 0. The epoch of that. */
  readFine(ids: Int32Array, into: Uint8Array): number {
    const epoch = Atomics.load(this.#epoch, 0);
    for (let at = 0; at < ids.length; at++) {
      into[at] = Atomics.load(this.#cells, ids[at] as number) === 0 ? 1 : 0;
    }
    return epoch;
  }

  /** Not out for any reason, not degraded, and no failure counts. */
  isFine(endpoint: number): boolean {
    return this.#cells[endpoint] === 0;
  }

  /** Its OUT_ bits. */
  out(endpoint: number): number {
    return (this.#cells[endpoint] as number) & OUT_BITS;
  }

  isDegraded(endpoint: number): boolean {
    return ((this.#cells[endpoint] as number) & DEGRADED) !== 0;
  }

  /** Failures that count now. */
  failCount(endpoint: number): number {
    return (this.#cells[endpoint] as number) >> 8;
  }

  /** Also for DEGRADED. Generation's main thread only. True: that was not so before. */
  setOut(endpoint: number, bits: number, isOut: boolean): boolean {
    const before = isOut
      ? Atomics.or(this.#cells, endpoint, bits)
      : Atomics.and(this.#cells, endpoint, ~bits);
    const hasChanged = (before & bits) !== (isOut ? bits : 0);
    if (hasChanged) this.#turn();
    return hasChanged;
  }

  /** Put aside for its failures: at least `maxFails`, the last one or a trial not long enough ago. */
  isAside(endpoint: number, maxFails: number, failTimeoutMs: number, nowMs: number): boolean {
    if (maxFails === 0 || this.failCount(endpoint) < maxFails) return false;
    const checkedAt = this.#cells[this.#checkedAt + endpoint] as number;
    return !isOver(checkedAt, nowMs | 0, failTimeoutMs);
  }

  /**
   * It was picked. After `fail_timeout` that makes the attempt a trial, which one of all threads may
   * make; false: another one has it, or more failures came, and somebody else must be picked.
   */
  onPicked(endpoint: number, maxFails: number, failTimeoutMs: number, nowMs: number): boolean {
    if (this.failCount(endpoint) === 0) return true;
    const cell = this.#checkedAt + endpoint;
    const now = nowMs | 0;
    const checkedAt = Atomics.load(this.#cells, cell);
    if (!isOver(checkedAt, now, failTimeoutMs)) {
      return maxFails === 0 || this.failCount(endpoint) < maxFails;
    }
    if (Atomics.compareExchange(this.#cells, cell, checkedAt, now) === checkedAt) return true;
    return maxFails === 0 || this.failCount(endpoint) < maxFails;
  }

  /** An attempt there failed. */
  onFailure(endpoint: number, nowMs: number): void {
    const cells = this.#cells;
    const now = nowMs | 0;
    Atomics.store(cells, this.#failedAt + endpoint, now);
    Atomics.store(cells, this.#checkedAt + endpoint, now);
    const before = Atomics.add(cells, endpoint, ONE_FAILURE);
    if (before >= MOST_FAILURES) Atomics.sub(cells, endpoint, ONE_FAILURE);
    else if (before < ONE_FAILURE) this.#turn();
  }

  /**
   * An attempt succeeded: clears the failures if there was a trial since the last one. True: it had
   * been put aside, and is back.
   */
  onSuccess(endpoint: number, maxFails: number): boolean {
    const cells = this.#cells;
    for (;;) {
      const standing = Atomics.load(cells, endpoint);
      if (standing < ONE_FAILURE) return false;
      const failedAt = Atomics.load(cells, this.#failedAt + endpoint);
      const checkedAt = Atomics.load(cells, this.#checkedAt + endpoint);
      if (((checkedAt - failedAt) | 0) <= 0) return false;
      const cleared = standing & ALL_BITS;
      // A failure or a bit that came in between: look again.
      if (Atomics.compareExchange(cells, endpoint, standing, cleared) !== standing) continue;
      this.#turn();
      return maxFails > 0 && standing >> 8 >= maxFails;
    }
  }

  /** Its failures count no more: another endpoint gets its slot. Generation's main thread only. */
  forgetFailures(endpoint: number): void {
    Atomics.and(this.#cells, endpoint, ALL_BITS);
    this.#turn();
  }

  #turn(): void {
    Atomics.add(this.#epoch, 0, 1);
  }
}

/** More than `timeoutMs` have passed; a difference that is far below 0 is one of more than 24 days. */
function isOver(sinceMs: number, nowMs: number, timeoutMs: number): boolean {
  const passedMs = (nowMs - sinceMs) | 0;
  return passedMs > Math.min(timeoutMs, MOST_FAIL_TIMEOUT_MS) || passedMs < -MOST_SKEW_MS;
}
