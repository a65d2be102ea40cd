// Active checks of a real Weir: once for all threads, over reloads, seen in the API.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { startNginx } from '#test/support/nginx.ts';
import { requirePeer } from '#test/support/peers.ts';
import { get, reload } from '#test/support/processes.ts';
import { startWeir, type Weir } from '#test/support/weir.ts';

/** An origin with a health page of its own, and counts. */
class Origin {
  readonly port: number;
  checkCount = 0;
  requestCount = 0;
  lastAgent = '';
  health: (response: ServerResponse) => void = (response) => response.end('fine');
  #onCheck: (() => void)[] = [];

  readonly #name: string;
  #server: Server;
  /** Answers of `/held` that wait. */
  readonly held: ServerResponse[] = [];

  constructor(name: string, server: Server) {
    this.#name = name;
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    this.#listen();
  }

  static async start(t: TestContext, name: string): Promise<Origin> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const origin = new Origin(name, server);
    t.after(() => origin.stop());
    return origin;
  }

  /** As a process that ends: it listens no more, and all its connections close. */
  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** On the same port. */
  async startAgain(): Promise<void> {
    this.#server = createServer().listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#listen();
  }

  #listen(): void {
    this.#server.on('request', (asked, response) => {
      if (asked.url === '/health') return this.#check(asked.headers['user-agent'] ?? '', response);
      this.requestCount += 1;
      if (asked.url === '/held') this.held.push(response);
      else response.end(this.#name);
    });
  }

  #check(agent: string, response: ServerResponse): void {
    this.checkCount += 1;
    this.lastAgent = agent;
    this.health(response);
    for (const wake of this.#onCheck.splice(0)) wake();
  }

  /** Resolves after so many more checks. */
  async checked(count: number): Promise<void> {
    const until = this.checkCount + count;
    while (this.checkCount < until) await new Promise<void>((wake) => this.#onCheck.push(wake));
  }
}

const ill = (response: ServerResponse): void => {
  response.statusCode = 503;
  response.end();
};

/** `check`: parameters of `health_check`. */
function conf(port: number, servers: readonly number[], check: string, threads = 2): string {
  return `
    error_log stderr info;
    worker_processes ${threads};
    events { }
    http {
      access_log access.log;
      upstream app {
        ${servers.map((server) => `server 127.0.0.1:${server};`).join(' ')}
      }
      match fine { status 200; body ~ fine; }
      server {
        listen 127.0.0.1:${port};
        location / { proxy_pass http://app; health_check uri=/health ${check}; }
      }
    }`;
}

async function start(t: TestContext, confOf: (port: number) => string): Promise<Weir> {
  const weir = await startWeir({ conf: (port = 0) => confOf(port) });
  t.after(() => weir.stop());
  await weir.waitForLine(/weir serves with/);
  return weir;
}

/** As the API has it, without what is not about checks. */
async function peersOf({ folder }: Weir): Promise<{ state: string; checks: number }[]> {
  const socketPath = join(folder, 'weir.sock');
  const sent = request({ socketPath, path: '/api/9/http/upstreams/app', agent: false }).end();
  const [response] = await once(sent, 'response');
  let text = '';
  for await (const piece of response) text += piece;
  const { peers } = JSON.parse(text);
  return peers.map(
    ({
      health_checks: { checks },
      state,
    }: {
      health_checks: { checks: number };
      state: string;
    }) => {
      return { state, checks };
    },
  );
}

const outOf = ({ port }: Origin, why: string): RegExp =>
  new RegExp(`127\\.0\\.0\\.1:${port} is out \\(check\\): health check ".*": ${why}`);

