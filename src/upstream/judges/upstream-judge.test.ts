import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WHOLE_SHARE } from '#src/shared/admission-table.ts';
import {
  OUT_BREAKER,
  OUT_CHECK,
  OUT_DOWN,
  OUT_FLAPPING,
  OUT_OUTLIER,
} from '#src/shared/endpoint-standing.ts';
import { SharedState } from '#src/shared/shared-state.ts';
import type { JudgeConfigs } from '#src/upstream/endpoint/judge-config.ts';
import type { JudgeNews } from './judge-news.ts';
import type { JudgedMember } from './judged-endpoint.ts';
import { UpstreamJudge } from './upstream-judge.ts';

const START_MS = 1_790_000_000_000;
const NONE: JudgeConfigs = { outlier: null, breaker: null, admission: null, flapping: null };
const OUTLIER: JudgeConfigs = {
  ...NONE,
  outlier: {
    consecutive5xx: 5,
    consecutiveLocalOrigin: 5,
    intervalMs: 10_000,
    stdevFactor: 0,
    successRateHosts: 5,
    successRateRequests: 100,
    failureShare: 0,
    failureHosts: 5,
    failureRequests: 50,
    latencyFactor: 5,
    latencyFloorMs: 100,
    latencyHosts: 3,
    latencyRequests: 20,
    baseEjectionMs: 30_000,
    maxEjectionMs: 300_000,
    maxEjectionShare: 0.5,
  },
};
const breaker = (scope: 'endpoint' | 'upstream'): JudgeConfigs => ({
  ...NONE,
  breaker: {
    scope,
    failureShare: 0.5,
    latencyMs: 0,
    minRequests: 10,
    windowMs: 10_000,
    openMs: 10_000,
    rampMs: 5_000,
  },
});

/** One upstream over the real endpoint table. */
class Bench {
  readonly table;
  members: JudgedMember[];
  readonly news: JudgeNews[] = [];
  readonly spared: string[] = [];
  readonly judge: UpstreamJudge;
  nowMs = START_MS;

  constructor(judges: JudgeConfigs, size = 3, tiers: readonly number[] = []) {
    this.table = SharedState.alone(size + 2, 1).endpoints;
    this.members = Array.from({ length: size }, (_, at) => this.member(at, tiers[at] ?? 0));
    this.judge = this.makeJudge(judges);
  }

  makeJudge(judges: JudgeConfigs): UpstreamJudge {
    const listener = {
      onNews: (news: JudgeNews) => void this.news.push(news),
      onSpared: (line: string) => void this.spared.push(line),
    };
    return new UpstreamJudge({ id: 0, name: 'app', judges }, this.table, listener, this.nowMs);
  }

  member(endpoint: number, tier = 0): JudgedMember {
    return { endpoint, tenancy: 0, name: `e${endpoint}`, tier, startsSlowly: true, isWanted: true };
  }

  get out(): number[] {
    return this.members.map(({ endpoint }) => this.table.standing.out(endpoint));
  }

  get told(): string[] {
    return this.news.map(({ endpoint, type }) => `${endpoint} ${type}`);
  }

  good(endpoint: number, count: number, headerMs = 1): void {
    for (let n = 0; n < count; n++) {
      this.table.noteOutcome(endpoint, true);
      this.table.times.record(endpoint, headerMs, headerMs, false, this.nowMs);
    }
  }

  errors(endpoint: number, count: number): void {
    for (let n = 0; n < count; n++) this.table.noteAnswer(endpoint, 5, 1);
  }

  lost(endpoint: number, count: number): void {
    for (let n = 0; n < count; n++) this.table.noteOutcome(endpoint, false);
  }

  look(times = 1): this {
    for (let n = 0; n < times; n++) {
      this.nowMs += 100;
      this.judge.look(this.members, this.nowMs);
    }
    return this;
  }
}

