import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { flameGraph, smallFlameGraph } from './flame-graph.ts';

const KINDS = { kernel: 0.5, native: 0.5, javascript: 0, builtins: 0, gc: 0 };
const OPTIONS = {
  title: 'before & after',
  subtitle: 'x',
  pruneBelow: 0.01,
  microsPerRequest: 10,
  kinds: KINDS,
};

function boxes(svg: string): { title: string; width: number; x: number; y: number }[] {
  const pattern =
    /<title>(.*?)<\/title><rect class="\w+" x="([\d.]+)" y="(-?[\d.]+)" width="([\d.]+)"/g;
  return [...svg.matchAll(pattern)].map(([, title = '', x, y, width]) => ({
    ...{ title, x: Number(x), y: Number(y), width: Number(width) },
  }));
}

describe('flame graph', () => {
  const counts = new Map([
    ['t;a_[n];b_[k]', 60],
    ['t;a_[n];c<d>_[k]', 39.5],
    ['t;z_[n]', 0.5],
  ]);

  it('a box is as wide as its share, and stands on its caller', () => {
    const [all, thread, a, b, c] = boxes(flameGraph(counts, OPTIONS));
    assert.equal(all?.title, 'all: 100.0 %, 10.00 µs per request');
    assert.equal(all?.width, 1180);
    assert.equal(thread?.y, (all?.y ?? 0) - 15);
    assert.equal(a?.title, 'a: 99.5 %, 9.95 µs per request');
    assert.equal(b?.width, 708);
    assert.equal(b?.x, a?.x);
    assert.equal(c?.x, (b?.x ?? 0) + 708);
    assert.equal(c?.y, b?.y);
  });

  it('narrow boxes are left out', () => {
    assert.equal(boxes(flameGraph(counts, OPTIONS)).length, 5);
    assert.equal(boxes(flameGraph(counts, { ...OPTIONS, pruneBelow: 0.001 })).length, 6);
  });

  it('text is escaped', () => {
    const svg = flameGraph(counts, OPTIONS);
    assert.match(svg, /before &amp; after/);
    assert.match(svg, /<title>c&lt;d&gt;: /);
    assert.doesNotMatch(svg, /c<d>/);
  });

  it('a picture is pruned until it has the bytes it may have', () => {
    const many = new Map(Array.from({ length: 90 }, (_, index) => [`t;f${index}_[j]`, 10 + index]));
    const whole = Buffer.byteLength(flameGraph(many, { ...OPTIONS, pruneBelow: 0.0001 }));
    const small = smallFlameGraph(many, { ...OPTIONS, pruneBelow: 0.0001 }, whole / 2);
    assert.ok(Buffer.byteLength(small) <= whole / 2);
    assert.ok(boxes(small).length > 10);
  });
});
