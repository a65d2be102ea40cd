import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { ManualClock } from '#src/base/clock.ts';
import type { LogLevel } from '#src/base/log.ts';
import { RandomBits } from '#src/base/random-bits.ts';
import { TimerWheel } from '#src/base/timer-wheel.ts';
import type { DnsQuestion } from '#src/codecs/dns/dns-message.ts';
import type { DnsSourceConfig } from '#src/upstream/endpoint/source-config.ts';
import { type EndpointConfig, USUAL_TRAITS } from '#src/upstream/endpoint/upstream-config.ts';
import type { DnsOutcome } from './dns-client.ts';
import { dnsSource } from './dns-source.ts';
import { MAX_RETRY_MS, MAX_VALID_MS, NO_RECORDS_MS } from './question-watch.ts';
import { SourceKeeper, type SourceNews } from './source-keeper.ts';

type Zone = Record<string, DnsOutcome>;

/** An upstream that learns from a zone that the test changes; of the network nothing. */
async function stage(zone: Zone, given: Partial<DnsSourceConfig> = {}) {
  const asked: string[] = [];
  const lists: (readonly EndpointConfig[])[] = [];
  const lines: [LogLevel, string][] = [];
  const news: SourceNews[] = [];
  const clock = new ManualClock();
  const wheel = new TimerWheel(clock);
  const config: DnsSourceConfig = {
    kind: 'dns',
    host: 'app.test',
    port: 8080,
    service: '',
    server: 'app.test:8080',
    traits: USUAL_TRAITS,
    resolver: { servers: [], validMs: null, ipv4: true, ipv6: true, timeoutMs: 4_000 },
    place: { file: 'weir.conf', line: 1, column: 1 },
    ...given,
  };
  const client = {
    ask: async ({ name, type }: DnsQuestion): Promise<DnsOutcome> => {
      asked.push(`${type} ${name}`);
      return zone[`${type} ${name}`] ?? none;
    },
  };
  const keeper = new SourceKeeper(
    'u',
    'dns:app.test',
    {
      replace: (_source, list) => {
        lists.push(list);
        return { added: list.map(({ name }) => name), removed: [], left: 0, refused: '' };
      },
      countOf: () => lists.at(-1)?.length ?? 0,
    },
    { say: (level, line) => lines.push([level, line]), tell: (one) => news.push(one) },
  );
  const { timeoutMs, validMs } = config.resolver;
  const random = new RandomBits(1);
  const around = { client, wheel, random, timeoutMs, validMs: validMs ?? undefined };
  const source = dnsSource(config, around, keeper);
  source.start();
  await turn();
  return {
    zone,
    lists,
    lines,
    news,
    source,
    names: () => lists.at(-1)?.map(({ name }) => name),
    errors: () => lines.filter(([level]) => level === 'error').map(([, line]) => line),
    /** What was asked in this time. */
    pass: async (ms: number): Promise<readonly string[]> => {
      asked.length = 0;
      for (const untilMs = clock.nowMs + ms; clock.nowMs < untilMs; ) {
        clock.advanceMs(50);
        wheel.advance();
        await turn();
      }
      return [...asked];
    },
  };
}

const none: DnsOutcome = { kind: 'records', addresses: [], services: [], ttlSec: Infinity };
const at = (...addresses: string[]): DnsOutcome => ({ ...none, addresses, ttlSec: 10 });
const lasting = (ttlSec: number): DnsOutcome => ({ ...none, addresses: ['10.0.0.1'], ttlSec });
const failed = (why: string): DnsOutcome => ({ kind: 'failed', why });
const ONLY_A = { servers: [], validMs: null, ipv4: true, ipv6: false, timeoutMs: 4_000 };

test('a name is asked for again when its TTL is over, and not before', async () => {
  const { lists, names, pass, zone } = await stage({ 'A app.test': at('10.0.0.2', '10.0.0.1') });
  assert.deepEqual(names(), ['10.0.0.1:8080', '10.0.0.2:8080']);
  assert.equal(lists[0]?.[0]?.server, 'app.test:8080');
  zone['A app.test'] = at('10.0.0.3');
  assert.deepEqual(await pass(9_950), []);
  assert.deepEqual((await pass(650)).toSorted(), ['A app.test', 'AAAA app.test']);
  assert.deepEqual(names(), ['10.0.0.3:8080']);
});

