import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Chunk } from './chunk.ts';

describe('a chunk that is freed', () => {
  it('gives its memory back at once', () => {
    const chunk = new Chunk(64 * 1024);
    const { buffer } = chunk.bytes;
    chunk.fill(Buffer.from('body'), 0, 4);
    chunk.free();
    assert.deepEqual([buffer.byteLength, chunk.capacity, chunk.length], [0, 0, 0]);
  });

  it('leaves memory alone that it shares with others', () => {
    const [small, other] = [new Chunk(512), new Chunk(512)];
    assert.equal(small.bytes.buffer, other.bytes.buffer, 'both from the pool of Node');
    other.fill(Buffer.from('theirs'), 0, 6);
    small.free();
    assert.equal(other.filled.toString(), 'theirs');
  });
});
