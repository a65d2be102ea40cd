// docs/weir-config.md, "Functions in unit tests"; and that the kit keeps the rules of a running Weir.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { run } from '#test/support/weir.ts';
import type { Handler, RequestContext } from './contexts.ts';
import { answerOf, bodyOf, FunctionTimeoutError, responseOf, valueOf } from './kit.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PAGE = readFileSync(resolve(ROOT, 'docs/weir-config.md'), 'utf8');
const EXAMPLE = /```ts\n(import [^`]*?'weir\/kit'[\s\S]*?)```/.exec(PAGE)?.[1] ?? '';

const echo: Handler = async (request) => ({
  status: 201,
  headers: { 'X-From': request.clientAddress, 'X-Two': ['a', 'b'] },
  json: { path: request.path, query: request.query, host: request.host, got: await request.json() },
});

describe('answerOf', () => {
  it('is what docs/weir-config.md shows', async () => {
    const kit = pathToFileURL(resolve(ROOT, 'src/functions/kit.ts')).href;
    const program = EXAMPLE.replace("'weir/kit'", JSON.stringify(kit));
    const args = ['--input-type=module-typescript', '-e', program];
    const env = { NODE_TEST_CONTEXT: undefined }; // not a part of this test
    const { code, stdout, stderr } = await run(process.execPath, args, { env });
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /^# pass 2$|^ℹ pass 2$/m);
  });

  it('gives what a client would get', async () => {
    const answer = await answerOf(echo, {
      url: 'http://Shop.test:81/h%C3%A9/../x?a=1',
      body: '{"n":1}',
      from: '198.51.100.1',
    });
    assert.equal(answer?.status, 201);
    const { headers } = answer;
    assert.deepEqual(
      { ...headers },
      {
        'content-type': 'application/json',
        'x-from': '198.51.100.1',
        'x-two': 'a, b',
      },
    );
    assert.deepEqual(answer.json(), { path: '/x', query: 'a=1', host: 'shop.test', got: { n: 1 } });
    const text = await answerOf(() => 'plain', '/');
    assert.equal(text?.text(), 'plain');
    const pieces = await answerOf(
      () => ({
        body: (async function* () {
          yield 'one ';
          yield Buffer.from('two');
        })(),
      }),
      '/',
    );
    assert.equal(pieces?.text(), 'one two');
  });

  it('refuses what a running Weir refuses', async () => {
    await assert.rejects(
      answerOf(() => ({ status: 99 }), '/'),
      /status 99/,
    );
    const framing = () => ({ headers: { 'Content-Length': 1 } });
    await assert.rejects(answerOf(framing, '/'), /written by Weir itself/);
    await assert.rejects(
      answerOf(() => undefined as never, '/../x'),
      /request_target_malformed/,
    );
    const big = { url: '/', body: 'x'.repeat(11), bodySize: 10 };
    await assert.rejects(
      answerOf((request) => request.text(), big),
      { name: 'BodyTooLargeError' },
    );
    await assert.rejects(
      answerOf((request) => {
        request.headers.set('Host', 'other');
      }, '/'),
      /"Host" cannot be changed/,
    );
    let kept: RequestContext | undefined;
    await answerOf((request) => {
      kept = request;
    }, '/');
    assert.throws(() => kept?.path, { name: 'RequestEndedError' });
  });

  it('shows what a filter has changed, and that it lets the request go on', async () => {
    let sent: string | undefined;
    const answer = await answerOf(
      ({ headers }) => headers.set('X-User', 'u1'),
      { url: '/', headers: { 'X-User': 'forged' } },
      ({ headers }) => {
        sent = headers.get('x-user');
      },
    );
    assert.deepEqual([answer, sent], [undefined, 'u1']);
  });

  it('ends when time is over, by the clock of the test, and when the client leaves', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const aborted: unknown[] = [];
    const waits: Handler = ({ signal }) =>
      new Promise(() => signal.addEventListener('abort', () => aborted.push(signal.reason)));
    const late = answerOf(waits, { url: '/', timeoutMs: 5_000 });
    t.mock.timers.tick(5_000);
    await assert.rejects(late, FunctionTimeoutError);
    const client = new AbortController();
    const gone = answerOf(waits, { url: '/', leaves: client.signal });
    client.abort();
    await assert.rejects(gone, /the client has left/);
    assert.equal(aborted.length, 2);
  });
});

describe('valueOf, responseOf, bodyOf', () => {
  it('give what a log line, a head and a body would be', async () => {
    const variables = { pool: 'blue', none: undefined };
    const pool = await valueOf((request) => request.variable('$pool'), { url: '/', variables });
    assert.equal(pool, 'blue');
    assert.equal(await valueOf((r) => r.variable('none'), { url: '/', variables }), undefined);
    await assert.rejects(
      valueOf((r) => r.variable('other'), '/'),
      /unknown "other" variable/,
    );
    assert.equal(await valueOf(() => 'é', '/'), 'é');
    await assert.rejects(valueOf((async () => 'x') as never, '/'), /an object or a promise/);

    const head = await responseOf(
      ({ headers, status }) => {
        headers.delete('X-Powered-By');
        headers.append('X-Status', String(status));
      },
      { status: 404, headers: { 'X-Powered-By': 'y', ETag: '"1"' } },
    );
    assert.deepEqual(head, { status: 404, headers: { etag: '"1"', 'x-status': '404' } });
    await assert.rejects(responseOf((async () => {}) as never, {}), /cannot wait/);

    const upper = await bodyOf((body) => body.text().toUpperCase(), 'abc');
    assert.equal(Buffer.from(upper).toString(), 'ABC');
    const same = await bodyOf(() => undefined, 'abc');
    assert.equal(Buffer.from(same).toString(), 'abc');
  });
});
