import '#test/support/poison.ts';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { acquireChunk } from './chunk.ts';

const KB = 1024;

describe('a chunk that is freed', () => {
  it('serves the next body of a like size, which sees nothing of the last', () => {
    const chunk = acquireChunk(16 * KB);
    chunk.fill(Buffer.from('secret'), 0, 6);
    const { bytes } = chunk;
    chunk.free();
    const next = acquireChunk(12 * KB);
    assert.equal(next.bytes, bytes, 'the same memory');
    assert.equal(bytes.indexOf('secret'), -1, 'overwritten in tests');
    assert.deepEqual([next.length, next.capacity, next.filled.length], [0, 12 * KB, 0]);
    const taken = next.fill(Buffer.alloc(16 * KB, 'b'), 0, 16 * KB);
    assert.deepEqual([taken, next.filled.length], [12 * KB, 12 * KB], 'no more than was asked for');
    next.free();
  });

  it('gives memory of unusual sizes back at once', () => {
    const chunk = acquireChunk(100_000);
    const { buffer } = chunk.bytes;
    chunk.fill(Buffer.from('body'), 0, 4);
    chunk.free();
    assert.deepEqual([buffer.byteLength, chunk.capacity, chunk.length], [0, 0, 0]);
  });

  it('leaves memory alone that it shares with others', () => {
    const [small, other] = [acquireChunk(512), acquireChunk(512)];
    assert.equal(small.bytes.buffer, other.bytes.buffer, 'both from the pool of Node');
    other.fill(Buffer.from('theirs'), 0, 6);
    small.free();
    assert.equal(other.filled.toString(), 'theirs');
  });

  it('cannot be freed twice: two bodies would share it', () => {
    const chunk = acquireChunk(16 * KB);
    chunk.free();
    assert.throws(() => chunk.free(), /freed twice/);
  });

  it('is kept up to 1 MB of each size', () => {
    for (const size of [4 * KB, 16 * KB, 64 * KB]) {
      const all = Array.from({ length: 2 + (KB * KB) / size }, () => acquireChunk(size));
      for (const chunk of all) chunk.free();
      const alive = all.filter((chunk) => chunk.bytes.buffer.byteLength > 0);
      assert.equal(alive.length, (KB * KB) / size);
    }
  });

  it('never lends one chunk twice', () => {
    const sizes = [2049, 4096, 4097, 8192, 20_000, 65_536];
    const lent = new Set(sizes.flatMap((size) => [size, size, size]).map(acquireChunk));
    assert.equal(lent.size, 3 * sizes.length);
    for (const chunk of lent) {
      assert.ok(chunk.bytes.length >= chunk.capacity && chunk.bytes.length <= 2 * chunk.capacity);
      chunk.free();
    }
  });
});
