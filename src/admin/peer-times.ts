/**
 * How long an endpoint took lately, from sums that threads keep for everybody: of each look what came
 * since the look before, and that fades (as what policies record does, endpoint-times.ts).
 */
import { FADE_MS } from '#src/shared/endpoint-times.ts';

/** What threads have summed up; each only grows while its endpoint stays. */
export interface PeerSums {
  /** Heads of answers, and the milliseconds all of them took. */
  readonly headers: number;
  readonly headerMs: number;
  /** Attempts that have left the endpoint, and their milliseconds. */
  readonly ended: number;
  readonly busyMs: number;
}

/** Less than this is no sample any more: after half a minute for one, after longer for many. */
const LEAST_SAMPLES = 0.05;
const NOTHING: PeerSums = { headers: 0, headerMs: 0, ended: 0, busyMs: 0 };

/** The averages of one endpoint. */
export class PeerTimes {
  #before = NOTHING;
  #lookedAtMs = 0;
  readonly #header = new FadingMean();
  readonly #response = new FadingMean();

  /** Mean milliseconds to the head of an answer; -1: nothing is known (any more). */
  get headerMs(): number {
    return this.#header.mean;
  }

  /** Mean milliseconds until an attempt, failed ones too, was over; -1: nothing is known. */
  get responseMs(): number {
    return this.#response.mean;
  }

  look(sums: PeerSums, nowMs: number): void {
    // Who has taken the place, or a thread that died, begins at nothing.
    const before = sums.ended < this.#before.ended ? NOTHING : this.#before;
    const fade = Math.exp(Math.min(0, this.#lookedAtMs - nowMs) / FADE_MS);
    this.#header.add(sums.headers - before.headers, sums.headerMs - before.headerMs, fade);
    this.#response.add(sums.ended - before.ended, sums.busyMs - before.busyMs, fade);
    this.#before = sums;
    this.#lookedAtMs = nowMs;
  }
}

class FadingMean {
  #count = 0;
  #ms = 0;

  get mean(): number {
    return this.#count < LEAST_SAMPLES ? -1 : this.#ms / this.#count;
  }

  add(count: number, ms: number, fade: number): void {
    this.#count = this.#count * fade + count;
    this.#ms = this.#ms * fade + ms;
  }
}
