// A second endpoint beside one that takes long: who answers, what becomes of the other, what it costs.

import assert from 'node:assert/strict';
import { ManualClock } from '#src/base/clock.ts';
import { ANY_PORT } from '#test/support/edge.ts';
import type { RawClient } from '#test/support/raw-client.ts';
import { type OriginConnection, type OriginScript, ok } from '#test/support/raw-origin.ts';
import { onBothTiers, type Stage, setStage } from '#test/support/stage.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
const SLOW = GET.replace('/', '/slow');

/** Answers at once with its name; what asks for `/slow` is kept for the test to answer. */
class Origin implements OriginScript {
  readonly held: OriginConnection[] = [];
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  onRequest = ({ line }: { line: string }, connection: OriginConnection): string | undefined => {
    if (!line.includes(' /slow ')) return ok(this.#name);
    this.held.push(connection);
    return undefined;
  };
}

interface SlowOptions {
  readonly request?: string;
  readonly upstream?: string;
  readonly location?: string;
  readonly clock?: ManualClock;
}

/** Two origins that have answered a hundred times, and a client that has asked for something slow. */
async function setSlow(
  t: Parameters<typeof setStage>[0],
  tier: Parameters<typeof setStage>[1],
  { request = SLOW, upstream = '', location = '', clock }: SlowOptions = {},
): Promise<{ stage: Stage; client: RawClient; first: OriginConnection; other: Origin }> {
  const origins = [new Origin('a'), new Origin('b')];
  // On a busy machine others take a few milliseconds, too, and are not meant.
  const leastMs = clock === undefined ? 60 : 0;
  const stage = await setStage(t, tier, {
    scripts: origins,
    ...(clock === undefined ? {} : { clock }),
    conf: (...ports) => `
      upstream app { ${ports.map((at) => `server 127.0.0.1:${at} max_fails=0;`).join(' ')} ${upstream} }
      server { listen ${ANY_PORT}; location / { proxy_pass http://app; proxy_hedge 90% min=${leastMs}ms; ${location}
        add_header X-Tries "$upstream_addr|$upstream_status|$upstream_header_time" always; } }`,
  });
  const warm = await stage.client();
  for (let count = 0; count < 100; count++) {
    warm.send(GET);
    await warm.response();
  }
  const client = await stage.client(request);
  const holders = (): Origin[] => origins.filter(({ held }) => held.length > 0);
  await Promise.race(stage.origins.map((origin) => origin.until(() => holders().length > 0)));
  const [holder] = holders();
  const first = holder?.held[0];
  const other = origins.find((origin) => origin !== holder);
  assert.ok(first !== undefined && other !== undefined);
  return { stage, client, first, other };
}

async function heldBy(stage: Stage, origin: Origin): Promise<OriginConnection> {
  await Promise.race(stage.origins.map((each) => each.until(() => origin.held.length > 0)));
  return origin.held[0] as OriginConnection;
}

/** Statuses of the tries, the answer's body, and how many addresses and times there are. */
async function answerTo(client: RawClient): Promise<string> {
  const { body, fields, status } = await client.response();
  const [addresses = '', statuses, times = ''] = (fields.get('x-tries')?.[0] ?? '').split('|');
  const counts = `${addresses.split(', ').length} ${times.split(', ').length}`;
  return `${status} ${body} (${statuses}) ${counts}`;
}

onBothTiers('a request that takes longer than most', (it) => {
  it('goes to another endpoint as well, whose answer counts', async (t, tier) => {
    const { stage, client, first, other } = await setSlow(t, tier);
    (await heldBy(stage, other)).send(ok('other'));
    assert.equal(await answerTo(client), '200 other (-, 200) 2 2');
    await first.closed();
    assert.equal(stage.edge.shared.endpoints.retries.taken(0), 1);
    client.send(GET);
    assert.match(await answerTo(client), /^200 [ab] \(200\) 1 1$/);
  });

  it('goes there after the milliseconds that it takes, not after the 50 of the wheel', async (t, tier) => {
    const clock = new ManualClock(Date.now());
    const { stage, client, other } = await setSlow(t, tier, { clock });
    clock.advanceMs(2); // a hundred answers took none
    (await heldBy(stage, other)).send(ok('other'));
    assert.equal(await answerTo(client), '200 other (-, 200) 2 2');
    assert.equal(clock.nowMs, 2);
  });

  it('is answered by the first endpoint after all, and the other is dropped', async (t, tier) => {
    const { stage, client, first, other } = await setSlow(t, tier);
    const second = await heldBy(stage, other);
    first.send(ok('first'));
    assert.equal(await answerTo(client), '200 first (-, 200) 2 2');
    await second.closed();
  });

  it('in pieces from both ends: heads are not mixed up', async (t, tier) => {
    const { stage, client, first, other } = await setSlow(t, tier);
    const second = await heldBy(stage, other);
    first.send('HTTP/1.1 404 Nothing\r\nX-From: fir');
    second.send('HTTP/1.1 201 Made\r\nX-From: sec');
    second.send('ond\r\nContent-Length: 4\r\n\r\nbo');
    second.send('dy');
    const { body, fields, status } = await client.response();
    assert.deepEqual([status, fields.get('x-from'), body.toString()], [201, ['second'], 'body']);
    await first.closed();
  });

  it('goes on with the other when the first one fails', async (t, tier) => {
    const { stage, client, first, other } = await setSlow(t, tier);
    const second = await heldBy(stage, other);
    first.reset();
    first.destroy();
    await new Promise((turn) => setImmediate(turn));
    second.send(ok('other'));
    assert.match(await answerTo(client), /^200 other \((502|-), 200\) 2 2$/);
  });

  it('goes on with the first one when the other fails', async (t, tier) => {
    const { stage, client, first, other } = await setSlow(t, tier);
    const second = await heldBy(stage, other);
    second.end();
    await second.closed();
    first.send(ok('first'));
    assert.equal(await answerTo(client), '200 first (502, 200) 2 2');
  });

  it('an answer that is listed is no answer while another one may come', async (t, tier) => {
    const { stage, client, first, other } = await setSlow(t, tier, {
      location: 'proxy_next_upstream error http_503;',
    });
    const second = await heldBy(stage, other);
    first.send(ok('busy').replace('200 OK', '503 Busy'));
    await first.closed();
    second.send(ok('other'));
    assert.equal(await answerTo(client), '200 other (503, 200) 2 2');
  });

  it('both fail: there is one answer', async (t, tier) => {
    const { stage, client, first, other } = await setSlow(t, tier);
    const second = await heldBy(stage, other);
    first.send('nonsense\r\n\r\n');
    second.send('nonsense\r\n\r\n');
    const { fields, status } = await client.response();
    assert.equal(status, 502);
    assert.match(fields.get('x-tries')?.[0] ?? '', /\|502, 502\|/);
  });

  it('whose client leaves: both endpoints see it', async (t, tier) => {
    const { stage, client, first, other } = await setSlow(t, tier);
    const second = await heldBy(stage, other);
    client.close();
    await Promise.all([first.closed(), second.closed()]);
  });

  it('is not hedged with a method that is not idempotent, nor with a body', async (t, tier) => {
    for (const method of ['POST', 'PUT']) {
      const request = `${method} /slow HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\n\r\nhi`;
      const { client, first, other } = await setSlow(t, tier, { request });
      setTimeout(() => first.send(ok('first')), 150);
      assert.equal(await answerTo(client), '200 first (200) 1 1');
      assert.equal(other.held.length, 0);
    }
  });

  it('is not hedged beyond proxy_next_upstream_tries', async (t, tier) => {
    const { client, first, other } = await setSlow(t, tier, {
      location: 'proxy_next_upstream_tries 1;',
    });
    setTimeout(() => first.send(ok('first')), 150);
    assert.equal(await answerTo(client), '200 first (200) 1 1');
    assert.equal(other.held.length, 0);
  });

  it('total time over: neither goes on', async (t, tier) => {
    const { stage, client, first, other } = await setSlow(t, tier, {
      location: 'proxy_total_timeout 200ms;',
    });
    const second = await heldBy(stage, other);
    assert.equal((await client.response()).status, 504);
    await Promise.all([first.closed(), second.closed()]);
  });
});
