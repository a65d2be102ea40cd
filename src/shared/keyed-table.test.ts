import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { KeyedTable, NEVER_MS } from './keyed-table.ts';
import { LEAST_KEY_BYTES, releaseLocks, tableBytes } from './table-layout.ts';

const SIZES = { entries: 64, keyBytes: LEAST_KEY_BYTES, valueBytes: 16 };

function table(sizes = SIZES, memory = new SharedArrayBuffer(tableBytes(sizes)), owner = 1) {
  return new KeyedTable(memory, sizes, owner);
}

describe('a keyed table', () => {
  it('keeps texts and numbers by key, long keys and empty ones too', () => {
    const one = table();
    const long = 'k'.repeat(1000);
    for (const [key, value] of [
      ['a', 'é'],
      ['', ''],
      [long, 'long'],
      ['n', -1.5],
    ] as const) {
      assert.equal(one.get(key, 0), undefined);
      one.set(key, value, NEVER_MS, 0);
      assert.equal(one.get(key, 0), value);
    }
    assert.equal(one.get(`${long}k`, 0), undefined);
    assert.equal(one.delete('a', 0), true);
    assert.equal(one.delete('a', 0), false);
    assert.equal(one.add('a', 1, NEVER_MS, 0), true);
    assert.equal(one.add('a', 2, NEVER_MS, 0), false);
    assert.equal(one.get('a', 0), 1);
    assert.throws(() => one.set('a', 'x'.repeat(17), NEVER_MS, 0), /has 17 bytes/);
    assert.throws(() => one.increment(long, 1, NEVER_MS, 0), /is a text/);
    assert.equal(one.increment('a', 2, NEVER_MS, 0), 3); // an error has left nothing locked
  });

  it('forgets what has expired; the time of a sum begins with it', () => {
    const one = table();
    one.set('a', 'x', 100, 0);
    assert.deepEqual(
      [one.get('a', 99), one.get('a', 100), one.get('a', 99)],
      ['x', undefined, undefined],
    );
    assert.equal(one.increment('n', 5, 100, 0), 5);
    assert.equal(one.increment('n', 1, 1_000, 99), 6);
    assert.equal(one.increment('n', 1, 1_000, 100), 1);
  });

  it('holds as many as it says, and then displaces those not used', () => {
    const sizes = { ...SIZES, entries: 1 };
    const one = table(sizes); // one set of 16
    for (let key = 0; key < 16; key++) one.set(`${key}`, key, NEVER_MS, 0);
    assert.equal(one.get('0', 0), 0);
    one.set('new', 1, NEVER_MS, 0);
    assert.deepEqual([one.get('0', 0), one.get('1', 0), one.get('new', 0)], [0, undefined, 1]);
    const many = table({ ...SIZES, entries: 10_000 });
    for (let key = 0; key < 10_000; key++) many.set(`key ${key}`, key, NEVER_MS, 0);
    let kept = 0;
    for (let key = 0; key < 10_000; key++) if (many.get(`key ${key}`, 0) === key) kept += 1;
    assert.ok(kept >= 9_900, `${kept} of 10,000 are kept`);
  });

  it('takes evenly, with a burst, and says how long to wait', () => {
    const one = table();
    const take = (nowMs: number) => one.take('ip', 100, 200, nowMs);
    assert.deepEqual([take(0), take(0), take(0), take(0)], [0, 0, 0, 100]);
    assert.deepEqual([take(99), take(100), take(100)], [1, 0, 100]);
    assert.deepEqual([take(10_000), take(10_000), take(10_000), take(10_000)], [0, 0, 0, 100]);
    assert.equal(one.take('other', 100, 0, 0), 0);
  });

  it('lets go what a dead thread held, and loses no other set', () => {
    const sizes = { ...SIZES, entries: 16 }; // two sets
    const memory = new SharedArrayBuffer(tableBytes(sizes));
    const [one, cells] = [table(sizes, memory), new Int32Array(memory)];
    const count = () => {
      const values = Array.from({ length: 24 }, (_, key) => one.get(`${key}`, 0));
      return values.filter((value) => value !== undefined).length;
    };
    for (let key = 0; key < 24; key++) one.set(`${key}`, key, NEVER_MS, 0);
    const before = count();
    cells[2] = 7; // the lock of the first set
    releaseLocks(memory, sizes, 6);
    assert.equal(cells[2], 7);
    releaseLocks(memory, sizes, 7);
    assert.equal(cells[2], 0);
    const after = count();
    assert.ok(after > 0 && after < before, `${after} of ${before}`);
  });

  it('is exact when eight threads add to the same keys', async () => {
    const memory = new SharedArrayBuffer(tableBytes(SIZES));
    const url = pathToFileURL(new URL('./keyed-table.ts', import.meta.url).pathname).href;
    const code = `const { workerData } = require('node:worker_threads');
      import(${JSON.stringify(url)}).then(({ KeyedTable }) => {
        const table = new KeyedTable(workerData.memory, workerData.sizes, workerData.owner);
        for (let at = 0; at < 20_000; at++) table.increment('key ' + (at % 4), 1, Infinity, 0);
      });`;
    const workers = Array.from({ length: 8 }, (_, at) => {
      return new Worker(code, { eval: true, workerData: { memory, sizes: SIZES, owner: at + 1 } });
    });
    await Promise.all(workers.map((worker) => once(worker, 'exit')));
    const one = table(SIZES, memory);
    for (let key = 0; key < 4; key++) assert.equal(one.get(`key ${key}`, 0), 40_000);
  });
});
