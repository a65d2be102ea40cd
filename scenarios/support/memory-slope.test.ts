import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { descriptorCount, slope, treeMemory } from './memory-slope.ts';

describe('slope', () => {
  it('is that of the line, and noise around it does not matter', () => {
    const line = [0, 1, 2, 3].map((x) => ({ x, y: 5 + 2 * x }));
    assert.equal(slope(line), 2);
    const noise = [1, -1, -1, 1];
    assert.equal(slope(line.map(({ x, y }, index) => ({ x, y: y + (noise[index] ?? 0) }))), 2);
    assert.ok(Number.isNaN(slope([{ x: 1, y: 1 }])));
  });
});

const linux = process.platform === 'linux';

describe('memory of a tree', { skip: linux ? false : 'reads /proc' }, () => {
  it('what is our own grows with what we fill', () => {
    const before = treeMemory(process.pid);
    assert.ok(before.ownKb > 0 && before.ownKb < before.pssKb);
    assert.equal(before.processCount, 1);
    const kept = Buffer.alloc(32 * 1024 * 1024, 1);
    const grownKb = treeMemory(process.pid).ownKb - before.ownKb;
    assert.ok(grownKb > 30 * 1024, `${grownKb} KB of ${kept.length} bytes`);
  });

  it('a process that is gone is an error', () => {
    assert.throws(() => treeMemory(2 ** 22 + 1), /gone/);
    assert.ok(descriptorCount(process.pid) > 2);
  });
});
