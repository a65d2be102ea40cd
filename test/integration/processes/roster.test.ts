// Who is in an upstream changes while two threads serve: steered over the API, seen by both.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { Agent, createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { reload, statusOf } from '#test/support/processes.ts';
import { startWeir, type Weir } from '#test/support/weir.ts';

const CLIENTS = 8;
/** Places that `zone app 32k` makes. */
const PLACES = 16;

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly cookie: string;
}

/** An origin that says who it is. */
class Origin {
  readonly server: Server;
  readonly name: string;
  count = 0;

  constructor(name: string) {
    this.name = name;
    this.server = createServer((_, response) => {
      this.count += 1;
      response.end(this.name);
    });
  }

  static async start(t: TestContext, name: string): Promise<Origin> {
    const origin = new Origin(name);
    origin.server.listen(0, '127.0.0.1');
    await once(origin.server, 'listening');
    t.after(() => {
      origin.server.close();
      origin.server.closeAllConnections();
    });
    return origin;
  }

  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }
}

function send(options: object, body = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      response.on('error', reject).on('end', () => {
        const [cookie = ''] = response.headers['set-cookie'] ?? [];
        resolve({ status: response.statusCode ?? 0, text, cookie });
      });
    });
    sent.on('error', reject).end(body);
  });
}

/** Asks over a connection of its own, which any of the threads may get. */
function ask(weir: Weir, headers: Record<string, string> = {}): Promise<Answer> {
  return send({ host: '127.0.0.1', port: weir.port, path: '/', agent: false, headers });
}

interface Peer {
  readonly id: number;
  readonly server: string;
  readonly active: number;
  readonly requests: number;
}

/** The API of that Weir for the upstream `app`. */
class Api {
  readonly #socketPath: string;

  constructor(weir: Weir) {
    this.#socketPath = join(weir.folder, 'weir.sock');
  }

  async do(method: string, path: string, value?: object): Promise<Answer> {
    const body = value === undefined ? '' : JSON.stringify(value);
    const to = { socketPath: this.#socketPath, path: `/api/9/http/upstreams/app${path}` };
    const answer = await send({ ...to, method, agent: false }, body);
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
    return answer;
  }

  async peers(): Promise<Peer[]> {
    return JSON.parse((await this.do('GET', '')).text).peers;
  }

  async peer({ address }: Origin): Promise<Peer> {
    const peer = (await this.peers()).find(({ server }) => server === address);
    assert.ok(peer !== undefined, `${address} is not there`);
    return peer;
  }

  async add({ address }: Origin, more: object = {}): Promise<void> {
    await this.do('POST', '/servers/', { server: address, ...more });
  }

  async change(origin: Origin, changes: object): Promise<void> {
    await this.do('PATCH', `/servers/${(await this.peer(origin)).id}`, changes);
  }

  async remove(origin: Origin): Promise<void> {
    await this.do('DELETE', `/servers/${(await this.peer(origin)).id}`);
  }
}

/** Clients that ask again and again, each over one connection. */
class Traffic {
  readonly failures: string[] = [];
  count = 0;
  #isOver = false;
  readonly #clients: Promise<void>[];

  constructor(weir: Weir) {
    this.#clients = Array.from({ length: CLIENTS }, () => this.#run(weir));
  }

  async #run({ port }: Weir): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (!this.#isOver) {
      const answer = await send({ host: '127.0.0.1', port, path: '/', agent }).catch(
        (error: Error) => ({ status: 0, text: error.message }),
      );
      this.count += 1;
      if (answer.status !== 200) this.failures.push(`${answer.status} ${answer.text}`);
    }
    agent.destroy();
  }

  /** Until so many more have been answered. */
  async pass(count: number): Promise<void> {
    const goal = this.count + count;
    while (this.count < goal) await new Promise((resolve) => setImmediate(resolve));
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients);
    assert.deepEqual(this.failures, []);
  }
}

async function start(
  t: TestContext,
  servers: readonly Origin[],
  more = '',
  hooks?: string,
): Promise<{ weir: Weir; api: Api }> {
  const lines = servers.map(({ address }) => `server ${address};`).join(' ');
  const conf = (port: number) => `
    error_log stderr notice;
    worker_processes 2;
    events {}
    http {
      access_log off;
      upstream app { zone app 32k; ${lines} ${more} }
      server {
        listen 127.0.0.1:${port};
        location / { proxy_pass http://app; }
        location = /status { status_json; }
      }
    }`;
  const weir = await startWeir({ conf, ...(hooks && { env: { WEIR_TEST_HOOKS: hooks } }) });
  t.after(() => weir.stop());
  await weir.waitForLine(/weir serves with/);
  return { weir, api: new Api(weir) };
}

