// `api` in a location: the same API, asked over the server of a configuration.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { get, reload, statusWhen } from '#test/support/processes.ts';
import { startWeir, type Weir } from '#test/support/weir.ts';

const SERVERS = '/http/upstreams/app/servers';

async function start(t: TestContext, upstream = ''): Promise<{ weir: Weir; origin: string }> {
  const server = createServer((_, response) => response.end('new one'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const weir = await startWeir({
    conf: (port) => `
      error_log stderr notice;
      worker_processes 2;
      events { }
      http {
        access_log off;
        upstream app { zone app 64k; ${upstream === '' ? 'server 127.0.0.1:1 down;' : upstream} }
        server {
          listen 127.0.0.1:${port};
          location / { proxy_pass http://app; }
          location = /status { status_json; }
          location /api { api; }
          location /steer/ { api write=on; }
        }
      }`,
  });
  t.after(() => weir.stop());
  await weir.waitForLine(/weir serves with/);
  return { weir, origin };
}

const post = (weir: Weir, path: string, value: object, headers: Record<string, string> = {}) =>
  fetch(weir.url(path), { method: 'POST', body: JSON.stringify(value), headers });

describe('api in a location', () => {
  it('only reads unless told', async (t) => {
    const { origin, weir } = await start(t);
    const read = await fetch(weir.url(`/api/9${SERVERS}?fields=server`));
    assert.equal(read.headers.get('content-type'), 'application/json');
    assert.equal(((await read.json()) as { server: string }[])[0]?.server, '127.0.0.1:1');
    assert.equal((await post(weir, `/api/9${SERVERS}`, { server: origin })).status, 405);
    const head = await fetch(weir.url('/api/9/nginx'), { method: 'HEAD' });
    assert.deepEqual([head.status, await head.text()], [200, '']);
    assert.equal((await fetch(weir.url('/api/9/nothing'))).status, 404);
    assert.deepEqual(await (await fetch(weir.url('/api'))).json(), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('adds, changes and takes out servers, and keeps them in the file of "state"', async (t) => {
    const { origin, weir } = await start(t, 'state app.state;');
    const added = await post(weir, `/steer/9${SERVERS}`, { server: origin, weight: 3 });
    assert.equal(added.status, 201);
    const location = added.headers.get('location') ?? '';
    assert.match(location, /^\/steer\/9\/http\/upstreams\/app\/servers\/\d+\/$/);
    assert.equal(await get(weir), 'new one');
    const state = join(weir.folder, 'app.state');
    assert.equal(readFileSync(state, 'utf8'), `server ${origin} weight=3;\n`);
    await reload(weir);
    assert.equal(await get(weir), 'new one');
    const changed = await fetch(weir.url(location), { method: 'PATCH', body: '{"weight":5}' });
    assert.deepEqual(
      [changed.status, ((await changed.json()) as { weight: number }).weight],
      [200, 5],
    );
    assert.equal(readFileSync(state, 'utf8'), `server ${origin} weight=5;\n`);
    const gone = await fetch(weir.url(location), { method: 'DELETE' });
    assert.deepEqual([gone.status, await gone.json()], [200, []]);
    assert.equal(readFileSync(state, 'utf8'), '');
  });

  it('changes nothing for the page of another site, and takes no long body', async (t) => {
    const { origin, weir } = await start(t);
    const path = `/steer/9${SERVERS}`;
    for (const headers of [
      { origin: 'http://elsewhere.example' },
      { 'sec-fetch-site': 'cross-site' },
    ]) {
      assert.equal((await post(weir, path, { server: origin }, headers)).status, 403);
    }
    const long = await post(weir, path, { server: origin, route: 'x'.repeat(70_000) });
    assert.equal(long.status, 413);
    assert.deepEqual(((await (await fetch(weir.url(path))).json()) as unknown[]).length, 1);
    const own = new URL(weir.url('/')).origin;
    assert.equal((await post(weir, path, { server: origin }, { origin: own })).status, 201);
  });

  it('still shows an edge that has lost its master, and changes nothing there', async (t) => {
    const { origin, weir } = await start(t);
    weir.signal('SIGKILL');
    await weir.waitForExit();
    await statusWhen(weir, (status) => !status.isMasterAlive);
    const { generation } = (await (await fetch(weir.url('/api/9/nginx'))).json()) as {
      generation: number;
    };
    assert.equal(generation, 1);
    const refused = await post(weir, `/steer/9${SERVERS}`, { server: origin });
    assert.equal(refused.status, 503);
  });
});
