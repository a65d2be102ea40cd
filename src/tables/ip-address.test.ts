import assert from 'node:assert/strict';
import { isIPv4, isIPv6 } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { IPV4, IPV6, IpAddress } from './ip-address.ts';

const address = new IpAddress();

/** Eight groups of an address that node:net takes, by the URL parser, which is another reader. */
function groupsOf(text: string): number[] {
  const host = new URL(`http://[${text}]/`).hostname.slice(1, -1);
  const [head = '', tail] = host.split('::');
  const numbers = (part: string) =>
    part === '' ? [] : part.split(':').map((g) => parseInt(g, 16));
  const before = numbers(head);
  const after = tail === undefined ? [] : numbers(tail);
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}

const anyText = fc
  .array(
    fc.constantFrom(':', '::', '.', '0', '1', 'f', 'ffff', '255', '1.2.3.4', '12345', 'g', ''),
    {
      maxLength: 16,
    },
  )
  .map((parts) => parts.join(''));

test('texts are read as node:net and the URL parser read them', () => {
  fc.assert(
    fc.property(fc.oneof(anyText, fc.ipV4(), fc.ipV6()), (text) => {
      // Octets with zeros in front are decimal for nginx and nothing for node:net.
      if (/(^|[.:])0\d*\./.test(text) && /(^|[.:])0\d/.test(text)) return;
      const isGood = address.parse(text);
      assert.equal(isGood, isIPv4(text) || isIPv6(text), text);
      if (isIPv4(text)) {
        assert.equal(address.family, IPV4);
        const bytes = text.split('.').map(Number);
        assert.equal(address.v4, Buffer.from(bytes).readUInt32BE(0));
      } else if (isGood) {
        assert.equal(address.family, IPV6);
        const groups = [...address.words].flatMap((word) => [word >>> 16, word & 0xffff]);
        assert.deepEqual(groups, groupsOf(text), text);
      }
    }),
    { numRuns: 5_000 },
  );
});

test('a part of a text', () => {
  assert.ok(address.parse('x 1.2.3.4 y', 2, 9));
  assert.equal(address.v4, 0x01020304);
  assert.ok(!address.parse('x 1.2.3.4 y', 2, 8 - 1));
});

test('zeros in front of an octet change nothing, as in nginx', () => {
  assert.ok(address.parse('010.001.00.1'));
  assert.equal(address.v4, 0x0a010001);
});

test('with a port', () => {
  for (const text of ['1.2.3.4', '1.2.3.4:80', '[1.2.3.4]:080', '[::1]:65535', '::1']) {
    assert.ok(address.parseWithPort(text, 0, text.length), text);
  }
  assert.equal(address.words[3], 1);
  for (const text of [
    '1.2.3.4:',
    '1.2.3.4:0',
    '1.2.3.4:65536',
    '[::1',
    '[::1]x',
    '[::1]',
    '[1.2.3.4]',
    '[::1]:',
    '::1:65536x',
    ':80',
    '',
  ]) {
    assert.ok(!address.parseWithPort(text, 0, text.length), text);
  }
});

test('the port is kept until the next text', () => {
  const text = '1.2.3.4:80 [2001:db8::1]:443 1.2.3.4';
  const ports = [
    [0, 10],
    [11, 28],
    [29, 36],
  ].map(([start = 0, end = 0]) => {
    assert.ok(address.parseWithPort(text, start, end));
    return address.port;
  });
  assert.deepEqual(ports, [80, 443, 0]);
});

test('IPv4 within IPv6', () => {
  address.parse('::ffff:10.0.0.1');
  assert.equal(address.family, IPV6);
  address.unmap();
  assert.equal(address.family, IPV4);
  assert.equal(address.v4, 0x0a000001);
  address.parse('::fffe:10.0.0.1');
  address.unmap();
  assert.equal(address.family, IPV6);
});
