// A/B by map: newcomers are assigned once and told so, whoever has the cookie stays.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  atMost,
  needs,
  PRODUCTS,
  seenIn,
  startOrigin,
  startSite,
} from '#test/support/production.ts';

const NEWCOMERS = 200;

for (const product of PRODUCTS) {
  test(`newcomers are assigned and stay (${product})`, needs(product), async (t) => {
    const a = await startOrigin(t, 'a');
    const b = await startOrigin(t, 'b');
    const site = await startSite(t, product, import.meta.dirname, {
      host: 'shop.example.com',
      origins: { '10.0.2.11:3000': a.address, '10.0.2.12:3000': b.address },
    });
    const sides = await atMost(50, Array.from({ length: NEWCOMERS }), async () => {
      const answer = await site.ask('/checkout/pay?step=1');
      const { headers, origin, url } = seenIn(answer);
      assert.equal(url, '/checkout/pay?step=1');
      assert.equal(headers['x-variant'], origin);
      const cookie = answer.headers['set-cookie'];
      assert.deepEqual(cookie, [`variant=${origin}; Path=/; Max-Age=2592000; SameSite=Lax`]);
      assert.equal(answer.headers.vary, 'Cookie');
      return origin;
    });
    // Seven standard deviations of fair tosses: 7.07.
    const count = sides.filter((side) => side === 'a').length;
    assert.ok(Math.abs(count - NEWCOMERS / 2) < 50, `${count}`);

    for (const side of ['a', 'b']) {
      for (let visit = 0; visit < 10; visit++) {
        const answer = await site.ask('/checkout/', { headers: { Cookie: `variant=${side}` } });
        assert.equal(seenIn(answer).origin, side);
        assert.equal(answer.headers['set-cookie'], undefined);
      }
    }
    const odd = await site.ask('/checkout/', { headers: { Cookie: 'variant=c' } });
    assert.equal(odd.headers['set-cookie']?.length, 1);
    for (let visit = 0; visit < 10; visit++) {
      const headers = { Cookie: 'variant=b', 'User-Agent': 'Example-Bot/1.0' };
      assert.equal(seenIn(await site.ask('/checkout/', { headers })).origin, 'a');
    }
    assert.equal(seenIn(await site.ask('/', { headers: { Cookie: 'variant=b' } })).origin, 'a');
  });
}
