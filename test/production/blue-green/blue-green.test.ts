// Blue-green: the live side is one included line; it is switched by a reload, and back.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  needs,
  PRODUCTS,
  type Product,
  type Site,
  seenIn,
  startOrigin,
  startSite,
} from '#test/support/production.ts';

const CLIENTS = 4;
/** Answers in a row from the new side until nginx's old workers count as gone. */
const IN_A_ROW = 50;

for (const product of PRODUCTS) {
  test(`the live side changes without a lost request (${product})`, needs(product), async (t) => {
    const blue = await startOrigin(t, 'blue');
    const green = await startOrigin(t, 'green');
    const site = await startSite(t, product, import.meta.dirname, {
      host: 'api.example.com',
      origins: { '10.0.3.11:3000': blue.address, '10.0.3.12:3000': green.address },
    });
    assert.equal((await site.ask('/_live')).body, 'blue');
    assert.deepEqual(
      await Promise.all(
        ['/x?q=1', '/_green/x?q=1', '/_blue/x%20y'].map(async (path) => {
          const { origin, url } = seenIn(await site.ask(path));
          return `${origin} ${url}`;
        }),
      ),
      ['blue /x?q=1', 'green /x?q=1', 'blue /x%20y'],
    );

    const traffic = new Traffic(site);
    for (const side of ['green', 'blue']) {
      const before = traffic.count;
      site.write('live.conf', `set $live ${side};\n`);
      await site.reload();
      await isLive(site, product, side);
      // The switch was under load.
      while (traffic.count < before + CLIENTS) await site.ask('/_live');
    }
    const { seen } = await traffic.end();
    assert.deepEqual([...seen].sort(), ['blue', 'green']);
  });
}

/** From now on every answer comes from that side. */
async function isLive(site: Site, product: Product, side: string): Promise<void> {
  const originOf = async (): Promise<string> => seenIn(await site.ask('/')).origin;
  if (product === 'nginx') {
    // Nothing tells when its old workers have stopped accepting.
    for (let row = 0; row < IN_A_ROW; ) row = (await originOf()) === side ? row + 1 : 0;
  }
  for (let at = 0; at < IN_A_ROW; at++) assert.equal(await originOf(), side);
}

/** Clients that ask without a pause; each answer must be one. */
class Traffic {
  count = 0;
  readonly seen = new Set<string>();
  readonly #clients: readonly Promise<void>[];
  #isOver = false;

  constructor(site: Site) {
    this.#clients = Array.from({ length: CLIENTS }, () => this.#run(site));
  }

  async #run(site: Site): Promise<void> {
    while (!this.#isOver) {
      const answer = await site.ask('/load');
      assert.equal(answer.status, 200);
      this.seen.add(seenIn(answer).origin);
      this.count += 1;
    }
  }

  /** Rejects with what went wrong for one of them. */
  async end(): Promise<this> {
    this.#isOver = true;
    await Promise.all(this.#clients);
    return this;
  }
}
