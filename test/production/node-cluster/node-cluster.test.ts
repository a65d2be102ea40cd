// A Node cluster behind three servers: all are used, and a dead one costs no request.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Answer, atMost, needs, PRODUCTS, startSite } from '#test/support/production.ts';
import { RawClient } from '#test/support/raw-client.ts';

const APPS = ['app-1', 'app-2', 'app-3'];
const REQUESTS = 120;

interface App {
  readonly child: ChildProcess;
  readonly address: string;
}

interface Told {
  readonly app: string;
  readonly worker: number;
  readonly bytes: number;
  readonly headers: Readonly<Record<string, string>>;
}

/** A cluster of that name, until the test ends. */
async function startApp(t: TestContext, name: string): Promise<App> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'app.ts')], {
    env: { ...process.env, APP_NAME: name },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => killApp(child));
  const [line] = (await once(child.stdout as NodeJS.EventEmitter, 'data')) as [Buffer];
  return { child, address: `127.0.0.1:${Number(line.toString())}` };
}

/** Its workers go with it: their channel to it closes. */
async function killApp(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

function told({ body, status }: Answer): Told {
  assert.equal(status, 200, body);
  return JSON.parse(body) as Told;
}

for (const product of PRODUCTS) {
  test(`three servers share the work (${product})`, needs(product), async (t) => {
    const apps = await Promise.all(APPS.map((name) => startApp(t, name)));
    const site = await startSite(t, product, import.meta.dirname, {
      host: 'app.example.com',
      origins: Object.fromEntries(
        apps.map(({ address }, at) => [`10.0.8.1${at + 1}:3000`, address]),
      ),
    });
    const askMany = async (): Promise<Told[]> => {
      const requests = Array.from({ length: REQUESTS });
      return atMost(20, requests, async () => told(await site.ask('/')));
    };

    const all = await askMany();
    for (const name of APPS) {
      const share = all.filter(({ app }) => app === name).length;
      assert.ok(share >= REQUESTS / 6, `${name} has answered ${share} of ${REQUESTS}`);
    }
    const { headers } = all[0] as Told;
    assert.deepEqual(
      ['host', 'x-real-ip', 'x-forwarded-for', 'x-forwarded-proto'].map((field) => headers[field]),
      ['app.example.com', '127.0.0.1', '127.0.0.1', 'http'],
    );
    const upload = await site.ask('/upload', { method: 'POST', body: 'x'.repeat(1_500_000) });
    assert.equal(told(upload).bytes, 1_500_000);
    const large = await site.ask('/upload', { method: 'POST', body: 'x'.repeat(2_200_000) });
    assert.equal(large.status, 413);
    assert.equal((await site.ask('/healthz')).body, 'ok\n');
    // A server that says it is busy: another one answers.
    for (let at = 0; at < 6; at++) assert.notEqual(told(await site.ask('/busy')).app, 'app-1');
    await talk(t, site.port);

    await killApp((apps[1] as App).child);
    const rest = await askMany();
    assert.deepEqual([...new Set(rest.map(({ app }) => app))].sort(), ['app-1', 'app-3']);

    await Promise.all(apps.map(({ child }) => killApp(child)));
    const none = await site.ask('/');
    assert.deepEqual(
      [none.status, none.body, none.headers['retry-after']],
      [503, '{"error":"unavailable"}', '5'],
    );
    assert.equal((await site.ask('/healthz')).status, 200);
  });
}

/** A WebSocket, or whatever is spoken after 101. */
async function talk(t: TestContext, port: number): Promise<void> {
  const client = await RawClient.connect(port);
  t.after(() => client.close());
  client.send(
    'GET /live HTTP/1.1\r\nHost: app.example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  await client.until('\r\n\r\n');
  assert.match(client.received.toString(), /^HTTP\/1\.1 101 /);
  client.send('hello');
  await client.until('hello');
}
