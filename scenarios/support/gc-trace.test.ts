import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { allocatedPerSec, collectionsIn, summarisePauses } from './gc-trace.ts';

/** Fills the heap and keeps some of it, so that there are scavenges and a full collection. */
const PROGRAM = `
  const kept = [];
  for (let i = 0; i < 3e5; i += 1) { const item = { i, list: [i] }; if (i % 3 === 0) kept.push(item); }
  globalThis.gc();
`;

describe("the trace of garbage collections, by this Node's own V8", () => {
  const run = (): string => {
    const flags = ['--expose-gc', '--import', join(import.meta.dirname, 'gc-trace-on.ts')];
    const { stdout, stderr, status } = spawnSync(process.execPath, [...flags, '-e', PROGRAM], {
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    return stdout;
  };

  it('has pause, kind and allocation of every collection', () => {
    const collections = collectionsIn(`something else\n${run()}weir: [notice] it serves\n`);
    const scavenges = collections.filter(({ kind }) => kind === 's');
    const full = collections.filter(({ kind }) => kind === 'mc');
    assert.ok(scavenges.length > 0 && full.length > 0, JSON.stringify(collections));
    assert.ok(collections.every(({ pauseMs }) => pauseMs > 0));
    // 300,000 objects of three fields and a list each: more than 64 bytes, less than 1 KB.
    const bytes = collections.reduce((sum, { allocatedBytes }) => sum + allocatedBytes, 0);
    assert.ok(bytes > 300_000 * 64 && bytes < 300_000 * 1024, String(bytes));
    const summary = summarisePauses(collections);
    assert.equal(summary.count, collections.length);
    assert.equal(summary.fullCount, full.length);
    assert.ok(summary.longestMs <= summary.totalMs);
  });

  it('a line without what we need is an error, and no line is none', () => {
    assert.throws(() => collectionsIn('[7:0x1f:0]  5 ms: GC: {"pause":1}'), /no allocated/);
    assert.deepEqual(collectionsIn('[7:0x1f]  5 ms: Scavenge 9.1 (10.2) -> 8.6'), []);
  });
});

describe('what collections tell', () => {
  const at = (isolate: string, atMs: number, pauseMs: number, allocatedBytes: number) =>
    `[${isolate}] ${atMs} ms: GC: ${JSON.stringify({ pause: pauseMs, gc: 's', allocated: allocatedBytes })}`;

  it('allocation per second is that between the first and the last of each isolate', () => {
    const output = [
      at('7:0xa:1', 1000, 0.5, 9_999_999), // before the first: unknown since when
      at('7:0xb:2', 1200, 0.5, 5), // too few of this one
      at('7:0xa:1', 1500, 2.5, 4_000),
      at('8:0xc:1', 1600, 0.1, 77), // another process
      at('7:0xa:1', 2000, 1, 6_000),
    ].join('\n');
    const collections = collectionsIn(output);
    assert.equal(allocatedPerSec(collections, 7), 10_000);
    assert.equal(allocatedPerSec(collections, 8), 0);
    const { longestMs, totalMs, isolateCount } = summarisePauses(collections);
    assert.deepEqual([longestMs, totalMs, isolateCount], [2.5, 4.6, 3]);
  });

  it('a marking step is a pause', () => {
    const full = { pause: 1, gc: 'mc', allocated: 1, is_incremental: true };
    const json = JSON.stringify({ ...full, incremental: 12, incremental_longest_step: 7 });
    const { longestMs, totalMs, fullCount } = summarisePauses(
      collectionsIn(`[7:0xa:1] 9 ms: GC: ${json}`),
    );
    assert.deepEqual([longestMs, totalMs, fullCount], [7, 13, 1]);
  });
});
