// weir.config.ts: functions beside proxy_pass: filters, variables, log fields, map values.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { RawClient } from '#test/support/raw-client.ts';
import { ask, typedConf } from '#test/support/typed.ts';
import { startWeir, type Weir } from '#test/support/weir.ts';

/** An origin that tells what it was asked. */
async function startOrigin(t: TestContext): Promise<number> {
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const { headers, method, url } = request;
      response.setHeader('X-Origin', 'secret');
      response.end(JSON.stringify({ method, url, headers, body }));
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as { port: number }).port;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request.setEncoding('latin1')) body += chunk as string;
  return body;
}

async function start(t: TestContext, http: (origin: number) => string): Promise<Weir> {
  const origin = await startOrigin(t);
  const conf = (port: number) =>
    typedConf(
      http(origin)
        .replace('PORT', `127.0.0.1:${port}`)
        .replaceAll('ORIGIN', `http://127.0.0.1:${origin}`),
    );
  const weir = await startWeir({ conf, name: 'weir.config.ts' });
  t.after(() => weir.stop());
  return weir;
}

const told = (body: string) =>
  JSON.parse(body) as { url: string; headers: Record<string, string>; body: string };

describe('a request filter', () => {
  it('changes what the endpoint gets, answers in its place, and may wait', async (t) => {
    const weir = await start(
      t,
      () => `server: [{ listen: 'PORT', location: {
        '/': {
          requestFilter: [
            (request) => { request.headers.set('X-Seen', request.path); request.headers.delete('X-Secret'); },
            async (request) => {
              await new Promise((done) => setImmediate(done));
              if (request.headers.get('x-stop') !== undefined) return { status: 403, body: 'stopped' };
              request.headers.append('X-Late', 'yes');
              return undefined;
            },
          ],
          proxyPass: 'ORIGIN',
        },
        '/body': {
          requestFilter: async (request) => {
            request.headers.set('X-Length', String((await request.text()).length));
          },
          proxyPass: 'ORIGIN',
        },
        '/unread': { requestFilter: async () => undefined, proxyPass: 'ORIGIN' },
        '/broken': { requestFilter: () => { throw new Error('closed'); }, proxyPass: 'ORIGIN' },
        '/framing': { requestFilter: (request) => request.headers.set('Content-Length', '1'), proxyPass: 'ORIGIN' },
      } }]`,
    );
    const passed = await ask(weir, '/a', { headers: { 'X-Secret': 's', 'X-Seen': 'mine' } });
    const { headers } = told(passed.body);
    assert.deepEqual(
      [headers['x-seen'], headers['x-secret'], headers['x-late']],
      ['/a', undefined, 'yes'],
    );
    const stopped = await ask(weir, '/a', { headers: { 'X-Stop': '1' } });
    assert.deepEqual([stopped.status, stopped.body], [403, 'stopped']);
    for (const length of [5, 100_000]) {
      const body = 'x'.repeat(length);
      const read = told((await ask(weir, '/body', { method: 'POST', body })).body);
      assert.deepEqual([read.headers['x-length'], read.body.length], [`${length}`, length]);
      const unread = told((await ask(weir, '/unread', { method: 'POST', body })).body);
      assert.equal(unread.body, body);
    }
    assert.equal((await ask(weir, '/broken')).status, 500);
    assert.equal((await ask(weir, '/framing')).status, 500);
    await weir.waitForLine(/"Content-Length" is written by Weir itself/);
  });

  it('hands on a body that turns out to be empty while it waits', async (t) => {
    const waits = 'await new Promise((done) => setTimeout(done, 5));';
    const weir = await start(
      t,
      () => `server: [{ listen: 'PORT', location: {
        '/unread': { requestFilter: async () => { ${waits} }, proxyPass: 'ORIGIN' },
        '/read': { requestFilter: async (request) => { ${waits} await request.text(); }, proxyPass: 'ORIGIN' },
        '/unread/streamed': {
          requestFilter: async () => { ${waits} }, proxyPass: 'ORIGIN', proxyRequestBuffering: false,
        },
        '/read/streamed': {
          requestFilter: async (request) => { ${waits} await request.text(); },
          proxyPass: 'ORIGIN', proxyRequestBuffering: false,
        },
      } }]`,
    );
    for (const path of ['/unread', '/read', '/unread/streamed', '/read/streamed']) {
      for (const isOnePacket of [true, false]) {
        const client = await RawClient.connect(weir.port);
        t.after(() => client.close());
        const head = `POST ${path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n`;
        if (isOnePacket) client.send(`${head}0\r\n\r\n`);
        else {
          await client.sent(head);
          client.send('0\r\n\r\n');
        }
        const { status, body } = await client.response();
        assert.deepEqual([status, told(body.toString()).body], [200, ''], path);
      }
    }
  });
});

