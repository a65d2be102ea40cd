// Who gets the next exchange, on the wire: load, ranks of backup, room, and what log and status say.

import assert from 'node:assert/strict';
import { ANY_PORT } from '#test/support/edge.ts';
import type { OriginConnection, SeenRequest } from '#test/support/raw-origin.ts';
import { ok } from '#test/support/raw-origin.ts';
import { onBothTiers, type Stage, setStage } from '#test/support/stage.ts';

const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: a.test\r\n\r\n`;

/** Answers with its name; `/hold` gets no answer until it is told to. */
class Named {
  readonly held: OriginConnection[] = [];
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  onRequest = ({ line }: SeenRequest, connection: OriginConnection): string | undefined => {
    if (!line.startsWith('GET /hold')) return ok(this.#name);
    this.held.push(connection);
    return undefined;
  };
}

/** The names of so many answers, one after the other. */
async function ask(stage: Stage, count: number, target = '/'): Promise<string[]> {
  const client = await stage.client();
  const names: string[] = [];
  for (let request = 0; request < count; request++) {
    client.send(get(target));
    names.push((await client.response()).body.toString());
  }
  client.close();
  return names;
}

/** Sends requests that the origins hold; resolves when they have them all. */
async function hold(stage: Stage, origins: readonly Named[], count: number): Promise<void> {
  for (let request = 0; request < count; request++) {
    const before = heldCount(origins);
    await stage.client(get('/hold'));
    while (heldCount(origins) === before) await new Promise((turn) => setImmediate(turn));
  }
}

function heldCount(origins: readonly Named[]): number {
  return origins.reduce((sum, { held }) => sum + held.length, 0);
}

const servers = (ports: readonly number[], parameters: readonly string[]): string =>
  ports.map((port, at) => `server 127.0.0.1:${port} ${parameters[at] ?? ''};`).join(' ');

onBothTiers('balancing', (it) => {
  it('least_conn: who holds exchanges gets no more until the others hold as many', async (t, tier) => {
    const origins = [new Named('a'), new Named('b'), new Named('c')];
    const stage = await setStage(t, tier, { scripts: origins, upstream: 'least_conn;' });
    await hold(stage, origins, 1);
    const busy = 'abc'[origins.findIndex(({ held }) => held.length === 1)] ?? '';
    const names = await ask(stage, 6);
    assert.ok(!names.includes(busy), names.join(''));
    await hold(stage, origins, 5);
    assert.deepEqual(
      origins.map(({ held }) => held.length),
      [2, 2, 2],
    );
  });

  it('max_conns: who is full is passed over, a place that is free is used again', async (t, tier) => {
    const origins = [new Named('a'), new Named('b')];
    const stage = await setStage(t, tier, {
      scripts: origins,
      conf: (...ports) => `upstream app { ${servers(ports, ['max_conns=1', 'max_conns=3'])} }
        server { listen ${ANY_PORT}; location / { proxy_pass http://app; } }`,
    });
    await hold(stage, origins, 3);
    assert.deepEqual(
      origins.map(({ held }) => held.length),
      [1, 2],
    );
    assert.deepEqual(await ask(stage, 3), ['b', 'b', 'b']);
    origins[0]?.held[0]?.send(ok('a'));
    while ((await ask(stage, 1))[0] !== 'a');
  });

  it('backup: asked when nobody of a lower rank can be used, rank by rank', async (t, tier) => {
    const origins = [new Named('a'), new Named('b'), new Named('c')];
    const ranks = ['max_conns=1', 'backup max_conns=1', 'backup=2'];
    const stage = await setStage(t, tier, {
      scripts: origins,
      conf: (...ports) => `upstream app { ${servers(ports, ranks)} }
        server { listen ${ANY_PORT}; location / { proxy_pass http://app; } }`,
    });
    assert.deepEqual(await ask(stage, 3), ['a', 'a', 'a']);
    await hold(stage, origins, 1);
    assert.deepEqual(await ask(stage, 3), ['b', 'b', 'b']);
    await hold(stage, origins, 1);
    assert.deepEqual(await ask(stage, 3), ['c', 'c', 'c']);
  });

  it('backup: takes over in the same exchange when the first one fails', async (t, tier) => {
    const stage = await setStage(t, tier, {
      scripts: [{ onConnection: (connection) => connection.reset() }, new Named('b')],
      conf: (...ports) => `upstream app { ${servers(ports, ['', 'backup'])} }
        server { listen ${ANY_PORT}; location / { proxy_pass http://app; } }`,
    });
    assert.deepEqual(await ask(stage, 3), ['b', 'b', 'b']);
  });

  it('panic_threshold: when too few are left, all that are not down are asked', async (t, tier) => {
    const bad = { onRequest: () => ok('bad').replace('200 OK', '500 Oops') };
    const stage = await setStage(t, tier, {
      scripts: [bad, bad, new Named('good')],
      conf: (...ports) => `upstream app { panic_threshold 50; ${servers(ports, [])} }
        server { listen ${ANY_PORT};
          location / { proxy_pass http://app; proxy_next_upstream http_500; } }`,
    });
    // Both bad ones are put aside by the first two exchanges; from then on they are asked again.
    const names = await ask(stage, 30);
    assert.ok(names.every((name) => name === 'good' || name === 'bad'));
    const seen = stage.origins.map(({ requests }) => requests.length);
    assert.ok(Math.min(...seen) > 2, `${seen}`);
  });

  it('the access log names policy and load', async (t, tier) => {
    const origins = [new Named('a')];
    const stage = await setStage(t, tier, {
      scripts: origins,
      upstream: 'least_conn;',
      server: 'add_header X-Choice "$upstream_policy $upstream_inflight";',
    });
    await hold(stage, origins, 2);
    const client = await stage.client(get('/'));
    const { fields } = await client.response();
    assert.deepEqual(fields.get('x-choice'), ['least_conn 3']);
  });
});
