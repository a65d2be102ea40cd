// An upstream that is steered while it serves, with two threads: by the API and `weir ctl`.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { type Origin, startOrigin } from '#native-bench/origin/origin.ts';
import { get, processEnd, reload } from '#test/support/processes.ts';
import { startWeir, WEIR, type Weir } from '#test/support/weir.ts';

const run = promisify(execFile);

interface Peer {
  readonly id: number;
  readonly server: string;
  readonly state: string;
  readonly weight: number;
  readonly active: number;
  readonly requests: number;
}

interface Rig {
  readonly weir: Weir;
  readonly origins: readonly Origin[];
  ctl(...words: string[]): Promise<string>;
  peers(): Promise<readonly Peer[]>;
  /** How many of so many requests each origin gets. */
  shares(count: number): Promise<readonly number[]>;
}

/** Origins that name themselves; `upstream` is told their servers. */
async function start(
  t: TestContext,
  count: number,
  upstream: (servers: readonly string[]) => string,
): Promise<Rig> {
  const origins = await Promise.all(Array.from({ length: count }, () => startOrigin()));
  t.after(async () => {
    for (const origin of origins) await origin.close();
  });
  const servers = origins.map(({ port }) => `127.0.0.1:${port}`);
  const weir = await startWeir({
    conf: (port) => `
      error_log stderr notice;
      worker_processes 2;
      events { }
      http {
        access_log off;
        upstream app { ${upstream(servers)} }
        server { listen 127.0.0.1:${port}; location / { proxy_pass http://app; } }
      }`,
  });
  t.after(() => weir.stop());
  await weir.waitForLine(/weir serves with/);
  const ctl = async (...words: string[]) => {
    return (await run(WEIR, ['ctl', ...words, '-p', weir.folder, '-c', weir.file])).stdout;
  };
  const shares = async (requests: number) => {
    const before = origins.map((origin) => origin.saw().requests);
    for (let sent = 0; sent < requests; sent++) await get(weir);
    return origins.map((origin, at) => origin.saw().requests - (before[at] ?? 0));
  };
  const peers = async () => JSON.parse(await ctl('servers', 'app', '--json')) as Peer[];
  return { weir, origins, ctl, peers, shares };
}

/** Its servers but the last, in a zone. */
const allButLast = (servers: readonly string[]) =>
  `zone app 64k; ${servers
    .slice(0, -1)
    .map((server) => `server ${server};`)
    .join(' ')}`;

const nameOf = (origin: Origin | undefined) => `127.0.0.1:${origin?.port}`;

