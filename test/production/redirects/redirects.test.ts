// www and bought domains to the apex, http to https, old paths to new ones, slashes at the end.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needs, PRODUCTS, seenIn, startOrigin, startSite } from '#test/support/production.ts';

/** Host, path → status and Location; OWN is the port that the test listens on. */
const REDIRECTS: readonly (readonly [host: string, path: string, expected: string])[] = [
  ['www.example.com', '/', '301 http://example.com/'],
  ['www.example.com', '/a%20b/?q=%26', '301 http://example.com/a%20b/?q=%26'],
  ['WWW.Example.com', '/a', '301 http://example.com/a'],
  ['example.net', '/a?b', '308 http://example.com/a?b'],
  ['shop.example.org', '/', '308 http://example.com/'],
  ['example.com', '/about-us', '301 http://example.com:OWN/about'],
  ['example.com', '/about-us?q=1', '301 http://example.com:OWN/about'],
  ['example.com', '/old/shop', '301 https://shop.example.com/'],
  ['example.com', '/jobs/17', '301 http://example.com:OWN/careers/17'],
  ['example.com', '/team/ann', '301 http://example.com:OWN/people/ann'],
  ['example.com', '/index.html', '301 http://example.com:OWN/'],
  ['example.com', '/a/index.htm?q=1', '301 http://example.com:OWN/?q=1'],
  ['example.com', '/index.php?page=about', '301 http://example.com:OWN/about'],
  ['example.com', '/shoes/', '301 http://example.com:OWN/shoes'],
  ['example.com', '/shoes/red/?size=9', '301 http://example.com:OWN/shoes/red?size=9'],
  ['example.com', '/docs', '301 http://example.com:OWN/docs/'],
  ['example.com', '/docs?q=1', '301 http://example.com:OWN/docs/?q=1'],
  [
    'example.com',
    '/blog/2019/07/hello-world',
    '302 http://example.com:OWN/posts/hello-world?from=2019-07',
  ],
];

for (const product of PRODUCTS) {
  test(`old addresses lead to new ones (${product})`, needs(product), async (t) => {
    const site = await startSite(t, product, import.meta.dirname, {
      host: 'example.com',
      origins: {
        '10.0.5.11:3000': (await startOrigin(t, 'site')).address,
        '10.0.5.12:3000': (await startOrigin(t, 'docs')).address,
      },
    });
    for (const [host, path, expected] of REDIRECTS) {
      const { headers, status } = await site.ask(path, { host });
      const location = headers.location?.replace(`:${site.port}`, ':OWN');
      assert.equal(`${status} ${location}`, expected, `${host}${path}`);
    }
    const plain = await site.ask('/a?b', { headers: { 'X-Forwarded-Proto': 'http' } });
    assert.equal(`${plain.status} ${plain.headers.location}`, '301 https://example.com/a?b');

    const passed = { headers: { 'X-Forwarded-Proto': 'https' } };
    for (const [path, expected] of [
      ['/', 'site /'],
      ['/shoes?size=9', 'site /shoes?size=9'],
      ['/index.php?page=1', 'site /index.php?page=1'],
      ['/blog/2019/7/hello', 'site /blog/2019/7/hello'],
      ['/docs/', 'docs /v2/'],
      ['/docs/a%20b/?q', 'docs /v2/a%20b/?q'],
    ] as const) {
      const { origin, url } = seenIn(await site.ask(path, passed));
      assert.equal(`${origin} ${url}`, expected);
    }
  });
}
