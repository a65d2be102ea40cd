import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Block } from './byte-copy.ts';
import { ByteWriter } from './byte-writer.ts';

/** A writer that has `...` in front, and what `write` puts behind it. */
function written(write: (out: ByteWriter) => void): string {
  const out = new ByteWriter(16 * 1024);
  out.bytes.fill('#');
  out.text('...');
  write(out);
  assert.equal(out.bytes[out.at], '#'.charCodeAt(0), 'nothing stands behind what was written');
  assert.equal(out.bytes.toString('latin1', 0, 3), '...');
  return out.bytes.toString('latin1', 3, out.at);
}

const EVERY_BYTE = String.fromCharCode(...Array.from({ length: 256 }, (_, byte) => byte));

describe('a byte writer', () => {
  it('writes text of one byte per char, short and long', () => {
    for (let length = 0; length < 40; length++) {
      for (const text of [EVERY_BYTE.slice(0, length), EVERY_BYTE.slice(256 - length)]) {
        const from = length === 0 ? '' : text;
        assert.equal(
          written((out) => out.text(from)),
          from,
        );
      }
    }
    assert.equal(
      written((out) => out.text(EVERY_BYTE.repeat(30))),
      EVERY_BYTE.repeat(30),
    );
  });

  it('writes one piece behind the other', () => {
    const { bytes, view } = new Block('0123456789');
    const text = written((out) => {
      out.text('a');
      out.byte(0x3a);
      out.copy(view, 2, 5);
      out.copyBuffer(bytes, 5, 10);
      out.copy(view, 4, 4);
      out.copyBuffer(bytes, 4, 4);
      out.crlf();
      out.decimal(10);
      out.text('z');
    });
    assert.equal(text, 'a:23456789\r\n10z');
  });

  it('writes integers to the digit', () => {
    const edges = [0, 1, 9, 10, 11, 99, 100, 101];
    for (let power = 1_000; power < Number.MAX_SAFE_INTEGER; power *= 10) {
      edges.push(power - 1, power, power + 1);
    }
    edges.push(2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 2, 2 ** 53 - 1, 2 ** 53);
    for (const value of edges)
      assert.equal(
        written((out) => out.decimal(value)),
        String(value),
      );
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        assert.equal(
          written((out) => out.decimal(value)),
          String(value),
        );
      }),
    );
  });

  it('keeps what was written when it makes room, in bytes and in view', () => {
    const out = new ByteWriter(4);
    let expected = '';
    for (let count = 0; count < 60; count++) {
      const piece = String(count % 10).repeat(count);
      out.reserve(piece.length);
      assert.ok(out.bytes.length >= out.at + piece.length);
      out.text(piece);
      expected += piece;
      assert.equal(out.bytes.toString('latin1', 0, out.at), expected);
      assert.equal(out.view.buffer, out.bytes.buffer);
      assert.equal(out.view.byteOffset, out.bytes.byteOffset);
      assert.equal(out.view.byteLength, out.bytes.length);
    }
  });

  it('stays where it is when there is room', () => {
    const out = new ByteWriter(10);
    const { bytes } = out;
    out.reserve(10);
    out.text('1234');
    out.reserve(6);
    assert.equal(out.bytes, bytes);
    out.reserve(7);
    assert.notEqual(out.bytes, bytes);
    assert.equal(
      bytes.toString('latin1', 0, 4),
      '1234',
      'whoever refers to the old bytes has them',
    );
  });

  it('holds exactly what it was made for', () => {
    const { view } = new Block('x'.repeat(20));
    for (const length of [0, 1, 7, 8, 9, 17]) {
      const out = new ByteWriter(length);
      out.copy(view, 0, length);
      assert.equal(out.bytes.toString('latin1'), 'x'.repeat(length));
    }
  });
});