test('the same addresses in another order change nothing', async () => {
  const { lists, pass, zone } = await stage({ 'A app.test': at('10.0.0.2', '10.0.0.1') });
  zone['A app.test'] = at('10.0.0.1', '10.0.0.2');
  assert.ok((await pass(11_000)).length > 0);
  assert.equal(lists.length, 1);
});

test('addresses of both families', async () => {
  const { names } = await stage({ 'A app.test': at('10.0.0.1'), 'AAAA app.test': at('fd00::1') });
  assert.deepEqual(names(), ['10.0.0.1:8080', '[fd00::1]:8080']);
  const alone = await stage({ 'AAAA app.test': at('fd00::1') }, { resolver: ONLY_A });
  assert.equal(alone.names(), undefined);
});

test('a TTL has bounds: a second and an hour; "valid" is in its place', async () => {
  const zero = await stage({ 'A app.test': lasting(0) }, { resolver: ONLY_A });
  assert.equal((await zero.pass(950)).length, 0);
  assert.equal((await zero.pass(200)).length, 1);
  assert.ok((await zero.pass(10_000)).length <= 10);
  const long = await stage({ 'A app.test': lasting(4_000_000) }, { resolver: ONLY_A });
  assert.equal((await long.pass(MAX_VALID_MS + 1_000)).length, 1);
  const valid = await stage(
    { 'A app.test': lasting(0) },
    { resolver: { ...ONLY_A, validMs: 5_000 } },
  );
  assert.equal((await valid.pass(4_950)).length, 0);
  assert.equal((await valid.pass(600)).length, 1);
});

for (const [what, outcome, why, reason] of [
  [
    'NXDOMAIN',
    failed('3: Host not found'),
    'could not be resolved (3: Host not found)',
    'not_resolved',
  ],
  [
    'SERVFAIL',
    failed('2: Server failure'),
    'could not be resolved (2: Server failure)',
    'not_resolved',
  ],
  ['no addresses', none, 'it names no server', 'empty_list'],
] as const) {
  test(`${what}: the last addresses stay, told once, and so is the end of it`, async () => {
    const zone = { 'A app.test': at('10.0.0.1') } as Zone;
    const { errors, lines, lists, names, news, pass } = await stage(zone);
    zone['A app.test'] = outcome;
    await pass(100_000);
    assert.deepEqual(names(), ['10.0.0.1:8080']);
    assert.equal(errors().length, 1, String(errors()));
    assert.ok(errors()[0]?.includes(why), String(errors()));
    assert.match(
      errors()[0] ?? '',
      /^upstream "u", dns:app\.test: .*; its last 1 servers are kept$/,
    );
    zone['A app.test'] = at('10.0.0.1');
    const before = lines.length;
    await pass(MAX_RETRY_MS + 1_000);
    assert.equal(lines.length, before + 1);
    assert.match(lines.at(-1)?.[1] ?? '', /is known again$/);
    assert.equal(lists.length, 1);
    assert.deepEqual(
      news.map((one) => [one.type, one.upstream, one.endpoint, one.reason]),
      [
        ['server_added', 'u', '10.0.0.1:8080', 'dns'],
        ['source_failed', 'u', '', reason],
        ['source_recovered', 'u', '', reason],
      ],
    );
    assert.match(news[1]?.detail ?? '', /^dns:app\.test: .*; its last 1 servers are kept$/);
  });
}

test('a name that is not there at the start comes in when it is', async () => {
  const { errors, names, pass, zone } = await stage(
    { 'A app.test': failed('3: Host not found') },
    { resolver: ONLY_A },
  );
  assert.match(errors()[0] ?? '', /it has no servers yet$/);
  zone['A app.test'] = at('10.0.0.1');
  await pass(1_150);
  assert.deepEqual(names(), ['10.0.0.1:8080']);
});

test('failures are tried again after 1, 2, 4 … 30 seconds', async () => {
  const { pass } = await stage({ 'A app.test': failed('2: Server failure') }, { resolver: ONLY_A });
  const counts: number[] = [];
  for (const ms of [1_150, 2_200, 4_400, 8_500, 16_500, 30_550, 30_550]) {
    counts.push((await pass(ms)).length);
  }
  assert.deepEqual(counts, [1, 1, 1, 1, 1, 1, 1]);
});

