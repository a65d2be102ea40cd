import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import type { EdgeEvent } from './edge-event.ts';
import { Webhook } from './webhook.ts';

const event = (detail: string): EdgeEvent => {
  return {
    type: 'down',
    upstream: 'app',
    endpoint: '127.0.0.1:1',
    reason: 'failures',
    detail,
    atMs: 0,
  };
};

/** A receiver that answers when told; waits of the webhook are over when told. */
async function start(t: TestContext, queueLength = 3, timeoutMs = 5_000) {
  const bodies: { detail: string; dropped: number; time: string; edge: string }[] = [];
  const open: ServerResponse[] = [];
  let onRequest = () => {};
  const server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
    });
    request.on('end', () => {
      bodies.push(JSON.parse(text));
      open.push(response);
      onRequest();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const waits: { ms: number; then: () => void }[] = [];
  const warnings: string[] = [];
  let onWait = () => {};
  const { port } = server.address() as AddressInfo;
  const webhook = new Webhook(
    { url: `http://127.0.0.1:${port}/hook`, queueLength, timeoutMs },
    {
      origin: { edge: 'one' },
      later: (ms, then) => {
        waits.push({ ms, then });
        onWait();
      },
      warn: (line) => warnings.push(line),
    },
  );
  /** Resolves when so many requests have come. */
  const requests = (count: number) =>
    new Promise<void>((resolve) => {
      onRequest = () => bodies.length >= count && resolve();
      onRequest();
    });
  const failures = (count: number) =>
    new Promise<void>((resolve) => {
      onWait = () => waits.length >= count && resolve();
      onWait();
    });
  const answer = (status: number) => open.shift()?.writeHead(status).end();
  return { answer, bodies, failures, requests, waits, warnings, webhook };
}

describe('a webhook', () => {
  it('posts events one after the other, as JSON', async (t) => {
    const { answer, bodies, requests, webhook } = await start(t);
    webhook.send(event('a'));
    webhook.send(event('b'));
    await requests(1);
    assert.equal(bodies.length, 1);
    answer(204);
    await requests(2);
    answer(200);
    const [first, second] = bodies;
    assert.deepEqual(first, {
      type: 'down',
      upstream: 'app',
      endpoint: '127.0.0.1:1',
      reason: 'failures',
      detail: 'a',
      time: '1970-01-01T00:00:00.000Z',
      edge: 'one',
      dropped: 0,
    });
    assert.equal(second?.detail, 'b');
  });

  it('tries again with longer and longer waits, and says so once', async (t) => {
    const { answer, bodies, failures, requests, waits, warnings, webhook } = await start(t);
    webhook.send(event('a'));
    for (const [count, status] of [500, 503, 429, 408].entries()) {
      await requests(count + 1);
      answer(status);
      await failures(count + 1);
      waits[count]?.then();
    }
    await requests(5);
    answer(200);
    assert.deepEqual(
      waits.map(({ ms }) => ms),
      [1_000, 2_000, 4_000, 8_000],
    );
    assert.deepEqual(new Set(bodies.map(({ detail }) => detail)), new Set(['a']));
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /it answered 500/);
    assert.equal(webhook.droppedCount, 0);
  });

  it('drops what is refused, and goes on with the next', async (t) => {
    const { answer, bodies, requests, webhook } = await start(t);
    webhook.send(event('a'));
    webhook.send(event('b'));
    await requests(1);
    answer(404);
    await requests(2);
    assert.equal(webhook.droppedCount, 1);
    assert.deepEqual([bodies[1]?.detail, bodies[1]?.dropped], ['b', 1]);
    answer(200);
  });

  it('keeps the newest when its queue is full, and counts the rest', async (t) => {
    const { answer, bodies, requests, webhook } = await start(t, 3);
    for (const name of ['a', 'b', 'c', 'd', 'e']) webhook.send(event(name));
    assert.deepEqual([webhook.waitingCount, webhook.droppedCount], [3, 2]);
    for (let count = 1; count <= 3; count++) {
      await requests(count);
      answer(200);
    }
    assert.deepEqual(
      bodies.map(({ detail, dropped }) => [detail, dropped]),
      [
        ['a', 0],
        ['d', 2],
        ['e', 0],
      ],
    );
  });

  it('gives an event up after ten tries', async (t) => {
    const { answer, failures, requests, waits, webhook } = await start(t);
    webhook.send(event('a'));
    for (let count = 0; count < 9; count++) {
      await requests(count + 1);
      answer(500);
      await failures(count + 1);
      waits[count]?.then();
    }
    await requests(10);
    webhook.send(event('b'));
    answer(500);
    await requests(11);
    assert.equal(webhook.droppedCount, 1);
    answer(200);
  });

  it('waits no longer for an answer than it is told', async (t) => {
    const { failures, requests, warnings, webhook } = await start(t, 3, 20);
    webhook.send(event('a'));
    await requests(1);
    await failures(1);
    assert.match(warnings[0] ?? '', /no answer within 20 ms/);
  });
});
