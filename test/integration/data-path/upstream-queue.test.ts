// `max_conns` and `queue`: who waits, who is served next, and who is turned away.

import assert from 'node:assert/strict';
import { ANY_PORT } from '#test/support/edge.ts';
import { type OriginConnection, type OriginScript, ok } from '#test/support/raw-origin.ts';
import { onBothTiers, type Stage, setStage } from '#test/support/stage.ts';

const get = (path: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: a.test\r\nAccept: application/json\r\nConnection: close\r\n\r\n`;

/** One endpoint that takes one request, with its status beside it. */
const conf =
  (queue: string) =>
  (...ports: number[]): string =>
    `
    upstream origins {
      ${ports.map((port) => `server 127.0.0.1:${port} max_conns=1;`).join(' ')}
      ${queue}
    }
    server {
      listen ${ANY_PORT};
      location / { proxy_pass http://origins; add_header X-Waited "$upstream_queue_time" always; }
      location = /status { status_json; }
    }`;

/** Holds every request until it is told; `peak` is the most that it had at a time. */
class Holding {
  readonly held: { line: string; connection: OriginConnection }[] = [];
  peak = 0;
  readonly script: OriginScript = {
    onRequest: ({ line }, connection) => {
      this.held.push({ line, connection });
      this.peak = Math.max(this.peak, this.held.length);
      return undefined;
    },
  };

  /** Answers the oldest; its path. */
  answer(): string {
    const { connection, line } = this.held.shift() as (typeof this.held)[number];
    connection.send(ok(line));
    return line.split(' ')[1] ?? '';
  }
}

interface UpstreamStatus {
  readonly queue: { readonly length: number; readonly largest: number };
  readonly shed: Readonly<Record<string, number>>;
}

async function statusOf(stage: Stage): Promise<UpstreamStatus> {
  const client = await stage.client(get('/status'));
  const { body } = await client.response();
  const [upstream] = (JSON.parse(body.toString()) as { upstreams: UpstreamStatus[] }).upstreams;
  assert.ok(upstream !== undefined);
  return upstream;
}

/** Until so many wait. */
async function waiting(stage: Stage, count: number): Promise<void> {
  while ((await statusOf(stage)).queue.length !== count);
}

onBothTiers('a queue in front of max_conns', (it) => {
  it('serves one after the other, in the order of arrival', async (t, tier) => {
    const origin = new Holding();
    const stage = await setStage(t, tier, { scripts: [origin.script], conf: conf('queue 5;') });
    const first = await stage.client(get('/0'));
    await stage.origin.request(0);
    const others = [];
    for (let n = 1; n <= 3; n++) {
      others.push(await stage.client(get(`/${n}`)));
      await waiting(stage, n);
    }
    for (let n = 0; n <= 3; n++) {
      await stage.origin.request(n);
      assert.equal(origin.answer(), `/${n}`);
    }
    const answers = await Promise.all([first, ...others].map((client) => client.response()));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 200],
    );
    assert.equal(origin.peak, 1);
    assert.equal(answers[0]?.fields.get('x-waited'), undefined);
    assert.match(answers[3]?.fields.get('x-waited')?.[0] ?? '', /^\d+\.\d{3}$/);
    assert.deepEqual((await statusOf(stage)).queue, { length: 0, largest: 3 });
  });

  it('that is full turns away at once, and one that leaves makes room', async (t, tier) => {
    const origin = new Holding();
    const stage = await setStage(t, tier, { scripts: [origin.script], conf: conf('queue 1;') });
    const first = await stage.client(get('/0'));
    await stage.origin.request(0);
    const second = await stage.client(get('/1'));
    await waiting(stage, 1);
    const third = await stage.client(get('/2'));
    const refused = await third.response();
    assert.equal(refused.status, 503);
    assert.equal(JSON.parse(refused.body.toString()).reason, 'queue_full');
    second.close();
    await waiting(stage, 0);
    const fourth = await stage.client(get('/3'));
    await waiting(stage, 1);
    origin.answer();
    await stage.origin.request(1);
    assert.equal(origin.answer(), '/3');
    assert.deepEqual(
      [(await first.response()).status, (await fourth.response()).status],
      [200, 200],
    );
    assert.deepEqual((await statusOf(stage)).shed, {
      upstream_full: 0,
      queue_full: 1,
      queue_timeout: 0,
      turned_away: 0,
    });
  });

  it('lets nobody wait longer than its timeout', async (t, tier) => {
    const origin = new Holding();
    const queue = 'queue 9 timeout=80ms;';
    const stage = await setStage(t, tier, { scripts: [origin.script], conf: conf(queue) });
    const first = await stage.client(get('/0'));
    await stage.origin.request(0);
    const second = await stage.client(get('/1'));
    const refused = await second.response();
    assert.equal(refused.status, 503);
    assert.equal(JSON.parse(refused.body.toString()).reason, 'queue_timeout');
    assert.ok(Number(refused.fields.get('x-waited')?.[0]) >= 0.08);
    origin.answer();
    assert.equal((await first.response()).status, 200);
  });

  it('serves classes in their order, and gives up the lowest for a higher one', async (t, tier) => {
    const origin = new Holding();
    const queue = 'queue 2 priority=$arg_class;';
    const stage = await setStage(t, tier, { scripts: [origin.script], conf: conf(queue) });
    const first = await stage.client(get('/first'));
    await stage.origin.request(0);
    const low = await stage.client(get('/low?class=3'));
    await waiting(stage, 1);
    const none = await stage.client(get('/none'));
    await waiting(stage, 2);
    const high = await stage.client(get('/high?class=0'));
    const refused = await none.response(); // the newest of the lowest class
    assert.equal(JSON.parse(refused.body.toString()).reason, 'queue_full');
    origin.answer();
    await stage.origin.request(1);
    assert.equal(origin.answer(), '/high?class=0');
    await stage.origin.request(2);
    assert.equal(origin.answer(), '/low?class=3');
    for (const client of [first, low, high]) assert.equal((await client.response()).status, 200);
  });

  it('is not there unless asked for: all full is an answer of its own', async (t, tier) => {
    const origin = new Holding();
    const stage = await setStage(t, tier, { scripts: [origin.script], conf: conf('') });
    const first = await stage.client(get('/0'));
    await stage.origin.request(0);
    const second = await stage.client(get('/1'));
    const refused = await second.response();
    assert.equal(refused.status, 503);
    assert.equal(JSON.parse(refused.body.toString()).reason, 'upstream_full');
    origin.answer();
    assert.equal((await first.response()).status, 200);
  });

  it('holds a body meanwhile, and sends it when its turn has come', async (t, tier) => {
    const origin = new Holding();
    const stage = await setStage(t, tier, { scripts: [origin.script], conf: conf('queue 5;') });
    const first = await stage.client(get('/0'));
    await stage.origin.request(0);
    const head =
      'POST /1 HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\nConnection: close\r\n\r\n';
    const second = await stage.client(`${head}hello`);
    await waiting(stage, 1);
    origin.answer();
    const { body } = await stage.origin.request(1);
    assert.equal(body.toString(), 'hello');
    origin.answer();
    assert.deepEqual(
      [(await first.response()).status, (await second.response()).status],
      [200, 200],
    );
  });

  it('keeps the place of an exchange whose kept connection dies', async (t, tier) => {
    const origin = new Holding();
    const stage = await setStage(t, tier, { scripts: [origin.script], conf: conf('queue 5;') });
    const first = await stage.client(get('/0'));
    await stage.origin.request(0);
    origin.answer();
    assert.equal((await first.response()).status, 200);
    const second = await stage.client(get('/1'));
    await stage.origin.request(1);
    const third = await stage.client(get('/2'));
    await waiting(stage, 1);
    const dying = origin.held.shift();
    assert.equal(dying?.connection.requestCount, 2);
    dying?.connection.end();
    await stage.origin.request(2);
    assert.equal(origin.answer(), '/1');
    await stage.origin.request(3);
    assert.equal(origin.answer(), '/2');
    assert.deepEqual(
      [(await second.response()).status, (await third.response()).status],
      [200, 200],
    );
  });
});
