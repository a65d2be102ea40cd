// weir.config.ts: what functions do wrong, and what it costs.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { ask, startTyped } from '#test/support/typed.ts';

describe('a function', () => {
  it('that blocks its thread is reported by its name', async (t) => {
    const weir = await startTyped(
      `'/': { handler: function grind() {
         for (const end = Date.now() + 1_800; Date.now() < end; );
         return 'done';
       } },`,
    );
    t.after(() => weir.stop());
    assert.equal((await ask(weir, '/')).body, 'done');
    await weir.waitForLine(/function grind has blocked thread 1 for \d{4} ms/);
  });

  it('that waits too long costs its request a 504 and is told', async (t) => {
    const weir = await startTyped(
      `'/': { functionTimeout: '100ms', handler: (request) => new Promise((_, reject) => {
         request.signal.addEventListener('abort', () => console.error('told:', request.signal.reason.message));
       }) },`,
    );
    t.after(() => weir.stop());
    const late = await ask(weir, '/');
    assert.equal(late.status, 504);
    assert.match(late.body, /function_timeout/);
    await weir.waitForLine(/told: it took longer than function_timeout, 100 ms/);
  });

  it('is told when its client has left, and sees nothing of others afterwards', async (t) => {
    const weir = await startTyped(
      `'/kept': { handler: async (request) => {
         const { signal } = request;
         await new Promise((left) => signal.addEventListener('abort', left));
         kept.push(request);
         return 'nobody hears this';
       } },
       '/other': { handler: () => {
         const [request] = kept;
         if (request === undefined) return 'none';
         return ['method', 'path', 'query', 'id', 'clientAddress', 'headers'].map((name) => {
           try { return name === 'headers' ? request.headers.entries().length : request[name as 'path']; }
           catch (error) { return (error as Error).name; }
         }).join();
       } },`,
    ).catch((error: unknown) => error as Error);
    assert.ok(!(weir instanceof Error), String(weir));
    t.after(() => weir.stop());
    const socket = connect(weir.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write('GET /kept?mine HTTP/1.1\r\nHost: a\r\n\r\n');
    while ((await ask(weir, '/other')).body === 'none') socket.destroy();
    const seen = (await ask(weir, '/other?private')).body;
    assert.equal(seen, Array(6).fill('RequestEndedError').join());
  });

  it('may read no more of a body than it is allowed', async (t) => {
    const weir = await startTyped(
      `'/': { functionBodySize: '1k', handler: async (request) => 'got ' + (await request.text()).length },
       '/less': { handler: async (request) => {
         try { return await request.text({ maxBytes: 10 }); } catch (error) { return (error as Error).message; }
       } },`,
    );
    t.after(() => weir.stop());
    const post = (path: string, length: number) =>
      ask(weir, path, { method: 'POST', body: 'x'.repeat(length) });
    assert.equal((await post('/', 1_024)).body, 'got 1024');
    assert.equal((await post('/', 1_025)).status, 413);
    assert.equal((await post('/less', 11)).body, 'the body is longer than 10 bytes');
    assert.equal((await ask(weir, '/')).body, 'got 0');
  });

  it('costs its thread nothing by what it does outside of requests', async (t) => {
    const weir = await startTyped(
      `'/reject': { handler: () => { void Promise.reject(new Error('forgotten')); return 'a'; } },
       '/timer': { handler: () => { setTimeout(() => { throw new Error('in a timer'); }, 1); return 'b'; } },
       '/pid': { statusJson: true },`,
    );
    t.after(() => weir.stop());
    assert.equal((await ask(weir, '/reject')).body, 'a');
    await weir.waitForLine(/rejected and nobody handled it: Error: forgotten/);
    assert.equal((await ask(weir, '/timer')).body, 'b');
    await weir.waitForLine(/threw outside of any request: Error: in a timer/);
    const { functions, threads } = JSON.parse((await ask(weir, '/pid')).body) as {
      functions: { calls: number; failures: number };
      threads: { deathCount: number }[];
    };
    assert.deepEqual(functions, { calls: 2, failures: 0 });
    assert.deepEqual(
      threads.map(({ deathCount }) => deathCount),
      [0],
    );
  });

  it('that streams is stopped with its client, and cut when it fails', async (t) => {
    const weir = await startTyped(
      `'/endless': { handler: () => ({ body: (async function* () {
         try { for (;;) yield 'x'.repeat(65_536); } finally { console.error('stream ended'); }
       })() }) },
       '/breaks': { handler: () => ({ body: (async function* () { yield 'part'; throw new Error('halfway'); })() }) },`,
    );
    t.after(() => weir.stop());
    const socket = connect(weir.port, '127.0.0.1');
    socket.write('GET /endless HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(socket, 'data');
    socket.destroy();
    await weir.waitForLine(/stream ended/);
    await assert.rejects(ask(weir, '/breaks'));
    await weir.waitForLine(/failed: Error: halfway/);
  });
});