describe('health checks', () => {
  it('run once for four threads, and are in no access log', async (t) => {
    const [one, two] = [await Origin.start(t, 'one'), await Origin.start(t, 'two')];
    const weir = await start(t, (port) =>
      conf(port, [one.port, two.port], 'interval=100ms match=fine', 4),
    );
    await one.checked(10);
    // Both counts are of checks whose answers may still be on their way.
    const [before] = await peersOf(weir);
    const seen = one.checkCount;
    const [after] = await peersOf(weir);
    assert.equal(before?.state, 'up');
    assert.ok(
      before.checks <= seen && (after?.checks ?? 0) >= seen - 2,
      'every check is counted once',
    );
    assert.match(one.lastAgent, /^weir\/\S+ \(health check\)$/);
    await get(weir, '/page');
    const logOf = () => readFileSync(join(weir.folder, 'access.log'), 'utf8');
    while (!logOf().includes('GET /page')) await one.checked(1);
    const log = logOf();
    assert.doesNotMatch(log, /health/);
  });

  it('keep every thread away from an endpoint that says it is ill, until it is well', async (t) => {
    const [one, two] = [await Origin.start(t, 'one'), await Origin.start(t, 'two')];
    const weir = await start(t, (port) =>
      conf(port, [one.port, two.port], 'interval=100ms fails=2 match=fine'),
    );
    one.health = (response) => response.end('down for maintenance');
    await weir.waitForLine(outOf(one, 'body did not match \\(2 failed in a row\\)'));
    const { requestCount } = one;
    for (let count = 0; count < 20; count++) assert.equal(await get(weir), 'two');
    assert.equal(one.requestCount, requestCount);
    assert.deepEqual(
      (await peersOf(weir)).map(({ state }) => state),
      ['unhealthy', 'up'],
    );
    const from = weir.output.length;
    one.health = (response) => response.end('fine');
    await weir.waitForLine(
      /is back \(check\): health check "\/health match=fine": status 200/,
      from,
    );
    const answers = new Set<string>();
    for (let count = 0; count < 20; count++) answers.add(await get(weir));
    assert.deepEqual([...answers].toSorted(), ['one', 'two']);
  });

  it('with `mandatory` keep a dead server from every client', async (t) => {
    const [alive, dead] = [await Origin.start(t, 'alive'), await Origin.start(t, 'dead')];
    dead.health = ill;
    const weir = await start(t, (port) =>
      conf(port, [dead.port, alive.port], 'interval=100ms mandatory'),
    );
    await weir.waitForLine(new RegExp(`127.0.0.1:${alive.port} is back \\(check\\)`));
    for (let count = 0; count < 20; count++) assert.equal(await get(weir), 'alive');
    assert.equal(dead.requestCount, 0);
  });

  it('go over a reload: ill stays ill, and with `persistent` well stays well', async (t) => {
    const [one, two] = [await Origin.start(t, 'one'), await Origin.start(t, 'two')];
    const weir = await start(t, (port) =>
      conf(port, [one.port, two.port], 'interval=100ms mandatory persistent'),
    );
    await weir.waitForLine(new RegExp(`127.0.0.1:${two.port} is back \\(check\\)`));
    one.health = ill;
    await weir.waitForLine(outOf(one, 'status 503'));
    // From now on no check of any generation ends: only what was known before can speak.
    one.health = () => {};
    two.health = () => {};
    await Promise.all([one.checked(1), two.checked(1)]);
    const { requestCount } = one;
    await reload(weir);
    for (let count = 0; count < 20; count++) assert.equal(await get(weir), 'two');
    assert.equal(one.requestCount, requestCount);
    assert.deepEqual(
      (await peersOf(weir)).map(({ state }) => state),
      ['unhealthy', 'up'],
    );
  });

  it('let three servers restart one after the other without an error', async (t) => {
    const names = ['one', 'two', 'three'];
    const origins = await Promise.all(names.map((name) => Origin.start(t, name)));
    const ports = origins.map(({ port }) => port);
    const weir = await start(t, (port) => conf(port, ports, 'interval=100ms'));
    let isOver = false;
    let answerCount = 0;
    const wrong: string[] = [];
    const client = async () => {
      while (!isOver) {
        const answer = await get(weir).catch(String);
        answerCount += 1;
        if (!names.includes(answer)) wrong.push(answer);
      }
    };
    const clients = [client(), client(), client(), client()];
    for (const origin of origins) {
      const held: Promise<string>[] = [];
      while (origin.held.length === 0) {
        held.push(get(weir, '/held'));
        await origin.checked(1);
      }
      origin.health = ill;
      await weir.waitForLine(outOf(origin, 'status 503'));
      // What is under way there ends there.
      for (const each of origins) for (const response of each.held.splice(0)) response.end('held');
      for (const answer of await Promise.all(held)) assert.equal(answer, 'held');
      // A thread that had picked it before it was out has its answer before the next check.
      await origin.checked(1);
      const { requestCount } = origin;
      await origin.checked(1);
      assert.equal(origin.requestCount, requestCount, 'nothing new goes there');
      origin.stop();
      const from = weir.output.length;
      await weir.waitForLine(new RegExp(`127.0.0.1:${origin.port}: health check .*refused`), from);
      origin.health = (response) => response.end('fine');
      await origin.startAgain();
      await weir.waitForLine(new RegExp(`127.0.0.1:${origin.port} is back \\(check\\)`), from);
    }
    isOver = true;
    await Promise.all(clients);
    assert.deepEqual(wrong, []);
    assert.ok(answerCount > 100, `${answerCount}`);
  });

  it('ask an nginx over one connection', requirePeer('nginx'), async (t) => {
    const nginx = await startNginx(
      (port) => `
        server {
          listen 127.0.0.1:${port};
          location / { return 200 "page"; }
          location /health { add_header X-Requests $connection_requests; return 200 "fine"; }
        }`,
    );
    t.after(() => nginx.close());
    const weir = await start(t, (port) =>
      conf(port, [nginx.port], 'interval=100ms keepalive_time=1m match=early').replace(
        'match fine',
        'match early { header X-Requests ~ "^[123]$"; } match fine',
      ),
    );
    // The fourth request of its connection fails, which closes it: the next one is a first again.
    await weir.waitForLine(/is out \(check\): .*header "x-requests" did not match/);
    await weir.waitForLine(/is back \(check\)/);
    assert.equal(await get(weir), 'page');
  });

  it('keep a degraded endpoint for when the others are not enough', async (t) => {
    const [one, two] = [await Origin.start(t, 'one'), await Origin.start(t, 'two')];
    const weir = await start(t, (port) =>
      conf(port, [one.port, two.port], 'interval=100ms match=fine').replace(
        'upstream app {',
        'upstream app { degraded_threshold 50;',
      ),
    );
    one.health = (response) => {
      response.setHeader('X-Weir-Degraded', '1');
      response.end('fine');
    };
    await weir.waitForLine(
      new RegExp(`127\\.0\\.0\\.1:${one.port} is degraded \\(check\\): .*: status 200, degraded`),
    );
    const { requestCount } = one;
    for (let count = 0; count < 20; count++) assert.equal(await get(weir), 'two');
    assert.equal(one.requestCount, requestCount);
    const socketPath = join(weir.folder, 'weir.sock');
    const sent = request({ socketPath, path: '/api/9/http/upstreams/app', agent: false }).end();
    const [response] = await once(sent, 'response');
    let text = '';
    for await (const piece of response) text += piece;
    const told = JSON.parse(text).peers.map(
      ({ degraded, state }: { degraded?: boolean; state: string }) => `${state} ${degraded}`,
    );
    assert.deepEqual(told, ['up true', 'up undefined']);
    await reload(weir);
    for (let count = 0; count < 10; count++) assert.equal(await get(weir), 'two');
    two.health = ill;
    await weir.waitForLine(outOf(two, 'status 503'));
    for (let count = 0; count < 10; count++) assert.equal(await get(weir), 'one');
    one.health = (answer) => answer.end('fine');
    await weir.waitForLine(
      new RegExp(`127\\.0\\.0\\.1:${one.port} is degraded no more \\(check\\)`),
    );
  });
});