describe('the judge of an upstream', () => {
  it('takes out who answers errors, tells why and until when, and lets it back with a slow start', () => {
    const bench = new Bench(OUTLIER).look();
    bench.good(0, 50);
    bench.errors(1, 50);
    bench.good(2, 50);
    bench.look();
    assert.deepEqual(bench.out, [0, OUT_OUTLIER, 0]);
    assert.deepEqual(bench.news, [
      {
        type: 'down',
        endpoint: 'e1',
        reason: 'outlier',
        detail: '50 errors in a row; out for 30 s',
      },
    ]);
    bench.look(299);
    assert.equal(bench.out[1], OUT_OUTLIER);
    bench.look();
    assert.deepEqual(bench.out, [0, 0, 0]);
    assert.deepEqual(bench.told, ['e1 down', 'e1 up']);
    assert.equal(bench.table.times.joinedAtMs(1), bench.nowMs);
  });

  it('does not count what was before it, and errors in several looks as one row', () => {
    const bench = new Bench(OUTLIER);
    bench.errors(0, 1_000);
    const late = bench.makeJudge(OUTLIER);
    late.look(bench.members, bench.nowMs + 100);
    assert.deepEqual(bench.out, [0, 0, 0]);
    for (let n = 0; n < 4; n++) {
      bench.lost(2, 1);
      late.look(bench.members, bench.nowMs + 200 + n * 100);
    }
    assert.deepEqual(bench.out, [0, 0, 0]);
    bench.errors(2, 1);
    late.look(bench.members, bench.nowMs + 600);
    assert.deepEqual(bench.out, [0, 0, OUT_OUTLIER]);
  });

  it('counts who is out for other reasons among the half', () => {
    const bench = new Bench(OUTLIER, 4).look();
    bench.table.setOut(0, OUT_CHECK, true);
    bench.table.setOut(1, OUT_CHECK, true);
    bench.errors(2, 10);
    bench.look();
    assert.deepEqual(bench.out, [OUT_CHECK, OUT_CHECK, 0, 0]);
    assert.match(bench.spared.join(), /e2 stays in service although 10 errors in a row/);
    bench.table.setOut(1, OUT_CHECK, false);
    bench.look();
    assert.deepEqual(bench.out, [OUT_CHECK, 0, OUT_OUTLIER, 0]);
  });

  it('does not count who is down on purpose', () => {
    const bench = new Bench(OUTLIER, 3);
    bench.table.setOut(0, OUT_DOWN, true);
    bench.members = bench.members.map((one) => ({ ...one, isWanted: one.endpoint !== 0 }));
    bench.look();
    bench.errors(1, 10);
    bench.errors(2, 20);
    bench.look();
    assert.deepEqual(bench.out, [OUT_DOWN, 0, OUT_OUTLIER]);
  });

  it('judges each rank of backup by itself', () => {
    const bench = new Bench(OUTLIER, 4, [0, 0, 1, 1]).look();
    for (const endpoint of [0, 1, 2, 3]) bench.errors(endpoint, 10 + endpoint);
    bench.look();
    assert.deepEqual(bench.out, [0, OUT_OUTLIER, 0, OUT_OUTLIER]);
  });

  it('takes out who is slow, by the times that threads record', () => {
    const bench = new Bench(OUTLIER).look();
    for (let n = 0; n < 102; n++) {
      bench.good(0, 5, 10);
      bench.good(1, 5, 500);
      bench.good(2, 5, 12);
      bench.look();
    }
    assert.deepEqual(bench.out, [0, OUT_OUTLIER, 0]);
    assert.match(
      bench.news[0]?.detail ?? '',
      /take 500 ms on average, more than 100 ms \(median 12/,
    );
  });

  it('follows a list that changes', () => {
    const bench = new Bench(OUTLIER).look();
    bench.errors(1, 10);
    bench.look();
    bench.members = [bench.member(0), bench.member(3), bench.member(4)];
    bench.errors(3, 100);
    bench.look();
    assert.equal(bench.table.standing.out(1), 0);
    assert.deepEqual(bench.out, [0, 0, 0]);
    bench.errors(3, 100);
    bench.look();
    assert.deepEqual(bench.out, [0, OUT_OUTLIER, 0]);
  });

  it('knows nothing of a new tenant, even of the same name, and keeps one that was changed', () => {
    const bench = new Bench(OUTLIER).look();
    bench.errors(1, 10);
    bench.look();
    bench.members = bench.members.map((one) => ({ ...one, startsSlowly: false }));
    bench.look();
    assert.deepEqual(bench.out, [0, OUT_OUTLIER, 0]);
    bench.members = bench.members.map((one) => ({ ...one, tenancy: 1 }));
    bench.look();
    assert.deepEqual(bench.out, [0, 0, 0]);
    bench.errors(1, 10);
    bench.look(2);
    assert.deepEqual(bench.out, [0, OUT_OUTLIER, 0]);
    assert.deepEqual(bench.told, ['e1 down', 'e1 down']);
  });

  it('opens the breaker of an endpoint; with all open the upstream answers at once', () => {
    const bench = new Bench(breaker('endpoint'), 2).look();
    bench.good(0, 20);
    bench.lost(1, 20);
    bench.look();
    assert.deepEqual(bench.out, [0, OUT_BREAKER]);
    assert.equal(bench.table.admissions.share(0), 0);
    bench.lost(0, 40);
    bench.look();
    assert.deepEqual(bench.out, [OUT_BREAKER, OUT_BREAKER]);
    assert.equal(bench.table.admissions.share(0), WHOLE_SHARE);
    assert.equal(bench.table.admissions.turner(0), 'breaker');
    bench.look(110);
    assert.deepEqual(bench.out, [0, 0]);
    const halfWay = bench.table.admissions.share(0) / WHOLE_SHARE;
    assert.ok(halfWay > 0.7 && halfWay < 0.95, `${halfWay}`);
    bench.look(60);
    assert.equal(bench.table.admissions.share(0), 0);
    assert.deepEqual(bench.told, [
      'e1 breaker_open',
      'e0 breaker_open',
      'e1 breaker_trial',
      'e0 breaker_trial',
      'e1 breaker_closed',
      'e0 breaker_closed',
    ]);
  });

  it('opens one breaker for a whole upstream, and takes nobody out', () => {
    const bench = new Bench(breaker('upstream'), 2).look();
    bench.good(0, 9);
    bench.errors(1, 11);
    bench.look();
    assert.deepEqual(bench.out, [0, 0]);
    assert.equal(bench.table.admissions.share(0), WHOLE_SHARE);
    assert.match(bench.news[0]?.detail ?? '', /^55.0 % of 20 answers .*nothing passes for 10 s$/);
  });

  it('turns away by admission control, and tells when that begins and ends', () => {
    const admission = { successShare: 0.95, maxRejection: 0.8, minRequests: 20, windowMs: 1_000 };
    const bench = new Bench({ ...NONE, admission }, 2).look();
    bench.errors(0, 50);
    bench.good(1, 50);
    bench.look();
    assert.equal(bench.table.admissions.turner(0), 'admission');
    const share = bench.table.admissions.share(0) / WHOLE_SHARE;
    assert.ok(Math.abs(share - (100 - 50 / 0.95) / 101) < 0.001, `${share}`);
    for (let n = 0; n < 30; n++) {
      bench.good(1, 20);
      bench.look();
    }
    assert.equal(bench.table.admissions.share(0), 0);
    assert.deepEqual(bench.told, [' shedding', ' shedding_over']);
  });

  it('holds out who comes and goes, while half are left', () => {
    const flapping = { changes: 3, intervalMs: 60_000, holdMs: 20_000 };
    const bench = new Bench({ ...NONE, flapping }, 2).look();
    for (let n = 0; n < 4; n++) {
      bench.table.setOut(0, OUT_CHECK, n % 2 === 0);
      bench.look();
    }
    assert.deepEqual(bench.out, [OUT_FLAPPING, 0]);
    bench.table.setOut(1, OUT_CHECK, true);
    bench.look();
    assert.deepEqual(bench.out, [0, OUT_CHECK]);
    assert.deepEqual(bench.told, ['e0 down', 'e0 up']);
  });

  it('goes on where an older generation was', () => {
    const old = new Bench(OUTLIER).look();
    old.errors(1, 10);
    old.look();
    const next = new Bench(OUTLIER);
    next.nowMs = old.nowMs;
    next.judge.restore(old.judge.record, next.members, next.nowMs);
    assert.deepEqual(next.out, [0, OUT_OUTLIER, 0]);
    next.look(299);
    assert.equal(next.out[1], OUT_OUTLIER);
    next.look();
    assert.equal(next.out[1], 0);
  });
});