describe('an upstream that changes under traffic', () => {
  it('gives one that is added its share, and one that is taken out nothing; nobody fails', async (t) => {
    const [a, b, c] = [
      await Origin.start(t, 'a'),
      await Origin.start(t, 'b'),
      await Origin.start(t, 'c'),
    ];
    const { api, weir } = await start(t, [a, b]);
    const traffic = new Traffic(weir);
    await traffic.pass(100);
    await api.add(c);
    while (c.count === 0) await traffic.pass(1);
    const before = [a.count, b.count, c.count];
    await traffic.pass(600);
    const shares = [a, b, c].map(({ count }, at) => count - (before[at] ?? 0));
    for (const share of shares) assert.ok(Math.abs(share - 200) <= 2 * CLIENTS, `${shares}`);
    await api.remove(a);
    await traffic.pass(2 * CLIENTS); // what was on its way
    const last = a.count;
    await traffic.pass(200);
    assert.equal(a.count, last);
    await traffic.end();
    const peers = await api.peers();
    assert.deepEqual(
      peers.map(({ active, server }) => [server, active]),
      [
        [b.address, 0],
        [c.address, 0],
      ],
    );
  });

  it('uses places again, and begins to count anew there', async (t) => {
    const [a, b] = [await Origin.start(t, 'a'), await Origin.start(t, 'b')];
    const { api, weir } = await start(t, [a]);
    const traffic = new Traffic(weir);
    for (let round = 0; round < 2 * PLACES; round++) {
      const before = b.count;
      await api.add(b);
      assert.ok((await api.peer(b)).requests <= b.count - before + CLIENTS);
      while (b.count < before + CLIENTS) await traffic.pass(1);
      await api.remove(b);
    }
    await traffic.end();
  });

  it('sends nobody to one that is down or drains from the moment on that it is so', async (t) => {
    const [a, b] = [await Origin.start(t, 'a'), await Origin.start(t, 'b')];
    const { api, weir } = await start(t, [a, b]);
    for (const change of [{ down: true }, { drain: true }]) {
      await api.change(a, change);
      const answers = await Promise.all(Array.from({ length: 20 }, () => ask(weir)));
      assert.deepEqual(new Set(answers.map(({ text }) => text)), new Set(['b']));
      await api.change(a, { down: false });
      const again = await Promise.all(Array.from({ length: 20 }, () => ask(weir)));
      assert.deepEqual(new Set(again.map(({ text }) => text)), new Set(['a', 'b']));
    }
  });

  it('keeps those that are bound to one that drains, and nobody else', async (t) => {
    const [a, b] = [await Origin.start(t, 'a'), await Origin.start(t, 'b')];
    const { api, weir } = await start(t, [a, b], 'sticky cookie s;');
    let first = await ask(weir);
    while (first.text !== 'a') first = await ask(weir);
    const [cookie = ''] = first.cookie.split(';');
    await api.change(a, { drain: true });
    for (let count = 0; count < 20; count++) {
      assert.equal((await ask(weir, { cookie })).text, 'a');
      assert.equal((await ask(weir)).text, 'b');
    }
  });

  it('is known to threads that start anew', async (t) => {
    const [a, b] = [await Origin.start(t, 'a'), await Origin.start(t, 'b')];
    const folder = await mkdtemp(join(tmpdir(), 'weir-roster-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    await chmod(folder, 0o755);
    const hooks = join(folder, 'crash');
    const { api, weir } = await start(t, [a], '', hooks);
    await api.add(b);
    await api.remove(a);
    const { generationPid } = await statusOf(weir);
    for (const thread of [0, 1]) {
      writeFileSync(hooks, `exit ${thread}`);
      const from = weir.output.length;
      process.kill(generationPid, 'SIGUSR2');
      await weir.waitForLine(new RegExp(`thread ${thread + 1} serves`), from);
    }
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(weir)));
    assert.deepEqual(new Set(answers.map(({ text }) => text)), new Set(['b']));
    await api.add(a); // its first place is free for the threads that never had it
    while ((await ask(weir)).text !== 'a');
  });

  it('is as the configuration says after a reload', async (t) => {
    const [a, b] = [await Origin.start(t, 'a'), await Origin.start(t, 'b')];
    const { api, weir } = await start(t, [a]);
    await api.add(b);
    await api.remove(a);
    assert.equal((await ask(weir)).text, 'b');
    await reload(weir);
    assert.equal((await ask(weir)).text, 'a');
    const servers = (await api.peers()).map(({ server }) => server);
    assert.deepEqual(servers, [a.address]);
  });
});
