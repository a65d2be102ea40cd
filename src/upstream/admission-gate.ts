/** Data path. Turns exchanges away before any endpoint of an upstream is asked. */

import { RandomBits } from '#src/base/random-bits.ts';
import { type AdmissionTable, WHOLE_SHARE } from '#src/shared/admission-table.ts';

/** Of a RandomBits value: what is left of it is 0 … WHOLE_SHARE − 1. */
const SHARE_BITS = WHOLE_SHARE - 1;

/** Of one upstream in one thread; only upstreams with a breaker or `admission_control` have it. */
export class AdmissionGate {
  readonly #table: AdmissionTable;
  readonly #upstream: number;
  readonly #random = new RandomBits();
  #hasTurnedAway = false;

  constructor(table: AdmissionTable, upstream: number) {
    this.#table = table;
    this.#upstream = upstream;
  }

  /** Whether this one is turned away, which is counted; `failure` says why, until the next call. */
  turnsAway(): boolean {
    const share = this.#table.share(this.#upstream);
    this.#hasTurnedAway = share > 0 && (this.#random.next() & SHARE_BITS) < share;
    if (this.#hasTurnedAway) this.#table.turnAway(this.#upstream);
    return this.#hasTurnedAway;
  }

  /** Why the last one was turned away; undefined: it was not. */
  get failure(): 'breaker_open' | 'admission_refused' | undefined {
    if (!this.#hasTurnedAway) return undefined;
    const isAdmission = this.#table.turner(this.#upstream) === 'admission';
    return isAdmission ? 'admission_refused' : 'breaker_open';
  }
}
