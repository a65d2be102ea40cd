// Who fails is taken out, and who fails altogether is left alone: real sockets, looks by hand.

import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { WHOLE_SHARE } from '#src/shared/admission-table.ts';
import type { TransportTier } from '#src/transport/transport.ts';
import type { JudgeNews } from '#src/upstream/judges/judge-news.ts';
import { UpstreamJudge } from '#src/upstream/judges/upstream-judge.ts';
import { buildWell } from '#test/support/configuration.ts';
import { ANY_PORT } from '#test/support/edge.ts';
import { type OriginScript, ok } from '#test/support/raw-origin.ts';
import { onBothTiers, type Stage, setStage } from '#test/support/stage.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
const BAD = ok('bad').replace('200 OK', '500 Bad');
const START_MS = 1_790_000_000_000;

/** Answers well while `isWell`, else 500, or not at all. */
class Patient {
  isWell = true;
  requests = 0;
  readonly script: OriginScript;

  constructor(how: 'answers 500' | 'dies') {
    this.script = {
      onRequest: (_, connection) => {
        this.requests += 1;
        if (this.isWell) return ok('well');
        if (how === 'answers 500') return BAD;
        connection.destroy();
        return undefined;
      },
    };
  }
}

/** An upstream of patients, and its judge, who looks when told. */
class Ward {
  readonly patients: readonly Patient[];
  readonly stage: Stage;
  readonly news: JudgeNews[] = [];
  readonly #judge: UpstreamJudge;
  readonly #members;
  #nowMs = START_MS;

  private constructor(patients: readonly Patient[], stage: Stage, upstream: string) {
    this.patients = patients;
    this.stage = stage;
    const [config] = buildWell(`http { upstream app { server 10.0.0.1; ${upstream} }
      server { location / { proxy_pass http://app; } } }`).upstreams;
    const judges = config?.judges;
    assert.ok(judges);
    const listener = { onNews: (news: JudgeNews) => void this.news.push(news), onSpared: () => {} };
    const { endpoints } = stage.edge.shared;
    this.#judge = new UpstreamJudge({ id: 0, name: 'app', judges }, endpoints, listener, START_MS);
    this.#members = patients.map((_, endpoint) => {
      return {
        endpoint,
        tenancy: 0,
        name: `e${endpoint}`,
        tier: 0,
        startsSlowly: false,
        isWanted: true,
      };
    });
    this.look();
  }

  static async open(
    t: TestContext,
    tier: TransportTier,
    patients: readonly Patient[],
    upstream: string,
    location = '',
  ): Promise<Ward> {
    const stage = await setStage(t, tier, {
      scripts: patients.map(({ script }) => script),
      conf: (...ports) => `
        upstream app { ${ports.map((at) => `server 127.0.0.1:${at} max_fails=0;`).join(' ')} ${upstream} }
        server { listen ${ANY_PORT}; location / { proxy_pass http://app; ${location}
          add_header X-Reason "$reason" always; } }`,
    });
    return new Ward(patients, stage, upstream);
  }

  /** So many milliseconds later. */
  look(laterMs = 100): void {
    this.#nowMs += laterMs;
    this.#judge.look(this.#members, this.#nowMs);
  }

  /** The answers, as `status reason`, of so many requests one after the other. */
  async ask(count: number): Promise<string[]> {
    const client = await this.stage.client();
    const answers: string[] = [];
    for (let request = 0; request < count; request++) {
      client.send(GET);
      const { fields, status } = await client.response();
      answers.push(`${status} ${fields.get('x-reason')?.[0] ?? ''}`.trim());
    }
    client.close();
    return answers;
  }

  /** How often each was asked since the last time. */
  asked(): number[] {
    const counts = this.patients.map(({ requests }) => requests);
    for (const patient of this.patients) patient.requests = 0;
    return counts;
  }
}

function count(answers: readonly string[], answer: string): number {
  return answers.filter((one) => one === answer).length;
}

