/** An endpoint before its judges: what came of its attempts since the last look, and what is known of it. */
import type { EndpointTable } from '#src/shared/endpoint-table.ts';
import { FADE_MS } from '#src/shared/endpoint-times.ts';
import type { JudgeConfigs } from '#src/upstream/endpoint/judge-config.ts';
import { Breaker } from './breaker.ts';
import { type Candidate, emptySample } from './candidate.ts';
import { FlapDamper } from './flap-damper.ts';

/** One of an upstream, as whoever knows who is in it says. */
export interface JudgedMember {
  /** Its id in the endpoint table. */
  readonly endpoint: number;
  /** Counts up when somebody else gets its place in the table, even one of the same name. */
  readonly tenancy: number;
  /** As `$upstream_addr` shows it. */
  readonly name: string;
  /** 0, or its rank of `backup`. */
  readonly tier: number;
  /** It starts slowly when it comes back. */
  readonly startsSlowly: boolean;
  /** Neither `down` nor `drain`. */
  readonly isWanted: boolean;
}

/** Times grow out of sums that fade: less than this is what rounding leaves. */
const LEAST_TIMED = 0.5;

export class JudgedEndpoint implements Candidate {
  /** Changes when somebody steers it. */
  member: JudgedMember;
  readonly sample = emptySample();
  isOutOtherwise = false;
  readonly breaker: Breaker | undefined;
  readonly damper: FlapDamper | undefined;
  readonly #looksAtTimes: boolean;
  /** As they were at the last look. */
  readonly #counts = emptySample();
  readonly #faded = { samples: 0, headerMs: 0, atMs: 0 };

  /** What was counted before does not count. Times are of the shared clock. */
  constructor(member: JudgedMember, configs: JudgeConfigs, table: EndpointTable, nowMs: number) {
    this.member = member;
    const { breaker, flapping, outlier } = configs;
    if (breaker?.scope === 'endpoint') this.breaker = new Breaker(breaker, nowMs);
    if (flapping !== null) this.damper = new FlapDamper(flapping);
    this.#looksAtTimes = (outlier?.latencyFactor ?? 0) > 0 || (breaker?.latencyMs ?? 0) > 0;
    this.read(table, nowMs);
    Object.assign(this.sample, emptySample());
  }

  get name(): string {
    return this.member.name;
  }

  /** Puts into `sample` what is new since the last time. */
  read(table: EndpointTable, nowMs: number): void {
    const { endpoint } = this.member;
    const counts = this.#counts;
    const [good, errors, lost] = [
      table.goodAnswers(endpoint),
      table.errorAnswers(endpoint),
      table.lost(endpoint),
    ];
    // Counts begin again where a slot has a new tenant.
    this.sample.good = Math.max(0, good - counts.good);
    this.sample.errors = Math.max(0, errors - counts.errors);
    this.sample.lost = Math.max(0, lost - counts.lost);
    Object.assign(counts, { good, errors, lost });
    if (this.#looksAtTimes) this.#readTimes(table, nowMs);
  }

  #readTimes(table: EndpointTable, nowMs: number): void {
    const last = this.#faded;
    const [samples = 0, headerMs = 0] = table.times.take(this.member.endpoint, nowMs);
    const fade = Math.exp(-(nowMs - last.atMs) / FADE_MS);
    const timed = samples - last.samples * fade;
    this.sample.timed = timed > LEAST_TIMED ? timed : 0;
    this.sample.headerMs = timed > LEAST_TIMED ? headerMs - last.headerMs * fade : 0;
    Object.assign(last, { samples, headerMs, atMs: nowMs });
  }
}
