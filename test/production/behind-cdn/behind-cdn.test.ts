// Behind a CDN: the client's address is what the trusted part of X-Forwarded-For says, no more.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needs, PRODUCTS, seenIn, startOrigin, startSite } from '#test/support/production.ts';

/** The CDN's own address, and one that is nobody's. */
const CDN = '127.0.0.6';
const STRANGER = '127.0.0.9';

/** From where, with which X-Forwarded-For → the address that counts. */
const CLIENTS: readonly (readonly [from: string, forwarded: string, expected: string])[] = [
  [CDN, '192.0.2.1', '192.0.2.1'],
  [CDN, '10.9.9.9, 192.0.2.1', '192.0.2.1'], // what the client wrote stands in front
  [CDN, '203.0.113.5, 192.0.2.1', '192.0.2.1'],
  [CDN, '192.0.2.1, 198.51.100.7', '192.0.2.1'], // through the balancer as well
  [CDN, '192.0.2.1,198.51.100.7 , 198.51.100.8', '192.0.2.1'],
  [CDN, '2001:db8::1', '2001:db8::1'],
  [CDN, '2001:db8::1, 2001:db8:cd::5', '2001:db8::1'],
  [CDN, '192.0.2.1:4711', '192.0.2.1'],
  [CDN, 'unknown', CDN],
  [CDN, '', CDN],
  [CDN, '198.51.100.7', '198.51.100.7'],
  [STRANGER, '203.0.113.5', STRANGER],
  [STRANGER, '203.0.113.5, 198.51.100.7', STRANGER],
];

for (const product of PRODUCTS) {
  test(`the client is who the CDN says (${product})`, needs(product), async (t) => {
    const site = await startSite(t, product, import.meta.dirname, {
      host: 'www.example.com',
      origins: { '10.0.7.11:3000': (await startOrigin(t, 'app')).address },
    });
    for (const [from, forwarded, expected] of CLIENTS) {
      const what = `${from} with ${forwarded}`;
      const headers = forwarded === '' ? {} : { 'X-Forwarded-For': forwarded };
      const seen = seenIn(await site.ask('/', { from, headers })).headers;
      assert.equal(seen['x-real-ip'], expected, what);
      const before = forwarded === '' ? '' : `${forwarded}, `;
      assert.equal(seen['x-forwarded-for'], `${before}${expected}`, what);
    }
    for (const [from, scheme, expected] of [
      [CDN, 'https', 'https'],
      [CDN, 'http', 'http'],
      [STRANGER, 'https', 'http'],
    ] as const) {
      const headers = { 'X-Forwarded-Proto': scheme };
      const seen = seenIn(await site.ask('/', { from, headers })).headers;
      assert.equal(seen['x-forwarded-proto'], expected);
    }
    const statusOf = async (from: string, forwarded: string): Promise<number> => {
      const headers = { 'X-Forwarded-For': forwarded };
      return (await site.ask('/admin/', { from, headers })).status;
    };
    assert.equal(await statusOf(CDN, '203.0.113.5'), 200);
    assert.equal(await statusOf(CDN, '2001:db8:7::9'), 200);
    assert.equal(await statusOf(CDN, '192.0.2.1'), 403);
    assert.equal(await statusOf(CDN, '203.0.113.5, 192.0.2.1'), 403);
    assert.equal(await statusOf(STRANGER, '203.0.113.5'), 403);
  });
}
