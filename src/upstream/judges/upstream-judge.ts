/** The judges of one upstream: every look reads what its endpoints did, and says who gets nothing. */
import {
  OUT_ADMINISTRATIVE,
  OUT_BREAKER,
  OUT_FLAPPING,
  OUT_OUTLIER,
} from '#src/shared/endpoint-standing.ts';
import type { EndpointTable } from '#src/shared/endpoint-table.ts';
import type { JudgeConfigs } from '#src/upstream/endpoint/judge-config.ts';
import type { BreakerRecord } from './breaker.ts';
import { mayTakeOut } from './candidate.ts';
import { breakerNews, type JudgeListener, until } from './judge-news.ts';
import { JudgedEndpoint, type JudgedMember } from './judged-endpoint.ts';
import { OutlierEjector, type OutlierRecord, type OutlierVerdict } from './outlier-ejector.ts';
import { Turnstile } from './turnstile.ts';

/** What is known of an upstream; survives a reload. */
export interface JudgeRecord {
  readonly upstream: string;
  readonly breaker: BreakerRecord | null;
  readonly endpoints: readonly {
    readonly name: string;
    readonly outlier: OutlierRecord | null;
    readonly breaker: BreakerRecord | null;
  }[];
}

const ALL_BITS = OUT_BREAKER | OUT_FLAPPING | OUT_OUTLIER;
const HALF = 0.5;

export class UpstreamJudge {
  readonly name: string;
  readonly #configs: JudgeConfigs;
  readonly #table: EndpointTable;
  readonly #listener: JudgeListener;
  readonly #turnstile: Turnstile;
  /** By rank of `backup`. */
  readonly #ejectors = new Map<number, OutlierEjector<JudgedEndpoint>>();
  #members: readonly JudgedMember[] = [];
  #endpoints: JudgedEndpoint[] = [];

  /** `id`: of the upstream. Times are of the shared clock (`sharedNowMs`). */
  constructor(
    upstream: { readonly id: number; readonly name: string; readonly judges: JudgeConfigs },
    table: EndpointTable,
    listener: JudgeListener,
    nowMs: number,
  ) {
    this.name = upstream.name;
    this.#configs = upstream.judges;
    this.#table = table;
    this.#listener = listener;
    this.#turnstile = new Turnstile(upstream.id, this.#configs, table.admissions, listener, nowMs);
  }

  /** One look. `members`: who is in the upstream; the same array as long as nothing has changed. */
  look(members: readonly JudgedMember[], nowMs: number): void {
    if (members !== this.#members) this.#adopt(members, nowMs);
    for (const endpoint of this.#endpoints) endpoint.read(this.#table, nowMs);
    for (const endpoint of this.#endpoints) this.#lookAtBreaker(endpoint, nowMs);
    // Before anybody is told that an endpoint is out: who finds none left asks why.
    this.#turnstile.look(this.#endpoints, this.#passingShare(nowMs), nowMs);
    for (const endpoint of this.#endpoints) this.#applyBreaker(endpoint);
    for (const group of this.#groups()) this.#lookAtGroup(group, nowMs);
  }

  /** For the snapshot of a reload. */
  get record(): JudgeRecord {
    return {
      upstream: this.name,
      breaker: this.#turnstile.record,
      endpoints: this.#endpoints.map((endpoint) => ({
        name: endpoint.name,
        outlier: this.#ejectorOf(endpoint)?.record(endpoint) ?? null,
        breaker: endpoint.breaker?.record ?? null,
      })),
    };
  }

  /** Goes on with what an older generation knew of those that are still there. */
  restore(record: JudgeRecord, members: readonly JudgedMember[], nowMs: number): void {
    this.#adopt(members, nowMs);
    if (record.breaker !== null) this.#turnstile.restore(record.breaker);
    const known = new Map(record.endpoints.map((one) => [one.name, one]));
    for (const endpoint of this.#endpoints) {
      const before = known.get(endpoint.name);
      if (before === undefined) continue;
      if (before.breaker !== null) endpoint.breaker?.restore(before.breaker);
      if (before.outlier !== null)
        this.#ejectorOf(endpoint, nowMs)?.restore(endpoint, before.outlier);
      const isEjected = this.#ejectorOf(endpoint)?.isOut(endpoint) === true;
      this.#table.setOut(endpoint.member.endpoint, OUT_OUTLIER, isEjected);
      this.#applyBreaker(endpoint);
    }
  }

  /** Another list of members: those that stay keep what is known of them. */
  #adopt(members: readonly JudgedMember[], nowMs: number): void {
    this.#members = members;
    const key = ({ endpoint, tenancy, tier }: JudgedMember) => `${endpoint} ${tenancy} ${tier}`;
    const before = new Map(this.#endpoints.map((one) => [key(one.member), one]));
    const stays = new Set(members.map(key));
    for (const [text, { member }] of before) {
      if (!stays.has(text)) this.#table.setOut(member.endpoint, ALL_BITS, false);
    }
    this.#endpoints = members.map((member) => {
      const known = before.get(key(member));
      if (known === undefined) return new JudgedEndpoint(member, this.#configs, this.#table, nowMs);
      known.member = member;
      return known;
    });
  }

  // ---- Breakers of endpoints -------------------------------------------------------------------

  #lookAtBreaker(endpoint: JudgedEndpoint, nowMs: number): void {
    const change = endpoint.breaker?.look(endpoint.sample, nowMs);
    if (change === undefined) return;
    if (change.to === 'trial') this.#join(endpoint, nowMs);
    this.#listener.onNews(breakerNews(change, endpoint.name, nowMs));
  }

