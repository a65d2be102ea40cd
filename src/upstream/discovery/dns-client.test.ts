import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { ManualClock } from '#src/base/clock.ts';
import { TimerWheel } from '#src/base/timer-wheel.ts';
import { type Asked, answer, ScriptedDns } from '#test/support/scripted-dns.ts';
import {
  DnsClient,
  MAX_FOREIGN_ANSWERS,
  MAX_OPEN_QUESTIONS,
  QUERY_TIMEOUT_MS,
} from './dns-client.ts';

const TIMEOUT_MS = 30_000;
const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function start(script?: (asked: Asked) => readonly Buffer[] | Buffer | undefined) {
  const server = await ScriptedDns.start(script);
  closers.push(() => server.close());
  return server;
}

function clientOf(...servers: readonly string[]) {
  const clock = new ManualClock();
  const wheel = new TimerWheel(clock);
  const client = new DnsClient(servers, wheel);
  closers.push(() => client.close());
  const pass = (ms: number): void => {
    clock.advanceMs(ms);
    wheel.advance();
  };
  return { client, pass };
}

const A = { name: 'app.test', type: 'A' } as const;
const one = (asked: Asked) => answer(asked, [{ type: 'A', data: '10.0.0.1', ttlSec: 9 }]);
const FOUND = { kind: 'records', addresses: ['10.0.0.1'], services: [], ttlSec: 9 };

test('an answer by UDP; ids and ports differ from question to question', async () => {
  const server = await start(one);
  const { client } = clientOf(server.address);
  for (let i = 0; i < 8; i++) assert.deepEqual(await client.ask(A, TIMEOUT_MS), FOUND);
  assert.ok(new Set(server.asked.map(({ id }) => id)).size > 4);
  assert.equal(client.openCount, 0);
});

test('what is cut off is asked again by TCP', async () => {
  const rows = Array.from({ length: 4_000 }, (_, i) => {
    return { type: 'A', data: `10.1.${i >> 8}.${i & 255}` } as const;
  });
  const server = await start((asked) => {
    return asked.way === 'udp' ? answer(asked, [], { isTruncated: true }) : answer(asked, rows);
  });
  const { client } = clientOf(server.address);
  const outcome = await client.ask(A, TIMEOUT_MS);
  assert.equal(outcome.kind === 'records' && outcome.addresses.length, 4_000);
  assert.deepEqual(
    server.asked.map(({ way }) => way),
    ['udp', 'tcp'],
  );
});

test('wrong ids, other questions and noise do not count; the answer behind them does', async () => {
  const server = await start((asked) => [
    answer(asked, [{ type: 'A', data: '6.6.6.6' }], { id: asked.id ^ 1 }),
    answer(asked, [{ type: 'A', data: '6.6.6.6' }], { question: { name: 'x.test', type: 'A' } }),
    Buffer.from('noise'),
    one(asked),
  ]);
  const { client } = clientOf(server.address);
  assert.deepEqual(await client.ask(A, TIMEOUT_MS), FOUND);
});

test('who guesses again and again gets nowhere: TCP is used', async () => {
  const server = await start((asked) => {
    if (asked.way === 'tcp') return one(asked);
    return Array.from({ length: MAX_FOREIGN_ANSWERS }, (_, i) => {
      return answer(asked, [{ type: 'A', data: '6.6.6.6' }], { id: asked.id ^ (i + 1) });
    });
  });
  const { client } = clientOf(server.address);
  assert.deepEqual(await client.ask(A, TIMEOUT_MS), FOUND);
  assert.deepEqual(
    server.asked.map(({ way }) => way),
    ['udp', 'tcp'],
  );
});

test('a silent server: the next one is asked after a while', async () => {
  const silent = await start();
  const good = await start(one);
  const { client, pass } = clientOf(silent.address, good.address);
  const outcome = client.ask(A, TIMEOUT_MS);
  await silent.askedTimes(1);
  pass(QUERY_TIMEOUT_MS);
  assert.deepEqual(await outcome, FOUND);
});

