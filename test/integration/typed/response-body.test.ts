// weir.config.ts: functions that change the bodies of endpoints.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { describe, it, type TestContext } from 'node:test';
import { ask, startTyped } from '#test/support/typed.ts';
import type { Weir } from '#test/support/weir.ts';

const PIECE = 'x'.repeat(1_000);

/** Answers `/long` and `/broken` piece by piece, others with their path and an ETag. */
async function start(t: TestContext, location: string): Promise<Weir> {
  const server = createServer((request, response) => {
    response.setHeader('ETag', '"a"');
    if (request.url === '/broken') {
      response.setHeader('Content-Length', '100');
      response.write('part', () => response.destroy());
    } else if (request.url?.startsWith('/long') === true) {
      for (let i = 0; i < 100; i++) response.write(PIECE);
      response.end();
    } else if (request.url === '/none') response.writeHead(204).end();
    else response.end(`body of ${request.url}`);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as { port: number };
  const weir = await startTyped(location.replaceAll('ORIGIN', `http://127.0.0.1:${port}`));
  t.after(() => weir.stop());
  return weir;
}

describe('responseBody', () => {
  it('gives a response another body, at once or later', async (t) => {
    const weir = await start(
      t,
      `'/': {
         proxyPass: 'ORIGIN',
         responseFilter: (response) => response.headers.set('X-Head', 'too'),
         responseBody: async (body, response, request) => {
           if (request.query === 'same') return undefined;
           response.headers.set('X-Length', String(body.bytes.length));
           await new Promise((later) => setImmediate(later));
           return body.text().toUpperCase().slice(0, 20);
         },
       },`,
    );
    const changed = await ask(weir, '/a');
    assert.equal(changed.body, 'BODY OF /A');
    assert.deepEqual(
      ['x-head', 'x-length', 'etag', 'content-length'].map((name) => changed.headers.get(name)),
      ['too', '10', null, '10'],
    );
    const same = await ask(weir, '/a?same');
    assert.deepEqual([same.body, same.headers.get('etag')], ['body of /a?same', '"a"']);
    const long = await ask(weir, '/long');
    assert.deepEqual([long.body, long.headers.get('x-length')], ['X'.repeat(20), '100000']);
    assert.equal((await ask(weir, '/none')).status, 204);
    assert.equal((await ask(weir, '/a', { method: 'HEAD' })).headers.get('x-length'), null);
  });

  it('lets nothing through that it did not see whole, or failed at', async (t) => {
    const weir = await start(
      t,
      `'/': { proxyPass: 'ORIGIN', functionBodySize: '50k', responseBody: (body) => 'seen ' + body.bytes.length },
       '= /throws': { proxyPass: 'ORIGIN', responseBody: () => { throw new Error('closed'); } },
       '= /waits': { proxyPass: 'ORIGIN', functionTimeout: '100ms', responseBody: () => new Promise(() => {}) },
       '= /number': { proxyPass: 'ORIGIN', responseBody: (() => 7) as never },`,
    );
    const long = await ask(weir, '/long');
    assert.equal(long.status, 500);
    assert.match(long.body, /function_failed/);
    await weir.waitForLine(/failed: BodyTooLargeError: the body is longer than 51200 bytes/);
    const broken = await ask(weir, '/broken');
    assert.equal(broken.status, 502);
    assert.match(broken.body, /upstream_truncated/);
    assert.equal((await ask(weir, '/throws')).status, 500);
    assert.equal((await ask(weir, '/number')).status, 500);
    assert.equal((await ask(weir, '/waits')).status, 504);
    assert.equal((await ask(weir, '/a')).body, 'seen 10');
  });
});
