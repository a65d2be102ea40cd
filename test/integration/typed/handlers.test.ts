// weir.config.ts: functions that answer, over real sockets and threads.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ask, startTyped, typedConf, typedServer } from '#test/support/typed.ts';

describe('a handler', () => {
  it('answers at once, later, as JSON, and piece by piece', async (t) => {
    const weir = await startTyped(
      `'/text': { handler: (request) => 'hello ' + request.path },
       '/later': { handler: async (request) => ({ status: 201, body: request.query }) },
       '/json': { handler: async (request) => ({ json: { got: await request.json() } }) },
       '/if': [
         { if: { '$arg_a = b': { handler: () => 'in if' } } },
         { if: { '$arg_a = c': { addHeader: { 'X-If': 'c' } } } },
         { handler: () => 'outside' },
       ],
       '/pieces': { handler: () => ({
         headers: { 'content-type': 'text/plain', 'X-Two': ['a', 'b'] },
         body: (async function* () { yield 'one '; yield Buffer.from('two'); })(),
       }) },`,
      { main: 'workerProcesses: 2,' },
    );
    t.after(() => weir.stop());
    const text = await ask(weir, '/text/h%C3%A9');
    assert.deepEqual([text.status, text.body], [200, 'hello /text/hé']);
    assert.equal(text.headers.get('content-type'), 'text/plain; charset=utf-8');
    const later = await ask(weir, '/later?a=b');
    assert.deepEqual([later.status, later.body], [201, 'a=b']);
    const json = await ask(weir, '/json', { method: 'POST', body: '{"a":[1]}' });
    assert.deepEqual([json.status, json.body], [200, '{"got":{"a":[1]}}']);
    assert.equal((await ask(weir, '/if?a=b')).body, 'in if');
    const inherited = await ask(weir, '/if?a=c');
    assert.deepEqual([inherited.body, inherited.headers.get('x-if')], ['outside', 'c']);
    assert.equal((await ask(weir, '/if')).body, 'outside');
    const pieces = await ask(weir, '/pieces');
    assert.deepEqual([pieces.status, pieces.body], [200, 'one two']);
    assert.equal(pieces.headers.get('x-two'), 'a, b');
  });

  it('that throws, rejects or answers nonsense costs its own request a 500', async (t) => {
    const weir = await startTyped(
      `'/throw': { handler: function greet() { throw new Error('on purpose'); } },
       '/reject': { handler: async () => { throw new Error('later'); } },
       '/nothing': { handler: () => undefined as never },
       '/fine': { handler: () => 'fine' },`,
    );
    t.after(() => weir.stop());
    const [first, second, third] = await Promise.all(
      ['/throw', '/reject', '/nothing'].map((path) => ask(weir, path)),
    );
    for (const answer of [first, second, third]) {
      assert.equal(answer?.status, 500);
      assert.match(answer?.body ?? '', /function_failed/);
    }
    assert.equal((await ask(weir, '/fine')).body, 'fine');
    const line = await weir.waitForLine(/function greet failed: Error: on purpose/);
    assert.match(line, /weir\.config\.ts:4:\d+.*request: "GET \/throw".*weir\.config\.ts:4$/);
    await weir.waitForLine(/function .*"\/reject".*failed: Error: later/);
    await weir.waitForLine(/function .*"\/nothing".*answered nothing/);
  });

  it('is the new one after a reload, and the old one when the reload fails', async (t) => {
    const conf =
      (answer: string, more = '') =>
      (port: number) =>
        typedConf(typedServer(port, `'/': { handler: () => ${answer} }`)) + more;
    const weir = await startTyped(`'/': { handler: () => 'first' }`);
    t.after(() => weir.stop());
    assert.equal((await ask(weir, '/')).body, 'first');
    weir.writeConf(conf(`'second'`));
    weir.signal('SIGHUP');
    while ((await ask(weir, '/')).body !== 'second') assert.equal(weir.exit, undefined);
    weir.writeConf(conf(`'third'`, 'nowhere();\n'));
    weir.signal('SIGHUP');
    await weir.waitForLine(/reload rejected, the running configuration is unchanged/);
    assert.match(weir.output, /ReferenceError: nowhere is not defined.* in .*weir\.config\.ts:5/);
    assert.equal((await ask(weir, '/')).body, 'second');
  });
});
