// The API of the shape of NGINX Plus: asked over the master's socket, answered by the generation.

import assert from 'node:assert/strict';
import { existsSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { get, processEnd, reload, statusOf } from '#test/support/processes.ts';
import { startWeir, type Weir } from '#test/support/weir.ts';

interface Reply {
  readonly status: number;
  // What is in it is what the tests ask about.
  readonly value: ReturnType<typeof JSON.parse>;
}

function ask(socketPath: string, path: string, method = 'GET', body = ''): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath, path, method, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, value: JSON.parse(text) }),
      );
    });
    sent.on('error', reject).end(body);
  });
}

function conf(port: number, origin: number, more = ''): string {
  return `
    error_log stderr notice;
    worker_processes 2;
    ${more}
    events { }
    http {
      access_log off;
      upstream app { server 127.0.0.1:${origin}; server 127.0.0.1:1 down; }
      server {
        listen 127.0.0.1:${port};
        location / { proxy_pass http://app; }
        location = /status { status_json; }
      }
      server { listen 127.0.0.1:${origin}; location / { return 200 "origin"; } }
    }`;
}

async function start(t: TestContext, more?: string): Promise<{ weir: Weir; socket: string }> {
  const weir = await startWeir({
    conf: (port = 0, origin = 0) => conf(port, origin, more),
    portCount: 2,
  });
  t.after(() => weir.stop());
  await weir.waitForLine(/weir serves with/);
  return { weir, socket: join(weir.folder, 'weir.sock') };
}

describe('the API', () => {
  it('is asked on a socket beside the pid file that only its owner may use', async (t) => {
    const { socket, weir } = await start(t);
    assert.equal(statSync(socket).mode & 0o777, 0o600);
    assert.equal((await ask(socket, '/api/')).value.at(-1), 9);
    const { masterPid, generationPid } = await statusOf(weir);
    const { value } = await ask(socket, '/api/9/nginx');
    assert.deepEqual(
      [value.ppid, value.pid, value.address],
      [masterPid, generationPid, '127.0.0.1'],
    );
    assert.equal((await ask(socket, '/api/9/workers')).value.length, 2);
    await weir.stop();
    assert.equal(existsSync(socket), false);
  });

  it('counts what all threads have sent to an endpoint', async (t) => {
    const { socket, weir } = await start(t);
    for (let count = 0; count < 20; count++) assert.equal(await get(weir), 'origin');
    const { app } = (await ask(socket, '/api/9/http/upstreams')).value;
    assert.deepEqual(
      app.peers.map(({ state, requests }: { state: string; requests: number }) => [
        state,
        requests,
      ]),
      [
        ['up', 20],
        ['down', 0],
      ],
    );
    const { total } = (await ask(socket, '/api/9/http/requests')).value;
    assert.equal(total, 40); // each goes through Weir twice
  });

  it('stays over reloads and deaths of generations', async (t) => {
    const { socket, weir } = await start(t);
    const before = (await ask(socket, '/api/9/nginx')).value;
    await reload(weir);
    const after = (await ask(socket, '/api/9/nginx')).value;
    assert.equal(after.generation, before.generation + 1);
    process.kill(after.pid, 'SIGKILL');
    await processEnd(after.pid);
    await weir.waitForLine(/generation 3 serves/);
    assert.equal((await ask(socket, '/api/9/nginx')).value.generation, 3);
  });

  it('moves with a reload, and can be switched off', async (t) => {
    const { socket, weir } = await start(t);
    weir.writeConf((port = 0, origin = 0) =>
      conf(port, origin, 'api_listen unix:other.sock write=off;'),
    );
    await reload(weir);
    const other = join(weir.folder, 'other.sock');
    assert.equal((await ask(other, '/api/9/connections')).status, 200);
    assert.equal(existsSync(socket), false);
    const { value } = await ask(other, '/api/9/http/upstreams/app/servers', 'POST', '{}');
    assert.equal(value.error.code, 'MethodDisabled');
    weir.writeConf((port = 0, origin = 0) => conf(port, origin, 'api_listen off;'));
    await reload(weir);
    assert.equal(existsSync(other), false);
  });

  it('warns when it cannot be there, and serves all the same', async (t) => {
    const { weir } = await start(t, 'api_listen unix:/nonexistent/weir.sock;');
    await weir.waitForLine(/\[warn\].*the API cannot be asked on unix:\/nonexistent\/weir\.sock/);
    assert.equal(await get(weir), 'origin');
  });

  it('tells that an upstream without "zone" cannot be changed', async (t) => {
    const { socket } = await start(t);
    const { status, value } = await ask(socket, '/api/9/http/upstreams/app/servers', 'POST', '{}');
    assert.deepEqual([status, value.error.code], [400, 'UpstreamStatic']);
  });
});
