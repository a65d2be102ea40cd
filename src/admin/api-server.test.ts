import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import type { ApiRequest } from './api-answer.ts';
import { jsonAnswer } from './api-answer.ts';
import { createApiServer, MAX_BODY_BYTES } from './api-server.ts';

interface Reply {
  readonly status: number;
  readonly body: string;
  readonly type: string;
}

async function start(t: TestContext, isTcp = true) {
  const asked: ApiRequest[] = [];
  const server = createApiServer({ isTcp, mayWrite: false }, async (one) => {
    asked.push(one);
    return jsonAnswer({ done: true });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const send = (headers: Record<string, string> = {}, method = 'GET', body = '') =>
    new Promise<Reply>((resolve, reject) => {
      const sent = request(
        { port, host: '127.0.0.1', path: '/api/', method, headers, agent: false },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (piece: string) => {
            text += piece;
          });
          const { statusCode: status = 0, headers } = answer;
          answer.on('end', () =>
            resolve({ status, body: text, type: String(headers['content-type']) }),
          );
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  return { asked, port, send };
}

describe('the server of the API', () => {
  it('hands requests over and answers in JSON', async (t) => {
    const { asked, send } = await start(t);
    const reply = await send({}, 'PATCH', '{"weight":1}');
    assert.deepEqual(reply, { status: 200, body: '{"done":true}', type: 'application/json' });
    assert.deepEqual(asked, [
      { method: 'PATCH', target: '/api/', body: '{"weight":1}', mayWrite: false },
    ]);
  });

  it('refuses over TCP what a web page may have sent', async (t) => {
    const { asked, send } = await start(t);
    for (const headers of [
      { origin: 'http://127.0.0.1' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { host: 'rebound.example' },
      { host: '127.0.0.1.rebound.example:80' },
    ]) {
      const { body, status } = await send(headers);
      assert.equal(status, 403, JSON.stringify(headers));
      assert.equal(JSON.parse(body).error.code, 'Forbidden');
    }
    assert.deepEqual(asked, []);
    for (const host of ['localhost:80', '127.0.0.1', '[::1]:8080']) {
      assert.equal((await send({ host })).status, 200, host);
    }
  });

  it('does not mind names on a unix socket, where no browser gets', async (t) => {
    const { send } = await start(t, false);
    assert.equal((await send({ host: 'unix' })).status, 200);
  });

  it('refuses a body that is too long', async (t) => {
    const { asked, send } = await start(t);
    const { status } = await send({}, 'POST', 'x'.repeat(MAX_BODY_BYTES + 1));
    assert.equal(status, 413);
    assert.equal((await send({}, 'POST', 'x'.repeat(MAX_BODY_BYTES))).status, 200);
    assert.equal(asked.length, 1);
  });

  it('takes one request at a time of a connection, in order', async (t) => {
    const { asked, port } = await start(t);
    const socket = connect(port, '127.0.0.1');
    const one = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    socket.write(one('/a') + one('/b'));
    let text = '';
    for await (const piece of socket.setEncoding('utf8')) {
      text += piece;
      if (text.split('{"done":true}').length === 3) break;
    }
    assert.deepEqual(
      asked.map(({ target }) => target),
      ['/a', '/b'],
    );
  });
});
