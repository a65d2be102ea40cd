import assert from 'node:assert/strict';
import { BlockList, isIPv6 } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { GeoNetworks, type Network, parseNetwork } from './geo-networks.ts';
import { GeoRanges, parseRange } from './geo-ranges.ts';
import { chooseForwarded, GeoTable, TrustedProxies } from './geo-table.ts';
import { IpAddress } from './ip-address.ts';
import { NO_VALUE } from './steps.ts';

function network(text: string): Network {
  const found = parseNetwork(text);
  assert.ok(found, text);
  return found;
}

function tableOf(
  networks: GeoNetworks,
  proxies?: readonly string[],
  isRecursive = false,
): GeoTable {
  return new GeoTable({
    v4: networks.finishIpv4(),
    v6: networks.finishIpv6(),
    proxies: proxies === undefined ? undefined : trusted(...proxies),
    isRecursive,
  });
}

function trusted(...texts: string[]): TrustedProxies {
  const networks = new GeoNetworks();
  for (const text of texts) networks.add(network(text), 1);
  return new TrustedProxies(networks.finishIpv4(), networks.finishIpv6());
}

// Few different bits, so that networks lie in each other.
const v4Text = fc
  .array(fc.constantFrom(0, 1, 127, 128, 255), { minLength: 4, maxLength: 4 })
  .map((bytes) => bytes.join('.'));
const v6Text = fc
  .array(fc.constantFrom('0', '1', '7fff', '8000', 'ffff'), { minLength: 8, maxLength: 8 })
  .map((groups) => groups.join(':'));
/** Their first 53 bits are the same: the table keeps those apart by another way. */
const nearText = fc
  .array(fc.constantFrom('0', '1', '8000'), { minLength: 4, maxLength: 4 })
  .map((groups) => `2001:db8:0:7:${groups.join(':')}`);
const cidr = fc.oneof(
  fc.tuple(v4Text, fc.integer({ min: 0, max: 32 })),
  fc.tuple(nearText, fc.integer({ min: 50, max: 128 })),
  fc.tuple(v6Text, fc.integer({ min: 0, max: 128 })),
);

/** The longest of the networks that node:net says the address is in; of equals the last. */
function naive(nets: readonly (readonly [string, number])[], at: string): number {
  let best = NO_VALUE;
  let longest = -1;
  const family = isIPv6(at) ? 'ipv6' : 'ipv4';
  for (const [i, [text, prefix]] of nets.entries()) {
    if (isIPv6(text) !== isIPv6(at) || prefix < longest) continue;
    const list = new BlockList();
    list.addSubnet(text, prefix, family);
    if (!list.check(at, family)) continue;
    best = i;
    longest = prefix;
  }
  return best;
}

