// A canary: one visitor in ten by a hash of its session, unless it asks for one side.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  atMost,
  needs,
  PRODUCTS,
  type Product,
  seenIn,
  startOrigin,
  startSite,
} from '#test/support/production.ts';

const VISITORS = 600;
/** Which visitors each product gave to the canary. */
const chosen = new Map<Product, readonly string[]>();

for (const product of PRODUCTS) {
  test(
    `a tenth of the visitors, always the same, get the canary (${product})`,
    needs(product),
    async (t) => {
      const stable = [await startOrigin(t, 'stable-1'), await startOrigin(t, 'stable-2')];
      const canary = await startOrigin(t, 'canary');
      const site = await startSite(t, product, import.meta.dirname, {
        host: 'shop.example.com',
        origins: {
          '10.0.1.11:3000': stable[0]?.address ?? '',
          '10.0.1.12:3000': stable[1]?.address ?? '',
          '10.0.1.21:3000': canary.address,
        },
      });
      const originOf = async (path: string, cookie: string): Promise<string> => {
        const answer = await site.ask(path, { headers: { Cookie: cookie } });
        const { headers, origin } = seenIn(answer);
        const side = origin.startsWith('stable') ? 'app_stable' : 'app_canary';
        assert.equal(headers['x-release'], side);
        assert.equal(answer.headers['x-release'], side);
        return origin;
      };
      const names = Array.from({ length: VISITORS }, (_, at) => `sid=visitor-${at}`);
      const first = await atMost(50, names, (name) => originOf('/', name));
      const canaries = names.filter((_, at) => first[at] === 'canary');
      // Six standard deviations of what a fair hash gives: 7.35.
      assert.ok(Math.abs(canaries.length - VISITORS / 10) < 44, `${canaries.length}`);
      chosen.set(product, canaries);
      // Both servers of the others are used, and everybody stays where it is.
      assert.deepEqual([...new Set(first)].sort(), ['canary', 'stable-1', 'stable-2']);
      for (const name of canaries.slice(0, 20))
        assert.equal(await originOf('/again', name), 'canary');

      const [inCanary = ''] = canaries;
      assert.match(await originOf('/', `${inCanary}; release=stable`), /^stable/);
      const outside = names.find((name) => !canaries.includes(name)) ?? '';
      assert.equal(await originOf('/', `${outside}; release=canary`), 'canary');
      assert.equal(await originOf('/?release=canary', outside), 'canary');
      const asked = await site.ask('/?release=canary');
      assert.deepEqual(asked.headers['set-cookie'], ['release=canary; Path=/; Max-Age=86400']);
      assert.equal((await site.ask('/?release=other')).headers['set-cookie'], undefined);
    },
  );
}

test('nginx and Weir choose the same visitors', needs('nginx'), () => {
  assert.deepEqual(chosen.get('weir'), chosen.get('nginx'));
});