describe('an upstream with a zone', () => {
  it('gets a server more, with its weight, in all threads, and loses it again', async (t) => {
    const { ctl, origins, peers, shares } = await start(t, 3, allButLast);
    assert.deepEqual(await shares(20), [10, 10, 0]);
    const name = nameOf(origins[2]);
    assert.match(await ctl('add', 'app', name, '--weight', '3'), /is in app as 2/);
    assert.deepEqual(await shares(50), [10, 10, 30]);
    await ctl('set', 'app', name, '--weight', '2');
    assert.deepEqual(await shares(40), [10, 10, 20]);
    await ctl('remove', 'app', '2');
    assert.deepEqual(await shares(20), [10, 10, 0]);
    assert.deepEqual(
      (await peers()).map(({ id }) => id),
      [0, 1],
    );
  });

  it('gives a server that is down nothing, and its share again when it is up', async (t) => {
    const { ctl, origins, peers, shares } = await start(t, 3, allButLast);
    const name = nameOf(origins[0]);
    await ctl('down', 'app', name);
    assert.deepEqual(await shares(10), [0, 10, 0]);
    assert.equal((await peers())[0]?.state, 'down');
    await ctl('up', 'app', name);
    assert.deepEqual(await shares(10), [5, 5, 0]);
  });

  it('drains: what is in flight ends, and ctl waits for it', async (t) => {
    const { ctl, origins, peers, weir } = await start(t, 2, allButLast);
    const [origin] = origins;
    origin?.change({ headDelayMs: 600 });
    const slow = get(weir);
    await origin?.waitForRequests(1);
    const waiting = ctl('drain', 'app', nameOf(origin), '--wait');
    await slow;
    assert.match(await waiting, /has nothing in flight/);
    assert.deepEqual(
      (await peers()).map(({ active, state }) => [active, state]),
      [[0, 'draining']],
    );
  });

  it('says so when draining takes too long', async (t) => {
    const { ctl, origins, weir } = await start(t, 2, allButLast);
    const [origin] = origins;
    origin?.change({ headDelayMs: 3_000 });
    const slow = get(weir);
    await origin?.waitForRequests(1);
    await assert.rejects(ctl('drain', 'app', nameOf(origin), '--wait', '--timeout', '200ms'), {
      code: 1,
      stderr: /drains, but after 200ms 1 are in flight/,
    });
    await slow;
  });

  it('still sends the sessions of a server that drains there', async (t) => {
    const { ctl, origins, shares, weir } = await start(t, 3, (servers) => {
      return `${allButLast(servers)} sticky cookie route;`;
    });
    const cookie = await cookieOf(weir, origins[0]);
    await ctl('drain', 'app', nameOf(origins[0]));
    assert.deepEqual(await shares(6), [0, 6, 0]);
    const before = origins[0]?.saw().requests ?? 0;
    for (let sent = 0; sent < 4; sent++) await getWith(weir, cookie);
    assert.equal(origins[0]?.saw().requests, before + 4);
  });

  it('has what was changed, also after its generation has died', async (t) => {
    const { ctl, origins, peers, shares, weir } = await start(t, 3, allButLast);
    await ctl('add', 'app', nameOf(origins[2]), '--weight', '2');
    await ctl('remove', 'app', nameOf(origins[0]));
    const { pid } = JSON.parse(await ctl('status', '--json')).nginx;
    process.kill(pid, 'SIGKILL');
    await processEnd(pid);
    await weir.waitForLine(/generation 2 serves/);
    assert.deepEqual(await shares(30), [0, 10, 20]);
    assert.equal((await peers()).length, 2);
    // Another configuration begins with what it says itself, as in NGINX Plus without "state".
    await reload(weir);
    assert.deepEqual(await shares(20), [10, 10, 0]);
  });
});

describe('an upstream with "state"', () => {
  it('begins empty, and keeps its servers over reloads and restarts', async (t) => {
    const { ctl, origins, peers, shares, weir } = await start(
      t,
      2,
      () => 'zone app 64k; state app.state;',
    );
    const file = join(weir.folder, 'app.state');
    assert.equal(existsSync(file), false);
    assert.match(await get(weir), /502|503/);
    await ctl('add', 'app', nameOf(origins[0]));
    await ctl('add', 'app', nameOf(origins[1]), '--weight', '3', '--slow-start', '1ms');
    const text = `server ${nameOf(origins[0])};\nserver ${nameOf(origins[1])} weight=3 slow_start=1ms;\n`;
    assert.equal(readFileSync(file, 'utf8'), text);
    assert.deepEqual(await shares(20), [5, 15]);
    await reload(weir);
    assert.deepEqual(await shares(20), [5, 15]);
    await ctl('drain', 'app', nameOf(origins[0]));
    assert.match(readFileSync(file, 'utf8'), new RegExp(`^server ${nameOf(origins[0])} drain;`));
    await reload(weir);
    assert.deepEqual(
      (await peers()).map(({ state }) => state),
      ['draining', 'up'],
    );
    await ctl('remove', 'app', nameOf(origins[0]));
    await ctl('remove', 'app', nameOf(origins[1]));
    assert.equal(readFileSync(file, 'utf8'), '');
    await reload(weir);
    assert.deepEqual(await peers(), []);
  });
});

/** The cookie of a session that is bound to this origin. */
async function cookieOf(weir: Weir, origin: Origin | undefined): Promise<string> {
  for (;;) {
    const before = origin?.saw().requests;
    const cookie = await getWith(weir, '');
    if (origin?.saw().requests !== before) return cookie;
  }
}

/** Sends the cookie, and resolves with the one that came. */
function getWith(weir: Weir, cookie: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = cookie === '' ? {} : { cookie };
    const target = { host: '127.0.0.1', port: weir.port, agent: false, headers };
    const sent = request(target, (response) => {
      response.resume();
      const [set = ''] = response.headers['set-cookie'] ?? [];
      response.on('end', () => resolve(set.split(';')[0] ?? ''));
    });
    sent.on('error', reject).end();
  });
}
