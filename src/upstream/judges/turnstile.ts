/** What of an upstream's exchanges is turned away before an endpoint is asked, and who says so. */
import type { AdmissionTable } from '#src/shared/admission-table.ts';
import type { JudgeConfigs } from '#src/upstream/endpoint/judge-config.ts';
import { Admission } from './admission.ts';
import { Breaker, type BreakerRecord } from './breaker.ts';
import { addSample, type Candidate, emptySample } from './candidate.ts';
import { breakerNews, type JudgeListener } from './judge-news.ts';
import { percent } from './outlier-rules.ts';

/** Less is not worth a line. */
const NOTABLE_SHARE = 0.01;

export class Turnstile {
  readonly #upstream: number;
  readonly #table: AdmissionTable;
  readonly #listener: JudgeListener;
  readonly #breaker: Breaker | undefined;
  readonly #admission: Admission | undefined;
  readonly #calmMs: number;
  #isShedding = false;
  #shedAtMs = 0;

  /** Times are of the shared clock. */
  constructor(
    upstream: number,
    { admission, breaker }: JudgeConfigs,
    table: AdmissionTable,
    listener: JudgeListener,
    nowMs: number,
  ) {
    this.#upstream = upstream;
    this.#table = table;
    this.#listener = listener;
    if (breaker?.scope === 'upstream') this.#breaker = new Breaker(breaker, nowMs);
    if (admission !== null) this.#admission = new Admission(admission, nowMs);
    this.#calmMs = admission?.windowMs ?? 0;
  }

  /** Of the breaker of the whole upstream; null without. */
  get record(): BreakerRecord | null {
    return this.#breaker?.record ?? null;
  }

  /** Goes on with what an older generation knew. */
  restore(record: BreakerRecord): void {
    this.#breaker?.restore(record);
  }

  /** One look; `passing`: the share that the breakers of the endpoints let through. */
  look(endpoints: readonly Candidate[], passing: number, nowMs: number): void {
    const sample = emptySample();
    for (const endpoint of endpoints) addSample(sample, endpoint.sample);
    const change = this.#breaker?.look(sample, nowMs);
    if (change !== undefined) this.#listener.onNews(breakerNews(change, '', nowMs));
    const past = passing * (this.#breaker?.share(nowMs) ?? 1);
    const refused = this.#admission?.look(sample, nowMs) ?? 0;
    this.#note(refused, nowMs);
    const turner = past < 1 ? 'breaker' : 'admission';
    this.#table.setShare(this.#upstream, 1 - past * (1 - refused), turner);
  }

  /** `admission_control` begins, or has had nothing to do for a whole window. */
  #note(refused: number, nowMs: number): void {
    if (refused >= NOTABLE_SHARE) this.#shedAtMs = nowMs;
    const isShedding = refused >= NOTABLE_SHARE || nowMs - this.#shedAtMs < this.#calmMs;
    if (isShedding === this.#isShedding || (isShedding && refused < NOTABLE_SHARE)) return;
    this.#isShedding = isShedding;
    const { good = 0, requests = 0 } = this.#admission?.figures ?? {};
    this.#listener.onNews({
      type: isShedding ? 'shedding' : 'shedding_over',
      endpoint: '',
      reason: 'admission',
      detail: isShedding
        ? `${good} of ${requests} answers are good; ${percent(refused)} of the requests are turned away now`
        : 'enough answers are good again; nobody is turned away',
    });
  }
}
