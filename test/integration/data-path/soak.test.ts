// Many clients at once doing all of it in random order: requests of every framing and size, some
// abandoned at a random byte, some read late. Every response that counts as whole is checked to the
// byte, and when all is over nothing is left.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { RawClient } from '#test/support/raw-client.ts';
import { type OriginScript, ok } from '#test/support/raw-origin.ts';
import { onBothTiers, type Stage, setStage } from '#test/support/stage.ts';

const CLIENTS = 40;
const STEPS = 15;

/** A small generator with a seed, so that a failure can be run again. */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 0 … below−1. */
  roll(below: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * below);
  }

  pick<T>(all: readonly T[]): T {
    return all[this.roll(all.length)] as T;
  }
}

const SIZES = [0, 1, 10, 1000, 8192, 8193, 20_000, 65_536, 70_000, 200_000, 1_000_000];

/** Bytes that nobody else has. */
function pattern(name: string, length: number): Buffer {
  const seed = createHash('sha256').update(name).digest();
  return Buffer.alloc(length, seed);
}

function chunked(body: Buffer, size: number): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; at += size) {
    const part = body.subarray(at, at + size);
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'));
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}

const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** `/NAME/FRAMING/LENGTH/WHAT`: answers with the pattern of the name; the sum of the body in a field. */
const origin: OriginScript = {
  onRequest: ({ line, body }, connection) => {
    const [, name = '', framing, length, what] = line.split(' ')[1]?.split('/') ?? [];
    const bytes = pattern(name, Number(length));
    const sum = `X-Sum: ${sha(body)}\r\nX-Name: ${name}\r\n`;
    const head = `HTTP/1.1 200 OK\r\n${sum}`;
    if (what === 'drop') connection.destroy();
    else if (framing === 'length') {
      connection.send(
        Buffer.concat([Buffer.from(`${head}Content-Length: ${length}\r\n\r\n`), bytes]),
      );
    } else if (framing === 'chunked') {
      const body = chunked(bytes, 5_000);
      const whole = Buffer.concat([Buffer.from(`${head}Transfer-Encoding: chunked\r\n\r\n`), body]);
      connection.send(what === 'cut' ? whole.subarray(0, whole.length - 4) : whole);
      if (what === 'cut') connection.end();
    } else {
      connection.send(Buffer.concat([Buffer.from(`${head}\r\n`), bytes]));
      connection.end();
    }
    if (what === 'surplus') connection.send(ok('surplus'));
    return undefined;
  },
};

/** A request with that head, its body by length or in chunks. */
function requestOf(head: string, body: Buffer, isChunked: boolean): Buffer {
  if (head.startsWith('GET')) return Buffer.from(`${head}\r\n`);
  return isChunked
    ? Buffer.concat([
        Buffer.from(`${head}Transfer-Encoding: chunked\r\n\r\n`),
        chunked(body, 3_000),
      ])
    : Buffer.concat([Buffer.from(`${head}Content-Length: ${body.length}\r\n\r\n`), body]);
}

async function one(stage: Stage, dice: Dice, name: string, kept: RawClient | undefined) {
  const length = dice.pick(SIZES);
  const framing = dice.pick(['length', 'chunked', 'close']);
  const what = dice.roll(10) < 7 ? 'good' : dice.pick(['drop', 'cut', 'surplus']);
  const method = dice.pick(['GET', 'POST', 'POST']);
  const body = method === 'GET' ? Buffer.alloc(0) : pattern(`${name}/request`, dice.pick(SIZES));
  const head = `${method} /${name}/${framing}/${length}/${what} HTTP/1.1\r\nHost: a.test\r\n`;
  const bytes = requestOf(head, body, dice.roll(2) === 0);
  const client = kept?.state === 'open' ? kept : await stage.client();
  const isLate = dice.roll(4) === 0;
  if (isLate) client.pause();
  if (dice.roll(6) === 0) {
    await client.sent(bytes.subarray(0, dice.roll(bytes.length)));
    if (dice.roll(2) === 0) client.reset();
    else client.close();
    return undefined;
  }
  for (let at = 0; at < bytes.length; ) {
    const piece = dice.roll(3) === 0 ? 1 + dice.roll(100) : 100_000;
    client.send(bytes.subarray(at, at + piece));
    at += piece;
    if (dice.roll(3) === 0) await new Promise((next) => setImmediate(next));
  }
  if (isLate) setImmediate(() => client.resume());
  const response = await client.response().catch(() => undefined);
  if (response?.status === 200 && response.isWhole) {
    assert.notEqual(what, 'drop');
    if (framing === 'chunked') assert.notEqual(what, 'cut', `${name}: taken for whole`);
    assert.deepEqual(response.fields.get('x-name'), [name]);
    assert.deepEqual(response.fields.get('x-sum'), [sha(body)], `${name}: the request body`);
    assert.ok(response.body.equals(pattern(name, length)), `${name}: the response body`);
  } else if (what === 'good' || what === 'surplus') {
    assert.fail(`${head}: ${response?.lines.join('\n')}`);
  }
  return response?.fields.get('connection')?.[0] === 'keep-alive' ? client : undefined;
}

onBothTiers('everything at once', (it) => {
  it('no byte is lost, none goes to another, nothing is left', async (t, tier) => {
    const seed = Number(process.env['WEIR_SEED'] ?? 20_261_121);
    t.diagnostic(`WEIR_SEED=${seed}`);
    const stage = await setStage(t, tier, {
      scripts: [origin, origin, origin],
      conf: (...ports) => `upstream u {
          ${ports.map((port) => `server 127.0.0.1:${port} max_fails=0;`).join(' ')}
          keepalive 4; keepalive_requests 9; }
        server { listen 127.0.0.1:1; client_max_body_size 0; keepalive_requests 7;
          location / { proxy_pass http://u; } }`,
    });
    const clients = Array.from({ length: CLIENTS }, async (_, at) => {
      const dice = new Dice(seed + at * 7919);
      let kept: RawClient | undefined;
      for (let step = 0; step < STEPS; step++) {
        kept = await one(stage, dice, `${at}-${step}`, kept);
      }
      kept?.close();
    });
    await Promise.all(clients);
    const { active } = stage.edge.shared.endpoints;
    while (stage.edge.server.connectionCount > 0) await new Promise((next) => setImmediate(next));
    for (const id of [0, 1, 2]) assert.equal(active.call(stage.edge.shared.endpoints, id), 0);
  });
});