test('the longest prefix wins, as a look through all networks finds it', () => {
  fc.assert(
    fc.property(
      fc.array(cidr, { maxLength: 30 }),
      fc.array(fc.oneof(v4Text, v6Text, nearText), { minLength: 20, maxLength: 20 }),
      (nets, addresses) => {
        const networks = new GeoNetworks();
        for (const [i, [text, prefix]] of nets.entries()) {
          networks.add(network(`${text}/${prefix}`), i);
        }
        const table = tableOf(networks);
        for (const at of [...addresses, ...nets.map(([text]) => text)]) {
          if (at.startsWith('0:0:0:0:0:ffff:')) continue;
          assert.equal(table.find(at, undefined), naive(nets, at), at);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('networks: duplicates, deletion, what is none', () => {
  const networks = new GeoNetworks();
  assert.equal(networks.add(network('10.0.0.0/8'), 1), NO_VALUE);
  assert.equal(networks.add(network('10.1.2.3/8'), 2), 1);
  assert.equal(network('10.1.2.3/8').hadLowBits, true);
  assert.equal(network('10.0.0.0/8').hadLowBits, false);
  assert.equal(networks.add(network('2001:db8::/32'), 3), NO_VALUE);
  assert.equal(networks.add(network('2001:db8::/32'), 4), 3);
  assert.ok(!networks.delete(network('10.0.0.0/9')));
  assert.ok(networks.delete(network('10.0.0.0/8')));
  assert.ok(networks.delete(network('2001:db8::/32')));
  const table = tableOf(networks);
  assert.equal(table.find('10.0.0.1', undefined), NO_VALUE);
  assert.equal(table.find('2001:db8::1', undefined), NO_VALUE);
  for (const text of ['', '10.0.0.0/33', '::/129', '10.0.0/8', '1.2.3.4/', '1.2.3.4/x', 'a/8']) {
    assert.equal(parseNetwork(text), undefined, text);
  }
});

test('networks with the same first 53 bits: duplicates and deletion', () => {
  const networks = new GeoNetworks();
  const texts = ['2001:db8::1', '2001:db8::2', '2001:db8::/64', '2001:db8::/53'];
  for (const [i, text] of texts.entries()) assert.equal(networks.add(network(text), i), NO_VALUE);
  for (const [i, text] of texts.entries()) assert.equal(networks.add(network(text), 9), i, text);
  assert.equal(networks.delete(network('2001:db8::3')), false);
  for (const text of texts) {
    assert.equal(networks.delete(network(text)), true, text);
    assert.equal(networks.delete(network(text)), false, text);
  }
  assert.equal(tableOf(networks).find('2001:db8::1', undefined), NO_VALUE);
  assert.equal(networks.add(network('2001:db8::2'), 3), NO_VALUE);
  assert.equal(networks.delete(network('2001:db8::1')), false);
  assert.equal(tableOf(networks).find('2001:db8::2', undefined), 3);
});

test('what is no address is looked for at 255.255.255.255; mapped IPv4 is IPv4', () => {
  const networks = new GeoNetworks();
  networks.add(network('255.255.255.255'), 1);
  networks.add(network('10.0.0.0/8'), 2);
  const table = tableOf(networks);
  assert.equal(table.find('unix:', undefined), 1);
  assert.equal(table.find(undefined, undefined), 1);
  assert.equal(table.find('::ffff:10.1.1.1', undefined), 2);
  assert.equal(table.find('::a01:101', undefined), NO_VALUE);
});

test('ranges: inside, at the edges, equal, crossing, across segments', () => {
  const ranges = new GeoRanges();
  const add = (text: string, value: number) => {
    const range = parseRange(text);
    assert.ok(range, text);
    return ranges.add(range, value);
  };
  assert.deepEqual(add('10.0.0.0-10.2.255.255', 1), { kind: 'added' });
  assert.deepEqual(add('10.1.0.5-10.1.0.9', 2), { kind: 'added' });
  assert.deepEqual(add('10.2.0.0-10.2.255.255', 3), { kind: 'duplicate', value: 1 });
  assert.equal(add('10.1.0.8-10.1.0.12', 4).kind, 'overlap');
  assert.ok(!ranges.delete({ start: 0, end: 5 }));
  assert.ok(ranges.delete({ start: 0x0a010005, end: 0x0a010009 }));
  assert.deepEqual(add('255.255.255.255-255.255.255.255', 9), { kind: 'added' });
  const steps = ranges.finish();
  const table = new GeoTable({ v4: steps, v6: undefined, proxies: undefined, isRecursive: false });
  for (const [at, value] of [
    ['9.255.255.255', NO_VALUE],
    ['10.0.0.0', 1],
    ['10.1.0.4', 1],
    ['10.1.0.5', NO_VALUE],
    ['10.1.0.9', NO_VALUE],
    ['10.1.0.10', 1],
    ['10.2.3.4', 3],
    ['10.3.0.0', NO_VALUE],
    ['::1', 9],
  ] as const) {
    assert.equal(table.find(at, undefined), value, at);
  }
  assert.equal(parseRange('10.0.0.9-10.0.0.1'), undefined);
  assert.equal(parseRange('10.0.0.9'), undefined);
});

test('ranges against an array with one cell per address', () => {
  const range = fc
    .tuple(fc.nat({ max: 60 }), fc.nat({ max: 60 }))
    .map(([a, b]) => ({ start: 0xffffffc0 + Math.min(a, b), end: 0xffffffc0 + Math.max(a, b) }));
  fc.assert(
    fc.property(fc.array(range, { maxLength: 12 }), (list) => {
      const cells = Array<number>(64).fill(NO_VALUE);
      const ranges = new GeoRanges();
      for (const [value, { start, end }] of list.entries()) {
        if (ranges.add({ start, end }, value).kind === 'overlap') continue;
        cells.fill(value, start - 0xffffffc0, end - 0xffffffc0 + 1);
      }
      const steps = ranges.finish();
      assert.deepEqual(
        cells.map((_, i) => steps.find(0xffffffc0 + i)),
        cells,
      );
    }),
  );
});

test('the address behind proxies', () => {
  const address = new IpAddress();
  const chosen = (from: string, forwarded: string, isRecursive: boolean): string => {
    address.parse(from);
    chooseForwarded(address, forwarded, trusted('10.0.0.0/8', '::1'), isRecursive);
    address.unmap();
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(address.v4);
    return bytes.join('.');
  };
  assert.equal(chosen('192.0.2.1', '9.9.9.9', true), '192.0.2.1');
  assert.equal(chosen('10.0.0.1', '9.9.9.9', true), '9.9.9.9');
  assert.equal(chosen('10.0.0.1', '8.8.8.8, 10.0.0.2', false), '10.0.0.2');
  assert.equal(chosen('10.0.0.1', '8.8.8.8, 10.0.0.2', true), '8.8.8.8');
  assert.equal(chosen('10.0.0.1', '8.8.8.8, 7.7.7.7:81 ,10.0.0.2 , ', true), '7.7.7.7');
  assert.equal(chosen('10.0.0.1', '8.8.8.8, unknown, 10.0.0.2', true), '10.0.0.2');
  assert.equal(chosen('::1', '[::ffff:10.0.0.3]:9', true), '10.0.0.3');
  assert.equal(chosen('10.0.0.1', '', true), '10.0.0.1');
  assert.equal(chosen('10.0.0.1', ' , ', true), '10.0.0.1');
});