onBothTiers('the judges of an upstream', (it) => {
  it('take out who answers 500, which had its share until then, and let it back', async (t, tier) => {
    const [one, two, bad] = [0, 1, 2].map(() => new Patient('answers 500'));
    assert.ok(one && two && bad);
    const ward = await Ward.open(t, tier, [one, two, bad], 'outlier_ejection;');
    bad.isWell = false;
    for (let look = 0; look < 10; look++) {
      await ward.ask(6);
      ward.look();
    }
    // Two in each of three looks are five in a row: out 0.3 s after it began to fail.
    assert.deepEqual(ward.asked(), [27, 27, 6]);
    assert.deepEqual(
      ward.news.map(({ detail, endpoint }) => `${endpoint}: ${detail}`),
      ['e2: 6 errors in a row; out for 30 s'],
    );
    bad.isWell = true;
    ward.look(30_000);
    const answers = await ward.ask(9);
    assert.equal(count(answers, '200'), 9);
    assert.deepEqual(ward.asked(), [3, 3, 3]);
  });

  it('never take out the last healthy half', async (t, tier) => {
    const patients = [0, 1, 2, 3].map(() => new Patient('answers 500'));
    const ward = await Ward.open(t, tier, patients, 'outlier_ejection;');
    for (const patient of patients) patient.isWell = false;
    for (let look = 0; look < 10; look++) {
      await ward.ask(20);
      ward.look();
    }
    ward.asked();
    await ward.ask(20);
    const asked = ward.asked();
    assert.deepEqual(
      [...asked].sort((a, b) => a - b),
      [0, 0, 10, 10],
    );
    assert.equal(ward.news.length, 2);
  });

  it('count an answer once that leads to another try', async (t, tier) => {
    const [good, bad] = [new Patient('answers 500'), new Patient('answers 500')];
    const next = 'proxy_next_upstream error timeout http_500;';
    const ward = await Ward.open(t, tier, [good, bad], 'outlier_ejection;', next);
    bad.isWell = false;
    assert.equal(count(await ward.ask(10), '200'), 10);
    const asked = ward.asked();
    const { endpoints } = ward.stage.edge.shared;
    const of = (id: number) => [
      endpoints.goodAnswers(id),
      endpoints.errorAnswers(id),
      endpoints.lost(id),
    ];
    assert.deepEqual(
      [of(0), of(1)],
      [
        [10, 0, 0],
        [0, asked[1], 0],
      ],
    );
  });

  it('open a breaker when nothing comes back: 503 at once, then a trial', async (t, tier) => {
    const [patient] = [new Patient('dies')];
    const ward = await Ward.open(
      t,
      tier,
      [patient],
      'circuit_breaker minimum_requests=10 recovering=1s;',
    );
    patient.isWell = false;
    assert.equal(count(await ward.ask(10), '502 upstream_reset'), 10);
    ward.look();
    ward.asked();
    assert.equal(count(await ward.ask(50), '503 breaker_open'), 50);
    assert.deepEqual(ward.asked(), [0]);
    assert.equal(ward.stage.edge.shared.endpoints.admissions.turnedAway(0), 50);
    patient.isWell = true;
    ward.look(10_000);
    ward.look(900);
    const answers = await ward.ask(100);
    const passed = count(answers, '200');
    assert.equal(passed + count(answers, '503 breaker_open'), 100);
    assert.ok(passed > 60 && passed < 100, `${passed} of 100 passed when 9 of 10 should`);
    ward.look();
    assert.equal(count(await ward.ask(50), '200'), 50);
    assert.deepEqual(
      ward.news.map(({ type }) => type),
      ['breaker_open', 'breaker_trial', 'breaker_closed'],
    );
  });

  it('leave the others alone when the breaker of one is open', async (t, tier) => {
    const [good, bad] = [new Patient('dies'), new Patient('dies')];
    const ward = await Ward.open(t, tier, [good, bad], 'circuit_breaker minimum_requests=5;');
    bad.isWell = false;
    await ward.ask(20);
    ward.look();
    ward.asked();
    assert.equal(count(await ward.ask(20), '200'), 20);
    assert.deepEqual(ward.asked(), [20, 0]);
  });

  it('turn away as much as fails, with its reason', async (t, tier) => {
    const patients = [new Patient('answers 500'), new Patient('answers 500')];
    const ward = await Ward.open(t, tier, patients, 'admission_control;');
    for (const patient of patients) patient.isWell = false;
    await ward.ask(40);
    ward.look();
    const { admissions } = ward.stage.edge.shared.endpoints;
    assert.equal(admissions.share(0), Math.round(0.8 * WHOLE_SHARE));
    const answers = await ward.ask(200);
    const refused = count(answers, '503 admission_refused');
    assert.equal(refused + count(answers, '500'), 200);
    assert.ok(refused > 120 && refused < 195, `${refused} of 200 refused when 160 should`);
  });
});