  #applyBreaker({ breaker, member }: JudgedEndpoint): void {
    if (breaker === undefined) return;
    this.#table.setOut(member.endpoint, OUT_BREAKER, breaker.state === 'open');
  }

  /** Of those that only a breaker keeps out, the most that one lets through: with all open, nothing. */
  #passingShare(nowMs: number): number {
    let most = -1;
    for (const { breaker, member } of this.#endpoints) {
      if (breaker === undefined) return 1;
      const others = this.#table.standing.out(member.endpoint) & ~OUT_BREAKER;
      if (!member.isWanted || others !== 0) continue;
      most = Math.max(most, breaker.share(nowMs));
    }
    return most < 0 ? 1 : most;
  }

  // ---- Outliers and flapping -------------------------------------------------------------------

  #groups(): JudgedEndpoint[][] {
    const groups = new Map<number, JudgedEndpoint[]>();
    for (const endpoint of this.#endpoints) {
      const { endpoint: id, isWanted, tier } = endpoint.member;
      if (!isWanted || (this.#table.standing.out(id) & OUT_ADMINISTRATIVE) !== 0) {
        this.#ejectorOf(endpoint)?.forget(endpoint);
        this.#table.setOut(id, OUT_OUTLIER | OUT_FLAPPING, false);
        continue;
      }
      const group = groups.get(tier);
      if (group === undefined) groups.set(tier, [endpoint]);
      else group.push(endpoint);
    }
    return [...groups.values()];
  }

  #lookAtGroup(group: readonly JudgedEndpoint[], nowMs: number): void {
    const { standing } = this.#table;
    for (const endpoint of group) {
      endpoint.isOutOtherwise = (standing.out(endpoint.member.endpoint) & ~OUT_OUTLIER) !== 0;
    }
    const [first] = group;
    const ejector = first && this.#ejectorOf(first, nowMs);
    for (const verdict of ejector?.look(group, nowMs) ?? []) this.#carryOut(verdict, nowMs);
    if (this.#configs.flapping === null) return;
    let outCount = 0;
    for (const { member } of group) if (standing.out(member.endpoint) !== 0) outCount += 1;
    for (const endpoint of group) outCount += this.#damp(endpoint, group.length, outCount, nowMs);
  }

  #carryOut(verdict: OutlierVerdict<JudgedEndpoint>, nowMs: number): void {
    const { act, candidate, untilMs, why } = verdict;
    const { endpoint, name } = candidate.member;
    if (act === 'spared') {
      this.#listener.onSpared(
        `${name} stays in service although ${why}: no more than half of its group is taken out`,
      );
      return;
    }
    const isOut = act === 'eject';
    if (!isOut) this.#join(candidate, nowMs);
    this.#table.setOut(endpoint, OUT_OUTLIER, isOut);
    const detail = isOut ? `${why}; out ${until(untilMs, nowMs)}` : `${why}, it is tried again`;
    this.#listener.onNews({
      type: isOut ? 'down' : 'up',
      endpoint: name,
      reason: 'outlier',
      detail,
    });
  }

  /** `outCount`: how many of the group are out; returns how many more that are now. */
  #damp(endpoint: JudgedEndpoint, size: number, outCount: number, nowMs: number): number {
    const { damper, member } = endpoint;
    if (damper === undefined) return 0;
    const out = this.#table.standing.out(member.endpoint);
    const isUp = (out & ~OUT_FLAPPING) === 0;
    const others = out === 0 ? outCount : outCount - 1;
    if (!damper.look(isUp, nowMs, mayTakeOut(size, others, HALF))) return 0;
    const isHeld = damper.isHeld;
    if (!isHeld) this.#join(endpoint, nowMs);
    this.#table.setOut(member.endpoint, OUT_FLAPPING, isHeld);
    const detail = isHeld
      ? `it has come or gone ${damper.changeCount} times lately; held out ${until(damper.untilMs, nowMs)} unless it changes again`
      : 'it is calm, or too few others are left';
    this.#listener.onNews({
      type: isHeld ? 'down' : 'up',
      endpoint: member.name,
      reason: 'flapping',
      detail,
    });
    const isOut = this.#table.standing.out(member.endpoint) !== 0;
    return Number(isOut) - Number(out !== 0);
  }

  /** Undefined without `outlier_ejection`, or before the first look. */
  #ejectorOf(
    { member }: JudgedEndpoint,
    nowMs?: number,
  ): OutlierEjector<JudgedEndpoint> | undefined {
    const { outlier } = this.#configs;
    const known = this.#ejectors.get(member.tier);
    if (known !== undefined || outlier === null || nowMs === undefined) return known;
    const made = new OutlierEjector<JudgedEndpoint>(outlier, nowMs);
    this.#ejectors.set(member.tier, made);
    return made;
  }

  /** Its slow start begins. */
  #join({ member }: JudgedEndpoint, nowMs: number): void {
    if (member.startsSlowly) this.#table.times.join(member.endpoint, nowMs);
  }
}
