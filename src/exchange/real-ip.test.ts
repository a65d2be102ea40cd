import assert from 'node:assert/strict';
import { isIPv6 } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { fieldIdOf } from '#src/http/field-names.ts';
import { GeoNetworks, parseNetwork } from '#src/tables/geo-networks.ts';
import { TrustedProxies } from '#src/tables/geo-table.ts';
import { IpAddress } from '#src/tables/ip-address.ts';
import { addressBytes, addressText } from '#src/tables/ip-text.ts';
import type { ClientFacts, Downstream } from './downstream.ts';
import { Exchange } from './exchange.ts';
import { clientAddressOf, clientPortOf, RealIp } from './real-ip.ts';

function realIp(from: readonly string[], name: string, isRecursive = false): RealIp {
  const networks = new GeoNetworks();
  for (const text of from) {
    const network = parseNetwork(text);
    if (network !== undefined) networks.add(network, 1);
  }
  const trusted = new TrustedProxies(
    networks.finishIpv4(),
    networks.finishIpv6(),
    from.includes('unix:'),
  );
  const isList = name === 'x-forwarded-for';
  return new RealIp(trusted, { name, isList }, isRecursive);
}

function exchangeOf(peer: string, fields: readonly (readonly [string, string])[]): Exchange {
  const exchange = new Exchange();
  const facts: Pick<ClientFacts, 'remoteAddress' | 'remotePort'> = {
    remoteAddress: peer,
    remotePort: peer === 'unix:' ? 0 : 4711,
  };
  // What the address is asked of; nothing else of a client side is used here.
  exchange.downstream = { facts } as Partial<Downstream> as Downstream;
  for (const [name, value] of fields) {
    exchange.request.fields.append(fieldIdOf(name.toLowerCase()), name, value);
  }
  return exchange;
}

function seen(exchange: Exchange): readonly (string | number | undefined)[] {
  return [clientAddressOf(exchange), clientPortOf(exchange)];
}

test('a unix socket is trusted when the configuration says so', () => {
  const fields = [['X-Real-IP', '192.0.2.1:81']] as const;
  const exchange = exchangeOf('unix:', fields);
  realIp(['127.0.0.1', '::/0', '0.0.0.0/0'], 'x-real-ip').apply(exchange);
  assert.deepEqual(seen(exchange), ['unix:', 0]);
  realIp(['unix:'], 'x-real-ip').apply(exchange);
  assert.deepEqual(seen(exchange), ['192.0.2.1', 81]);
  const tcp = exchangeOf('127.0.0.1', fields);
  realIp(['unix:'], 'x-real-ip').apply(tcp);
  assert.deepEqual(seen(tcp), ['127.0.0.1', 4711]);
});

test('a peer that is gone is nobody, and nobody is trusted', () => {
  const exchange = exchangeOf('', [['X-Real-IP', '192.0.2.1']]);
  realIp(['0.0.0.0/0', '::/0', 'unix:'], 'x-real-ip').apply(exchange);
  assert.deepEqual(seen(exchange), ['', 4711]);
});

test('what was found stays, and goes with the exchange', () => {
  const exchange = exchangeOf('127.0.0.1', [
    ['X-Real-IP', '192.0.2.1'],
    ['X-Forwarded-For', '192.0.2.2'],
  ]);
  realIp(['127.0.0.1'], 'x-real-ip').apply(exchange);
  realIp(['0.0.0.0/0'], 'x-forwarded-for').apply(exchange);
  assert.deepEqual(seen(exchange), ['192.0.2.1', 0]);
  exchange.reset();
  assert.deepEqual(seen(exchange), [undefined, undefined]);
});

test('the address of an untrusted client never changes', () => {
  const value = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.string().map((text) => text.replace(/[^ -~]/g, '')),
  );
  const values = fc.array(value, { maxLength: 4 });
  fc.assert(
    fc.property(
      values,
      fc.boolean(),
      fc.constantFrom('x-real-ip', 'x-forwarded-for', 'cf'),
      (all, isRecursive, name) => {
        const exchange = exchangeOf(
          '203.0.113.5',
          all.map((text) => [name, text]),
        );
        realIp(['10.0.0.0/8', '::/0', 'unix:'], name, isRecursive).apply(exchange);
        assert.deepEqual(seen(exchange), ['203.0.113.5', 4711]);
      },
    ),
  );
});

test('addresses come back from text and bytes as they were', () => {
  const [before, after] = [new IpAddress(), new IpAddress()];
  const sparse = fc
    .array(fc.constantFrom('0', '0', '0', '1', 'ffff', 'a0b'), { minLength: 8, maxLength: 8 })
    .map((groups) => groups.join(':'));
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), sparse), (text) => {
      assert.ok(before.parse(text));
      assert.ok(after.parse(addressText(before)), addressText(before));
      assert.deepEqual([...after.words, after.family], [...before.words, before.family]);
      const bytes = Buffer.from(addressBytes(before), 'latin1');
      assert.equal(bytes.length, isIPv6(text) ? 16 : 4);
      assert.equal(bytes.readUInt32BE(bytes.length - 4), before.v4);
    }),
  );
});
