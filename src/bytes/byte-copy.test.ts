import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Block, copyBytes, viewOf } from './byte-copy.ts';

/** A new view of the same bytes. */
function viewOver({ buffer, byteOffset, length }: Buffer): DataView {
  return new DataView(buffer, byteOffset, length);
}

const USUAL_LENGTHS = Array.from({ length: 41 }, (_, length) => length);
const LENGTHS = [...USUAL_LENGTHS, 505, 511, 512, 513, 519, 520, 4_096];

/** Bytes that are all different from their neighbours, and from those of another seed. */
function bytesOf(length: number, seed: number): Buffer {
  return Buffer.from(Array.from({ length }, (_, at) => (at * 7 + seed) & 0xff));
}

/** Copies source[start..start + length) to target[at…) in both ways. */
function copied(length: number, start: number, at: number, behind: number): [Buffer, Buffer] {
  const source = bytesOf(start + length + behind, 1);
  const [target, expected] = [0, 1].map(() => bytesOf(at + length + behind, 100)) as [
    Buffer,
    Buffer,
  ];
  copyBytes(viewOver(source), start, start + length, viewOver(target), at);
  source.copy(expected, at, start, start + length);
  return [target, expected];
}

describe('copied bytes', () => {
  it('are those of Buffer.copy, for every length, and nothing around them changes', () => {
    for (const length of LENGTHS) {
      for (const [start, at, behind] of [
        [0, 0, 0],
        [0, 0, 9],
        [3, 0, 0],
        [0, 5, 1],
        [7, 11, 13],
      ] as const) {
        const [target, expected] = copied(length, start, at, behind);
        assert.deepEqual(target, expected, `${length} bytes from ${start} to ${at}`);
      }
    }
  });

  it('are those of Buffer.copy, wherever they stand', () => {
    const span = fc.tuple(fc.nat(700), fc.nat(40), fc.nat(40), fc.nat(20));
    fc.assert(
      fc.property(span, ([length, start, at, behind]) => {
        const [target, expected] = copied(length, start, at, behind);
        assert.deepEqual(target, expected);
      }),
    );
  });

  it('may come from another part of the same memory', () => {
    const memory = bytesOf(64, 1);
    const expected = Buffer.concat([memory.subarray(0, 40), memory.subarray(0, 24)]);
    const view = viewOver(memory);
    copyBytes(view, 0, 24, view, 40);
    assert.deepEqual(memory, expected);
  });
});

describe('a view', () => {
  it('is of the buffer alone, not of the memory around it', () => {
    const around = bytesOf(32, 1);
    const bytes = around.subarray(5, 15);
    for (const view of [viewOver(bytes), viewOf(bytes)]) {
      assert.equal(view.byteLength, 10);
      assert.equal(view.getUint8(0), around[5]);
      assert.throws(() => view.getUint8(10), RangeError);
    }
  });

  it('is that of the buffer asked for, though another was asked for before', () => {
    const [one, other] = [Buffer.from('one'), Buffer.from('other')];
    for (const bytes of [one, other, other, one, one]) {
      const view = viewOf(bytes);
      assert.equal(view.byteLength, bytes.length);
      assert.equal(view.getUint8(0), bytes[0]);
    }
  });

  it('shows what is written to the bytes later', () => {
    const bytes = Buffer.from('abc');
    const view = viewOf(bytes);
    bytes[1] = 0x78;
    assert.equal(view.getUint8(1), 0x78);
    assert.equal(viewOf(bytes).getUint8(1), 0x78);
  });
});

describe('a block of a text', () => {
  it('has a byte per char', () => {
    const { bytes, length, view } = new Block('a\xe9\xff\0');
    assert.equal(length, 4);
    assert.deepEqual([...bytes], [0x61, 0xe9, 0xff, 0]);
    assert.equal(view.byteLength, 4);
    assert.equal(new Block('').length, 0);
  });
});
