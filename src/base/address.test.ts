import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatAddress, parseAddress, parsePort } from './address.ts';

const tcp = (host: string, port: number) => ({ kind: 'tcp', host, port });

describe('an address', () => {
  it('is read in the forms of nginx', () => {
    assert.deepEqual(parseAddress('127.0.0.1:8080', 80), tcp('127.0.0.1', 8080));
    assert.deepEqual(parseAddress('127.0.0.1', 80), tcp('127.0.0.1', 80));
    assert.deepEqual(parseAddress('api.test:443', 80), tcp('api.test', 443));
    assert.deepEqual(parseAddress('[::1]:8080', 80), tcp('::1', 8080));
    assert.deepEqual(parseAddress('[fe80::1]', 80), tcp('fe80::1', 80));
    assert.deepEqual(parseAddress('unix:/run/a.sock', 80), { kind: 'unix', path: '/run/a.sock' });
  });

  const malformed = [
    ...['', ':80', 'a:', 'a:b', 'a:0', 'a:65536', 'a:-1', 'a:+1', 'a: 1', 'a:1:2'],
    ...['::1', '[::1', '[]', '[]:80', '[::1]80', '[::1]x:80', '[::1]:', 'unix:'],
  ];
  for (const text of malformed) {
    it(`is not "${text}"`, () => assert.equal(parseAddress(text, 80), undefined));
  }

  it('is written as it is read', () => {
    const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain());
    fc.assert(
      fc.property(host, fc.integer({ min: 1, max: 65_535 }), (name, port) => {
        const address = { kind: 'tcp', host: name, port } as const;
        assert.deepEqual(parseAddress(formatAddress(address), 1), address);
      }),
    );
    assert.equal(formatAddress({ kind: 'unix', path: '/a' }), 'unix:/a');
    assert.equal(formatAddress({ kind: 'tcp', host: '::1', port: 80 }), '[::1]:80');
  });
});

describe('a port', () => {
  it('is a plain decimal number from 1 to 65535', () => {
    assert.deepEqual(['1', '080', '65535'].map(parsePort), [1, 80, 65_535]);
    for (const text of ['', '0', '65536', '1e3', '0x50', ' 80', '80 ', '000080']) {
      assert.equal(parsePort(text), undefined, text);
    }
  });
});