test('all silent: it fails when the time is over, and not before', async () => {
  const silent = await start();
  const { client, pass } = clientOf(silent.address);
  const outcome = client.ask(A, 2 * QUERY_TIMEOUT_MS);
  await silent.askedTimes(1);
  pass(QUERY_TIMEOUT_MS);
  await silent.askedTimes(2);
  assert.equal(client.openCount, 1);
  pass(QUERY_TIMEOUT_MS);
  assert.deepEqual(await outcome, { kind: 'failed', why: '110: Operation timed out' });
});

test('SERVFAIL of one server: the next is asked at once; of all: it fails at once', async () => {
  const bad = await start((asked) => answer(asked, [], { rcode: 2 }));
  const good = await start(one);
  const both = clientOf(bad.address, good.address);
  assert.deepEqual(await both.client.ask(A, TIMEOUT_MS), FOUND);
  const alone = clientOf(bad.address);
  const failed = { kind: 'failed', why: '2: Server failure' };
  assert.deepEqual(await alone.client.ask(A, TIMEOUT_MS), failed);
});

test('NXDOMAIN is an answer: nobody else is asked', async () => {
  const first = await start((asked) => answer(asked, [], { rcode: 3 }));
  const second = await start(one);
  const { client } = clientOf(first.address, second.address);
  const outcome = await client.ask(A, TIMEOUT_MS);
  assert.deepEqual(outcome, { kind: 'failed', why: '3: Host not found' });
  assert.equal(second.asked.length, 0);
});

test('nobody listens there: the next server is asked at once', async () => {
  const gone = await ScriptedDns.start();
  const { address } = gone;
  gone.close();
  const good = await start(one);
  const { client } = clientOf(address, good.address);
  assert.deepEqual(await client.ask(A, TIMEOUT_MS), FOUND);
  assert.equal((await clientOf(address).client.ask(A, TIMEOUT_MS)).kind, 'failed');
});

test('an answer that cannot be read: the next server is asked', async () => {
  const loop = await start((asked) =>
    answer(asked, [], { raw: Buffer.from('c01a', 'hex'), count: 1 }),
  );
  const good = await start(one);
  const { client } = clientOf(loop.address, good.address);
  assert.deepEqual(await client.ask(A, TIMEOUT_MS), FOUND);
  const alone = await clientOf(loop.address).client.ask(A, TIMEOUT_MS);
  assert.match(alone.kind === 'failed' ? alone.why : '', /cannot be read: a name points/);
});

test('aliases whose records are elsewhere are asked for, circles have an end', async () => {
  const server = await start((asked) => {
    if (asked.name === 'app.test')
      return answer(asked, [{ type: 'CNAME', data: 'b.test', ttlSec: 3 }]);
    if (asked.name === 'b.test') return one(asked);
    const other = asked.name === 'x.test' ? 'y.test' : 'x.test';
    return answer(asked, [{ type: 'CNAME', data: other }]);
  });
  const { client } = clientOf(server.address);
  assert.deepEqual(await client.ask(A, TIMEOUT_MS), { ...FOUND, ttlSec: 3 });
  const circle = await client.ask({ name: 'x.test', type: 'A' }, TIMEOUT_MS);
  assert.match(circle.kind === 'failed' ? circle.why : '', /aliases/);
});

test('many questions: only so many are open at a time', async () => {
  let open = 0;
  const server = await start((asked) => {
    open = Math.max(open, client.openCount);
    return one(asked);
  });
  const { client } = clientOf(server.address);
  const all = Array.from({ length: 200 }, (_, i) => {
    return client.ask({ name: `n${i}.test`, type: 'A' }, TIMEOUT_MS);
  });
  for (const outcome of await Promise.all(all)) assert.equal(outcome.kind, 'records');
  assert.equal(open, MAX_OPEN_QUESTIONS);
});

test('TCP that is closed without an answer, or answers something else: the next server', async () => {
  const bad = await start((asked) => {
    if (asked.way === 'udp') return answer(asked, [], { isTruncated: true });
    return answer(asked, [], { id: asked.id ^ 1 });
  });
  const good = await start(one);
  const { client } = clientOf(bad.address, good.address);
  assert.deepEqual(await client.ask(A, TIMEOUT_MS), FOUND);
});
