// `weir ctl`, as a user calls it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { get } from '#test/support/processes.ts';
import { startWeir, WEIR, type Weir } from '#test/support/weir.ts';

/** One that is down, so that events come; its upstream has no "zone". */
function conf(port: number, origin: number, more = ''): string {
  return `
    error_log stderr notice;
    worker_processes 2;
    ${more}
    events { }
    http {
      access_log off;
      upstream app { server 127.0.0.1:${origin}; server 127.0.0.1:1; }
      server { listen 127.0.0.1:${port}; location / { proxy_pass http://app; } }
      server { listen 127.0.0.1:${origin}; location / { return 200 "origin"; } }
    }`;
}

async function start(t: TestContext, more?: string): Promise<Weir> {
  const weir = await startWeir({
    conf: (port = 0, origin = 0) => conf(port, origin, more),
    portCount: 2,
  });
  t.after(() => weir.stop());
  await weir.waitForLine(/weir serves with/);
  return weir;
}

async function ctl(weir: Weir, ...words: string[]) {
  const child = spawn(WEIR, ['ctl', ...words, '-p', weir.folder, '-c', weir.file]);
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

describe('weir ctl', () => {
  it('shows status, upstreams and servers, for people and for programs', async (t) => {
    const weir = await start(t);
    for (let count = 0; count < 4; count++) assert.equal(await get(weir), 'origin');
    const status = await ctl(weir, 'status');
    assert.match(status.stdout, /http\/requests total +8/);
    const { stdout } = await ctl(weir, 'upstreams');
    assert.match(stdout, /^UPSTREAM +UP +ACTIVE/);
    const servers = await ctl(weir, 'servers', 'app');
    assert.match(servers.stdout, new RegExp(`127\\.0\\.0\\.1:${weir.ports[1]} +up +1`));
    const peers = JSON.parse((await ctl(weir, 'servers', 'app', '--json')).stdout);
    assert.equal(peers[0].requests, 4);
  });

  it('says what is wrong, and what there is', async (t) => {
    const weir = await start(t);
    const cases: [string[], RegExp][] = [
      [[], /ctl what\?/],
      [['nothing'], /unknown command "nothing"/],
      [['servers'], /"servers" takes 1 words, not 0/],
      [['servers', 'none'], /upstream "none" not found \(404 UpstreamNotFound\)/],
      [['drain', 'app', 'x:1'], /upstream "app" has no server "x:1"; it has: 127\.0\.0\.1/],
      [['down', 'app', '0'], /upstream "app" is static: give it a "zone"/],
      [['set', 'app', '0'], /set what\?/],
      [['set', 'app', '0', '--weight', 'x'], /--weight takes a number, not "x"/],
      [['status', '--socket', '/nonexistent'], /nobody answers on unix:\/nonexistent/],
      [['status', '--color'], /invalid option: "--color"/],
    ];
    for (const [words, expected] of cases) {
      const { code, stderr, stdout } = await ctl(weir, ...words);
      assert.match(stderr, expected, words.join(' '));
      assert.deepEqual([code, stdout], [1, ''], words.join(' '));
    }
    const help = await ctl(weir, '--help');
    assert.deepEqual([help.code, help.stderr], [0, '']);
    assert.match(help.stdout, /drain UPSTREAM SERVER/);
  });
});

describe('events', () => {
  it('go to the log and, as JSON, to a web address', async (t) => {
    const received: Record<string, unknown>[] = [];
    let onEvent = () => {};
    const server = createServer((request, response) => {
      let text = '';
      request.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      request.on('end', () => {
        received.push(JSON.parse(text));
        response.writeHead(204).end();
        onEvent();
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const arrived = (count: number) =>
      new Promise<void>((resolve) => {
        onEvent = () => received.length >= count && resolve();
        onEvent();
      });
    const { port } = server.address() as AddressInfo;
    const weir = await start(t, `event_webhook http://127.0.0.1:${port}/events;`);
    // Nobody listens on port 1: one failure puts it aside.
    for (let count = 0; count < 4; count++) assert.equal(await get(weir), 'origin');
    await arrived(1);
    const [down] = received;
    assert.deepEqual(
      [down?.['type'], down?.['upstream'], down?.['endpoint'], down?.['reason'], down?.['dropped']],
      ['down', 'app', '127.0.0.1:1', 'failures', 0],
    );
    await weir.waitForLine(/\[warn\].*upstream "app": 127\.0\.0\.1:1 is out \(failures\)/);
    weir.writeConf('broken;');
    weir.signal('SIGHUP');
    await arrived(2);
    const { detail, type } = received[1] ?? {};
    assert.equal(type, 'configuration_refused');
    assert.match(String(detail), /unknown directive "broken"/);
  });
});
