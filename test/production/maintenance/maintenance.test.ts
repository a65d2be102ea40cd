// A maintenance page: a file that appears closes the site, except for the office and health checks.

import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { needs, PRODUCTS, seenIn, startOrigin, startSite } from '#test/support/production.ts';

for (const product of PRODUCTS) {
  test(`a file closes the site, its removal opens it (${product})`, needs(product), async (t) => {
    const app = await startOrigin(t, 'app');
    const site = await startSite(t, product, import.meta.dirname, {
      host: 'www.example.com',
      origins: { '10.0.4.11:3000': app.address },
    });
    assert.equal(seenIn(await site.ask('/cart?id=1')).url, '/cart?id=1');

    site.write('maintenance.on', '');
    for (const [path, question, body] of [
      ['/cart?id=1', {}, /Back soon/],
      ['/cart', { method: 'POST', body: 'a=1' }, /Back soon/],
      ['/', { headers: { 'Accept-Language': 'de-AT' } }, /zehn Minuten sind wir zurück/],
    ] as const) {
      const answer = await site.ask(path, question);
      assert.equal(answer.status, 503, path);
      assert.match(answer.body, body);
      assert.equal(answer.headers['content-type'], 'text/html');
      // The fields of the location, which an "if" without its own takes over.
      assert.deepEqual(
        [answer.headers['retry-after'], answer.headers['cache-control']],
        ['600', 'no-store'],
      );
    }
    assert.equal((await site.ask('/healthz')).body, 'ok');
    assert.equal(seenIn(await site.ask('/cart', { from: '127.0.0.5' })).origin, 'app');

    rmSync(join(site.folder, 'maintenance.on'));
    assert.equal(seenIn(await site.ask('/cart')).origin, 'app');
  });
}