test('one family fails: the other one is served and renewed, and of the first all stays', async () => {
  const zone = { 'A app.test': at('10.0.0.1'), 'AAAA app.test': at('fd00::1') } as Zone;
  const { errors, names, pass } = await stage(zone);
  zone['AAAA app.test'] = failed('2: Server failure');
  zone['A app.test'] = at('10.0.0.2');
  await pass(11_000);
  assert.deepEqual(names(), ['10.0.0.2:8080', '[fd00::1]:8080']);
  await pass(60_000);
  assert.equal(errors().length, 1);
  zone['AAAA app.test'] = none;
  await pass(MAX_RETRY_MS + NO_RECORDS_MS);
  assert.deepEqual(names(), ['10.0.0.2:8080']);
});

const srv = (...rows: string[]): DnsOutcome => ({
  ...none,
  ttlSec: 10,
  services: rows.map((row) => {
    const [priority = 0, weight = 0, port = 0] = row.split(' ').map(Number);
    return { priority, weight, port, target: row.split(' ')[3] ?? '' };
  }),
});
const SERVICE = { service: '_http._tcp', server: 'app.test', resolver: ONLY_A };

test('services: the best priority is first, all others are backups, with weights and ports', async () => {
  const { lists } = await stage(
    {
      'SRV _http._tcp.app.test': srv(
        '20 3 83 c.test',
        '10 5 81 a.test',
        '10 0 82 b.test',
        '30 1 84 a.test',
      ),
      'A a.test': at('10.0.0.1', '10.0.0.9'),
      'A b.test': at('10.0.0.2'),
      'A c.test': at('10.0.0.3'),
    },
    SERVICE,
  );
  const rows = lists.at(-1)?.map(({ name, server, tier, weight }) => {
    return `${name} ${server} tier ${tier} weight ${weight}`;
  });
  assert.deepEqual(rows, [
    '10.0.0.1:81 a.test tier 0 weight 5',
    '10.0.0.9:81 a.test tier 0 weight 5',
    '10.0.0.2:82 b.test tier 0 weight 1',
    '10.0.0.3:83 c.test tier 1 weight 3',
    '10.0.0.1:84 a.test tier 1 weight 1',
    '10.0.0.9:84 a.test tier 1 weight 1',
  ]);
});

test('services: "weight" and "backup" of the line win, as in nginx', async () => {
  const zone = {
    'SRV _http._tcp.app.test': srv('10 5 81 a.test', '20 5 82 a.test'),
    'A a.test': at('10.0.0.1'),
  };
  const traits = { ...USUAL_TRAITS, weight: 7, tier: 1 };
  const { lists } = await stage(zone, { ...SERVICE, traits });
  assert.deepEqual(
    lists.at(-1)?.map(({ name, tier, weight }) => [name, tier, weight]),
    [['10.0.0.1:81', 1, 7]],
  );
});

test('services: half a list takes nobody out; hosts that are gone are asked for no more', async () => {
  const zone = {
    'SRV _http._tcp.app.test': srv('1 1 80 a.test', '1 1 80 b.test'),
    'A a.test': at('10.0.0.1'),
    'A b.test': at('10.0.0.2'),
  } as Zone;
  const { lists, names, pass } = await stage(zone, SERVICE);
  assert.deepEqual(lists.length, 1);
  assert.deepEqual(names(), ['10.0.0.1:80', '10.0.0.2:80']);
  zone['A b.test'] = failed('2: Server failure');
  await pass(11_000);
  assert.deepEqual(names(), ['10.0.0.1:80', '10.0.0.2:80']);
  zone['SRV _http._tcp.app.test'] = srv('1 1 80 a.test');
  await pass(11_000);
  assert.deepEqual(names(), ['10.0.0.1:80']);
  assert.ok((await pass(40_000)).every((question) => !question.includes('b.test')));
});

test('services: the target "." and no records at all leave what there is', async () => {
  const zone = {
    'SRV _http._tcp.app.test': srv('1 1 80 a.test'),
    'A a.test': at('10.0.0.1'),
  } as Zone;
  const { errors, names, pass } = await stage(zone, SERVICE);
  for (const outcome of [srv('0 0 0 '), none, failed('3: Host not found')]) {
    zone['SRV _http._tcp.app.test'] = outcome;
    await pass(40_000);
    assert.deepEqual(names(), ['10.0.0.1:80']);
  }
  assert.equal(errors().length, 1);
});

test('closed, it asks nothing more', async () => {
  const { pass, source } = await stage({ 'A app.test': at('10.0.0.1') });
  source.close();
  assert.deepEqual(await pass(100_000), []);
});
