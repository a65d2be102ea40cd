import assert from 'node:assert/strict';
import { type AddressInfo, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { ManualClock } from '#src/base/clock.ts';
import { RandomBits } from '#src/base/random-bits.ts';
import { TimerWheel } from '#src/base/timer-wheel.ts';
import { type OriginScript, RawOrigin } from '#test/support/raw-origin.ts';
import { ActiveChecks, type Checkable, type CheckMemory } from './active-checks.ts';
import type { CheckConfig, MatchConfig } from './check-config.ts';

const CHECK: CheckConfig = {
  upstream: 0,
  name: '/health',
  kind: 'http',
  intervalMs: 1_000,
  jitterMs: 0,
  fails: 1,
  passes: 1,
  mandatory: false,
  persistent: false,
  port: 0,
  keepaliveMs: 0,
  match: null,
  request: 'GET /health HTTP/1.1\r\nHost: app\r\n\r\n',
  connectTimeoutMs: 500,
  answerTimeoutMs: 2_000,
  local: null,
  place: { file: 'f', line: 1, column: 1 },
};

const MATCH: MatchConfig = {
  name: 'm',
  status: null,
  headers: [],
  bodies: [],
  degraded: [],
  required: [],
  send: '',
  expect: null,
};

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';
const BUSY = 'HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n';

/** Checks under a clock that stands still, with all that they have said. */
class Desk {
  readonly clock = new ManualClock(1_000_000);
  readonly wheel = new TimerWheel(this.clock);
  readonly out = new Map<number, boolean>();
  readonly degraded = new Map<number, boolean>();
  readonly lines: string[] = [];
  readonly checks: ActiveChecks;
  #wakes: (() => void)[] = [];

  constructor(t: TestContext, checks: readonly CheckConfig[], upstreamNames = ['app', 'other']) {
    this.checks = new ActiveChecks({
      checks,
      upstreamNames,
      wheel: this.wheel,
      random: new RandomBits(1),
      sink: {
        setOut: ({ id }, isOut) => this.out.set(id, isOut),
        onChange: ({ id }, upstream, { hasRecovered, isOut, why }) => {
          const what = isOut ? 'out' : hasRecovered ? 'back in' : 'in';
          this.lines.push(`${upstream}/${id} ${what}: ${why}`);
        },
        setDegraded: ({ id }, upstream, isDegraded, why) => {
          this.degraded.set(id, isDegraded);
          if (why === undefined) return;
          this.lines.push(`${upstream}/${id} ${isDegraded ? '' : 'not '}degraded: ${why}`);
        },
        onDetail: (level, line) => this.lines.push(`${level}: ${line}`),
        onChecked: () => {
          for (const wake of this.#wakes.splice(0)) wake();
        },
      },
    });
    t.after(() => this.checks.stop());
  }

  /** Who is in upstream 0 from now on. */
  watch(...endpoints: readonly Checkable[]): void {
    for (const endpoint of endpoints) this.checks.watch(0, endpoint);
  }

  pass(ms: number): void {
    for (let passed = 0; passed < ms; passed += 50) {
      this.clock.advanceMs(50);
      this.wheel.advance();
    }
  }

  /** Waits until that many checks of the endpoint have ended. */
  async checked(id: number, count: number): Promise<void> {
    while ((this.checks.report(id)?.counts.checks ?? 0) < count) {
      await new Promise<void>((resolve) => this.#wakes.push(resolve));
    }
  }

  /** The next check of one endpoint, from its start to its end. */
  async next(id: number): Promise<string> {
    const before = this.checks.report(id)?.counts.checks ?? 0;
    this.pass(CHECK.intervalMs + 50);
    await this.checked(id, before + 1);
    return this.result(id);
  }

  result(id: number): string {
    const report = this.checks.report(id);
    return `${report?.verdict}: ${report?.checks.map(({ result }) => result).join(' / ')}`;
  }
}

async function originOf(t: TestContext, script: OriginScript): Promise<RawOrigin> {
  const origin = await RawOrigin.start(script);
  t.after(() => origin.close());
  return origin;
}

function at(id: number, port: number): Checkable {
  return { id, name: `127.0.0.1:${port}`, address: { kind: 'tcp', host: '127.0.0.1', port } };
}

test('a wrong body puts an endpoint aside after `fails` checks, the right one brings it back', async (t) => {
  let body = 'hello';
  const origin = await originOf(t, {
    onRequest: () => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  });
  const match = { ...MATCH, bodies: [{ pattern: 'hello', isNot: false }] };
  const desk = new Desk(t, [{ ...CHECK, fails: 2, passes: 2, match }]);
  desk.watch(at(7, origin.port));
  await desk.checked(7, 1);
  assert.deepEqual([desk.out.get(7), desk.result(7)], [false, 'up: status 200']);
  assert.match(origin.requests[0]?.line ?? '', /^GET \/health HTTP\/1\.1$/);
  body = 'goodbye';
  assert.equal(await desk.next(7), 'up: body did not match');
  assert.equal(desk.out.get(7), false);
  assert.equal(await desk.next(7), 'unhealthy: body did not match');
  assert.equal(desk.out.get(7), true);
  body = 'hello';
  assert.equal(await desk.next(7), 'unhealthy: status 200');
  assert.equal(await desk.next(7), 'up: status 200');
  assert.equal(desk.out.get(7), false);
  const who = `upstream "app": 127.0.0.1:${origin.port}`;
  assert.deepEqual(desk.lines, [
    `info: ${who}: health check "/health": body did not match (1 failed in a row)`,
    '0/7 out: health check "/health": body did not match (2 failed in a row)',
    '0/7 back in: health check "/health": status 200 (2 passed in a row)',
  ]);
  assert.deepEqual(desk.checks.report(7)?.counts, {
    checks: 5,
    fails: 2,
    unhealthy: 1,
    lastPassed: true,
  });
});

test('nobody is asked between two checks, and the interval is kept', async (t) => {
  const origin = await originOf(t, { onRequest: () => OK });
  const desk = new Desk(t, [CHECK]);
  desk.watch(at(0, origin.port));
  await desk.checked(0, 1);
  desk.pass(CHECK.intervalMs - 50);
  assert.equal(origin.connections.length, 1);
  desk.pass(100);
  await desk.checked(0, 2);
  assert.equal(origin.connections.length, 2);
});

test('two upstreams with one address have a verdict each', async (t) => {
  const origin = await originOf(t, {
    onRequest: ({ line }) => (line.startsWith('GET /a ') ? OK : BUSY),
  });
  const desk = new Desk(t, [
    { ...CHECK, name: '/a', request: 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n' },
    { ...CHECK, upstream: 1, name: '/b', request: 'GET /b HTTP/1.1\r\nHost: b\r\n\r\n' },
  ]);
  desk.watch(at(0, origin.port));
  desk.checks.watch(1, at(1, origin.port));
  desk.pass(50);
  await desk.checked(0, 1);
  await desk.checked(1, 1);
  assert.deepEqual([desk.out.get(0), desk.out.get(1)], [false, true]);
});

test('one failing check of several is enough to be out', async (t) => {
  const origin = await originOf(t, {
    onRequest: ({ line }) => (line.startsWith('GET /a ') ? OK : BUSY),
  });
  const desk = new Desk(t, [
    { ...CHECK, name: '/a', request: 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n' },
    { ...CHECK, name: '/b', request: 'GET /b HTTP/1.1\r\nHost: b\r\n\r\n' },
  ]);
  desk.watch(at(0, origin.port));
  desk.pass(50);
  await desk.checked(0, 2);
  assert.equal(desk.result(0), 'unhealthy: status 200 / status 503');
  assert.equal(desk.out.get(0), true);
});

test('a mandatory check keeps everything away until the first pass, of late comers too', async (t) => {
  const origin = await originOf(t, { onRequest: () => OK });
  const desk = new Desk(t, [{ ...CHECK, mandatory: true }]);
  desk.watch(at(0, origin.port));
  assert.deepEqual([desk.out.get(0), desk.result(0)], [true, 'checking: ']);
  await desk.checked(0, 1);
  assert.equal(desk.out.get(0), false);
  assert.deepEqual(desk.lines, ['0/0 in: health check "/health": status 200 (1 passed in a row)']);
  desk.pass(500);
  desk.watch(at(1, origin.port));
  assert.equal(desk.out.get(1), true);
  await desk.checked(1, 1); // at once: no time has passed
  assert.equal(desk.out.get(1), false);
  assert.equal(desk.checks.report(0)?.counts.checks, 1);
});

test('an endpoint that is gone is asked no more, and its number begins anew', async (t) => {
  const origin = await originOf(t, { onRequest: () => BUSY });
  const other = await originOf(t, { onRequest: () => OK });
  const desk = new Desk(t, [CHECK]);
  desk.watch(at(0, origin.port));
  await desk.checked(0, 1);
  assert.equal(desk.out.get(0), true);
  desk.checks.forget(0);
  desk.pass(3_000);
  assert.equal(desk.checks.report(0), undefined);
  desk.watch(at(0, other.port));
  assert.equal(desk.out.get(0), false);
  await desk.checked(0, 1);
  assert.deepEqual([origin.connections.length, other.connections.length], [1, 1]);
});

test('what was known before a reload holds: unhealthy always, healthy where it is persistent', async (t) => {
  const origin = await originOf(t, {}); // never answers: the memory alone speaks
  const path = `app/127.0.0.1:${origin.port}`;
  const memoriesOf = (verdict: CheckMemory['verdict']): CheckMemory[] => [
    { endpoint: path, check: '/health', verdict },
    { endpoint: 'app/10.0.0.1:80', check: '/health', verdict },
  ];
  const first = (check: Partial<CheckConfig>, verdict: CheckMemory['verdict']) => {
    const desk = new Desk(t, [{ ...CHECK, ...check }]);
    desk.watch(at(0, origin.port));
    desk.checks.restore(memoriesOf(verdict));
    assert.deepEqual(desk.lines, []);
    return [desk.out.get(0), desk.checks.take()[0]?.verdict];
  };
  assert.deepEqual(first({}, 'unhealthy'), [true, 'unhealthy']);
  assert.deepEqual(first({}, 'up'), [false, 'up']);
  assert.deepEqual(first({ mandatory: true }, 'up'), [true, 'checking']);
  assert.deepEqual(first({ mandatory: true, persistent: true }, 'up'), [false, 'up']);
  assert.deepEqual(first({ mandatory: true, persistent: true }, 'unhealthy'), [true, 'unhealthy']);
  assert.deepEqual(first({ name: '/other' }, 'unhealthy'), [false, 'up']);
});

test('a verdict of this generation is not overruled by the one before', async (t) => {
  const origin = await originOf(t, { onRequest: () => OK });
  const desk = new Desk(t, [CHECK]);
  desk.watch(at(0, origin.port));
  await desk.checked(0, 1);
  const [memory] = desk.checks.take();
  assert.equal(memory?.endpoint, `app/127.0.0.1:${origin.port}`);
  desk.checks.restore([{ ...memory, verdict: 'unhealthy' }]);
  assert.equal(desk.out.get(0), false);
});

test('slow, cut, reset and refused checks fail, each with its reason', async (t) => {
  const desk = new Desk(t, [CHECK]);
  const slow = await originOf(t, { onRequest: () => 'HTTP/1.1 200 OK\r\nX: ' });
  desk.watch(at(0, slow.port));
  await slow.until(() => slow.requests.length === 1);
  // A byte now and then does not win time.
  for (let turn = 0; turn < 3; turn++) {
    desk.pass(500);
    slow.connections[0]?.send('y');
  }
  assert.equal(desk.checks.report(0)?.counts.checks, 0);
  desk.pass(600);
  await desk.checked(0, 1);
  assert.equal(desk.result(0), 'unhealthy: timed out while waiting for the answer');
  await slow.connections[0]?.closed();

  const resetting = await originOf(t, {
    onRequest: (_, connection) => {
      connection.reset();
      return undefined;
    },
  });
  const cutting = await originOf(t, {
    onRequest: (_, connection) => {
      connection.send('HTTP/1.1 200');
      connection.end();
      return undefined;
    },
  });
  const closed = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => closed.once('listening', resolve));
  const { port } = closed.address() as AddressInfo;
  await new Promise((resolve) => closed.close(resolve));
  desk.watch(at(1, resetting.port), at(2, cutting.port), at(3, port));
  desk.pass(50);
  for (const id of [1, 2, 3]) await desk.checked(id, 1);
  assert.deepEqual(
    [1, 2, 3].map((id) => desk.result(id)),
    [
      'unhealthy: connection was reset',
      'unhealthy: answer was cut short',
      'unhealthy: connection was refused',
    ],
  );
});

test('an endless head or body costs a bounded amount', async (t) => {
  const head = 'HTTP/1.1 200 OK\r\n';
  const endless = (start: string, piece: string): OriginScript => ({
    onRequest: (_, connection) => {
      connection.send(start);
      connection.stream(Buffer.from(piece.repeat(100_000)));
      return undefined;
    },
  });
  const heads = await originOf(t, endless(head, 'X-Pad: 0123456789\r\n'));
  const bodies = await originOf(t, endless(`${head}\r\n`, 'no no no no no no no'));
  const match = { ...MATCH, bodies: [{ pattern: 'yes', isNot: false }] };
  const desk = new Desk(t, [{ ...CHECK, match }]);
  desk.watch(at(0, heads.port), at(1, bodies.port));
  desk.pass(50);
  await desk.checked(0, 1);
  await desk.checked(1, 1);
  assert.match(desk.result(0), /^unhealthy: answer is malformed/);
  assert.equal(desk.result(1), 'unhealthy: body did not match');
  await heads.connections[0]?.closed();
  await bodies.connections[0]?.closed();
});

test('keepalive_time: checks share a connection until it is too old, or gone', async (t) => {
  const origin = await originOf(t, { onRequest: () => OK });
  const desk = new Desk(t, [{ ...CHECK, keepaliveMs: 2_500 }]);
  desk.watch(at(0, origin.port));
  await desk.checked(0, 1);
  await desk.next(0);
  await desk.next(0);
  assert.equal(origin.connections.length, 1);
  await desk.next(0);
  assert.equal(origin.connections.length, 2);
  // It closes while idle, or while the request is on its way: no failure.
  origin.script = {
    onRequest: (_, connection) => {
      origin.script = { onRequest: () => OK };
      connection.reset();
      return undefined;
    },
  };
  assert.equal(await desk.next(0), 'up: status 200');
  assert.equal(origin.connections.length, 3);
  assert.equal(desk.checks.report(0)?.counts.fails, 0);
});

test('type=tcp: connecting is enough, or what is expected must come', async (t) => {
  const said: string[] = [];
  const origin = await originOf(t, {
    onConnection: (connection) => connection.send('+HELLO redis\r\n'),
    onBytes: (_, bytes) => said.push(bytes.toString()),
  });
  const tcp: CheckConfig = { ...CHECK, kind: 'tcp', request: '' };
  const expecting = (text: string): CheckConfig => ({
    ...tcp,
    match: { ...MATCH, send: 'PING\r\n', expect: { kind: 'text', text, caseless: false } },
  });
  const pattern = { kind: 'pattern', text: 'REDIS', caseless: true } as const;
  const cases: [CheckConfig, string][] = [
    [tcp, 'up: connected'],
    [expecting('+HELLO'), 'up: expected data came'],
    [expecting('-HELLO'), 'unhealthy: other data than expected came'],
    [{ ...tcp, match: { ...MATCH, expect: pattern } }, 'up: expected data came'],
  ];
  for (const [check, result] of cases) {
    const desk = new Desk(t, [check]);
    desk.watch(at(0, origin.port));
    await desk.checked(0, 1);
    assert.equal(desk.result(0), result);
  }
  assert.ok(said.includes('PING\r\n'));
  for (const connection of origin.connections) await connection.closed();
});

test('port= asks another port of the same address', async (t) => {
  const origin = await originOf(t, { onRequest: () => OK });
  const desk = new Desk(t, [{ ...CHECK, port: origin.port }]);
  desk.watch(at(0, 1));
  await desk.checked(0, 1);
  assert.equal(desk.result(0), 'up: status 200');
});

test('many endpoints are not asked in one instant, and jitter spreads them on', async (t) => {
  const origin = await originOf(t, { onRequest: () => OK });
  const desk = new Desk(t, [{ ...CHECK, jitterMs: 1_000 }]);
  const ids = Array.from({ length: 100 }, (_, id) => id);
  const endpoints = ids.map((id) => at(id, origin.port));
  desk.watch(...endpoints);
  await desk.checked(0, 1);
  desk.pass(50);
  await desk.checked(25, 1);
  assert.equal(desk.checks.report(99)?.counts.checks, 0);
  desk.pass(200);
  for (const id of ids) await desk.checked(id, 1);
  desk.pass(1_400);
  // Its connection is accepted behind all those that were dialed before it.
  desk.watch(at(100, origin.port));
  await desk.checked(100, 1);
  const secondCount = origin.connections.length - 101;
  assert.ok(secondCount > 10 && secondCount < 90, `${secondCount}`);
});

test('after stop nobody is asked', async (t) => {
  const origin = await originOf(t, { onRequest: () => OK });
  const desk = new Desk(t, [CHECK]);
  desk.watch(at(0, origin.port));
  await desk.checked(0, 1);
  desk.checks.stop();
  desk.pass(5_000);
  desk.watch(at(1, origin.port));
  assert.deepEqual([origin.connections.length, desk.wheel.linkedCount], [1, 0]);
});

test('an endpoint that says so is degraded at once, until it says so no more', async (t) => {
  let field = '';
  const origin = await originOf(t, {
    onRequest: () => `HTTP/1.1 200 OK\r\nContent-Length: 0\r\n${field}\r\n`,
  });
  const desk = new Desk(t, [CHECK]);
  desk.watch(at(3, origin.port));
  await desk.checked(3, 1);
  assert.equal(desk.degraded.get(3), false);
  field = 'X-Weir-Degraded: 1\r\n';
  assert.equal(await desk.next(3), 'up: status 200, degraded');
  assert.deepEqual([desk.degraded.get(3), desk.out.get(3)], [true, false]);
  await desk.next(3);
  const [memory] = desk.checks.take();
  field = '';
  await desk.next(3);
  assert.equal(desk.degraded.get(3), false);
  assert.deepEqual(desk.lines, [
    '0/3 degraded: health check "/health": status 200, degraded (2 passed in a row)',
    '0/3 not degraded: health check "/health": status 200 (4 passed in a row)',
  ]);
  // The next generation knows of it before it has asked.
  assert.ok(memory !== undefined);
  const next = new Desk(t, [CHECK]);
  next.checks.restore([memory]);
  next.watch(at(3, origin.port));
  assert.equal(next.degraded.get(3), true);
  await next.checked(3, 1);
  assert.equal(next.degraded.get(3), false);
});
