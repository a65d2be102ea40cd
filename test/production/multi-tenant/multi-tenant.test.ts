// One server for all tenants: its name captures which, and maps say where to and whether at all.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needs, PRODUCTS, seenIn, startOrigin, startSite } from '#test/support/production.ts';

for (const product of PRODUCTS) {
  test(`a tenant is found by its name (${product})`, needs(product), async (t) => {
    const site = await startSite(t, product, import.meta.dirname, {
      host: 'ann.example.app',
      origins: {
        '10.0.6.11:3000': (await startOrigin(t, 'shared')).address,
        '10.0.6.21:3000': (await startOrigin(t, 'acme')).address,
        '10.0.6.31:3000': (await startOrigin(t, 'staging')).address,
      },
    });
    for (const [host, path, expected] of [
      ['ann.example.app', '/a%20b?q=1', 'shared /a%20b?q=1 ann undefined'],
      ['bob.example.app', '/', 'shared / bob undefined'],
      ['ACME.Example.app', '/', 'acme / acme undefined'],
      ['test-1.example.app', '/', 'staging / test-1 undefined'],
      ['acme.example.app', '/api/v1/users/a%20b?q=1', 'acme /v1/users/a%20b?q=1 acme v1'],
      ['ann.example.app', '/api/v2', 'shared /v2 ann v2'],
    ] as const) {
      const { headers, origin, url } = seenIn(await site.ask(path, { host }));
      assert.equal(`${origin} ${url} ${headers['x-tenant']} ${headers['x-api-version']}`, expected);
      assert.equal(headers['host'], host.toLowerCase());
      assert.equal(headers['x-forwarded-for'], '127.0.0.1');
    }
    // What a client claims to be is overwritten.
    const claimed = await site.ask('/', { headers: { 'X-Tenant': 'acme' } });
    assert.equal(seenIn(claimed).headers['x-tenant'], 'ann');

    for (const [host, path, expected] of [
      ['late-payer.example.app', '/x', '402 late-payer is suspended\n'],
      ['trial-9.example.app', '/', '402 trial-9 is suspended\n'],
      ['ann.example.app', '/api/v3/users', '404 no such version\n'],
      ['www.example.app', '/', '200 the product\n'],
      ['example.app', '/x', '200 the product\n'],
    ] as const) {
      const { body, status } = await site.ask(path, { host });
      assert.equal(`${status} ${body}`, expected);
    }
    const large = { method: 'POST', body: 'x'.repeat(1_025) };
    assert.equal((await site.ask('/uploads/', large)).status, 413);
    assert.equal(seenIn(await site.ask('/other', large)).body, large.body);
    for (const host of ['other.test', 'a.b.example.app', '-.example.app', '127.0.0.1']) {
      await assert.rejects(site.ask('/', { host }), /socket hang up|ECONNRESET/, host);
    }
  });
}