describe('a response filter', () => {
  it('changes the head of whatever is answered; one that fails lets nothing through', async (t) => {
    const weir = await start(
      t,
      () => `server: [{ listen: 'PORT',
        responseFilter: (response, request) => {
          response.headers.delete('X-Origin');
          response.headers.set('X-Edge', request.path + ' ' + response.status);
        },
        location: {
          '/': { proxyPass: 'ORIGIN', addHeader: { 'X-Added': 'too' } },
          '= /own': { return: '403' },
          '= /fails': {
            responseFilter: () => { throw new Error('closed'); },
            proxyPass: 'ORIGIN',
          },
          '= /waits': { responseFilter: (async () => {}) as never, handler: () => 'text' },
        } }]`,
    );
    const passed = await ask(weir, '/a');
    assert.deepEqual(
      ['x-origin', 'x-edge', 'x-added'].map((name) => passed.headers.get(name)),
      [null, '/a 200', 'too'],
    );
    assert.equal(told(passed.body).url, '/a');
    assert.equal((await ask(weir, '/own')).headers.get('x-edge'), '/own 403');
    for (const path of ['/fails', '/waits']) {
      const failed = await ask(weir, path);
      assert.deepEqual([failed.status, failed.body], [500, '']);
      assert.equal(failed.headers.get('x-origin'), null);
    }
    assert.equal((await ask(weir, '/a')).status, 200);
  });
});

describe('a variable function', () => {
  it('gives fields of requests, values of maps and parts of log lines', async (t) => {
    const weir = await start(
      t,
      () => `
        variable: { $tenant: (request) => request.headers.get('x-tenant') },
        map: { $pool: { from: '$tenant', default: 'none', values: { a: (request) => 'of ' + request.path, b: 'second' } } },
        logFormat: { own: ['$request_method ', (request) => request.path.toUpperCase(), ' $status $pool ', () => { throw new Error('no field'); }] },
        accessLog: 'logs/access.log own',
        server: [{ listen: 'PORT', location: { '/': {
          proxyPass: 'ORIGIN',
          proxySetHeader: { 'X-Pool': '$pool', 'X-Own': (request) => request.method + request.variable('tenant') },
        } } }]`,
    );
    const first = told((await ask(weir, '/one', { headers: { 'X-Tenant': 'a' } })).body).headers;
    assert.deepEqual([first['x-pool'], first['x-own']], ['of /one', 'GETa']);
    const second = told((await ask(weir, '/two', { headers: { 'X-Tenant': 'b' } })).body).headers;
    assert.deepEqual([second['x-pool'], second['x-own']], ['second', 'GETb']);
    const third = told((await ask(weir, '/three')).body).headers;
    assert.equal(third['x-pool'], 'none');
    await weir.waitForLine(/logFormat\.own\[3\] failed: Error: no field/);
    weir.signal('SIGQUIT');
    await weir.waitForExit();
    assert.deepEqual(readFileSync(join(weir.folder, 'logs/access.log'), 'utf8').split('\n'), [
      'GET /ONE 200 of /one -',
      'GET /TWO 200 second -',
      'GET /THREE 200 none -',
      '',
    ]);
  });
});
