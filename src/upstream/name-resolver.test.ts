// Against a name server on a real socket; time is the test's.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ManualClock } from '#src/base/clock.ts';
import { TimerWheel } from '#src/base/timer-wheel.ts';
import { type DnsEntry, DnsServer } from '#test/support/dns-server.ts';
import { MAX_KEPT_NAMES, type NameClient, NameResolver } from './name-resolver.ts';
import type { ResolverConfig } from './resolver-argument.ts';

const ADDRESSES: Readonly<Record<string, DnsEntry>> = {
  'a.test': { ipv4: ['192.0.2.1', '192.0.2.2'], ttlSec: 5 },
  'both.test': { ipv4: ['192.0.2.3'], ipv6: ['2001:db8:0:0:0:0:0:1'] },
  'six.test': { ipv6: ['2001:db8:0:0:0:0:0:2'] },
  'half.test': { ipv4: ['192.0.2.4'], ttlSec: 0 },
  'empty.test': {},
  'broken.test': { fails: 2 },
  'silent.test': { fails: 'silent' },
};

async function setUp(t: TestContext, config: Partial<ResolverConfig> = {}) {
  const dns = await DnsServer.start(ADDRESSES);
  t.after(() => dns.close());
  const clock = new ManualClock();
  const wheel = new TimerWheel(clock);
  const servers = [`127.0.0.1:${dns.port}`];
  const all = { servers, validMs: undefined, ipv4: true, ipv6: true, ...config };
  const resolver = new NameResolver(all, wheel);
  t.after(() => resolver.close());
  const ask = (name: string, timeoutMs = 30_000): Promise<string> =>
    new Promise((resolve) => {
      const client: NameClient = {
        onResolved: (addresses) => resolve([...addresses].sort().join()),
        onUnresolved: resolve,
      };
      resolver.ask(name, timeoutMs, client);
    });
  return { ask, clock, dns, resolver, wheel };
}

test('both families are asked, and both are taken', async (t) => {
  const { ask, dns } = await setUp(t);
  assert.equal(await ask('both.test'), '192.0.2.3,2001:db8::1');
  assert.deepEqual(dns.asked.toSorted(), ['A both.test', 'AAAA both.test']);
  assert.equal(await ask('six.test'), '2001:db8::2');
});

test('a family that is off is not asked', async (t) => {
  const { ask, dns } = await setUp(t, { ipv6: false });
  assert.equal(await ask('both.test'), '192.0.2.3');
  assert.equal(await ask('six.test'), 'ENODATA');
  assert.deepEqual(dns.asked, ['A both.test', 'A six.test']);
});

test('who asks while another does waits for the same answer', async (t) => {
  const { ask, dns, resolver } = await setUp(t, { ipv6: false });
  dns.isHeld = true;
  const answers = Array.from({ length: 50 }, () => ask('a.test'));
  await dns.askedTimes(1);
  assert.equal(resolver.askedCount, 1);
  dns.letGo();
  assert.deepEqual(new Set(await Promise.all(answers)), new Set(['192.0.2.1,192.0.2.2']));
  assert.deepEqual(dns.asked, ['A a.test']);
});

test('an answer holds as long as its TTL says', async (t) => {
  const { ask, clock, resolver } = await setUp(t, { ipv6: false });
  assert.equal(resolver.known('a.test'), undefined);
  await ask('a.test');
  assert.equal(resolver.known('a.test')?.length, 2);
  clock.advanceMs(4_999);
  assert.equal(resolver.known('a.test')?.length, 2);
  clock.advanceMs(1);
  assert.equal(resolver.known('a.test'), undefined);
  assert.equal(resolver.keptCount, 0);
  await ask('half.test');
  assert.equal(resolver.known('half.test'), undefined, 'a TTL of 0 is for those who asked');
});

test('valid= holds instead of the TTL', async (t) => {
  const { ask, clock, resolver } = await setUp(t, { ipv6: false, validMs: 60_000 });
  await ask('half.test');
  clock.advanceMs(59_999);
  assert.deepEqual(resolver.known('half.test'), ['192.0.2.4']);
  clock.advanceMs(1);
  assert.equal(resolver.known('half.test'), undefined);
});

test('what is wrong is told, and not kept', async (t) => {
  const { ask, dns, resolver } = await setUp(t);
  assert.equal(await ask('none.test'), 'ENOTFOUND');
  assert.equal(await ask('empty.test'), 'ENODATA');
  assert.equal(await ask('broken.test'), 'ESERVFAIL');
  assert.equal(await ask('bad..name'), 'EBADNAME');
  assert.equal(await ask(`${'x'.repeat(64)}.test`), 'EBADNAME');
  assert.equal(resolver.keptCount, 0);
  const before = dns.asked.length;
  await ask('none.test');
  assert.equal(dns.asked.length, before + 2);
});

test('who waits too long is told, and leaves nothing behind', async (t) => {
  const { ask, clock, dns, resolver, wheel } = await setUp(t, { ipv6: false });
  const answer = ask('silent.test', 5_000);
  await dns.askedTimes(1);
  clock.advanceMs(5_000);
  wheel.advance();
  assert.equal(await answer, 'no answer within resolver_timeout');
  assert.equal(wheel.linkedCount, 0);
  assert.equal(resolver.askedCount, 1, 'the next one waits for the same question');
});

test('who cancels is told nothing', async (t) => {
  const { ask, dns, resolver, wheel } = await setUp(t, { ipv6: false });
  dns.isHeld = true;
  const fails = (): never => assert.fail('told');
  resolver.ask('a.test', 1_000, { onResolved: fails, onUnresolved: fails }).cancel();
  assert.equal(wheel.linkedCount, 0);
  const other = ask('a.test');
  await dns.askedTimes(1);
  dns.letGo();
  assert.equal(await other, '192.0.2.1,192.0.2.2');
});

test('who waits when it closes is told nothing, and no timer stays', async (t) => {
  const { resolver, wheel } = await setUp(t);
  const fails = (): never => assert.fail('told');
  resolver.ask('silent.test', 1_000, { onResolved: fails, onUnresolved: fails });
  resolver.close();
  assert.equal(wheel.linkedCount, 0);
  await new Promise((resolve) => setImmediate(resolve));
});

test('names are kept up to a bound', async (t) => {
  const { ask, dns, resolver } = await setUp(t, { ipv6: false });
  const names = Array.from({ length: MAX_KEPT_NAMES + 10 }, (_, at) => `n${at}.test`);
  for (const name of names) dns.entries.set(name, { ipv4: ['192.0.2.9'] });
  for (let from = 0; from < names.length; from += 100) {
    await Promise.all(names.slice(from, from + 100).map((name) => ask(name)));
  }
  assert.equal(resolver.keptCount, MAX_KEPT_NAMES);
  assert.deepEqual(resolver.known(names.at(-1) ?? ''), ['192.0.2.9']);
});
