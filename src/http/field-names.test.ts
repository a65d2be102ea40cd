import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  F_HOST,
  fieldIdOf,
  KNOWN_FIELDS,
  lookUpField,
  lookUpInView,
  MAX_KNOWN_LENGTH,
} from './field-names.ts';

/** By bytes and by a view of them, which must agree. */
function look(name: string): number {
  const bytes = Buffer.from(`..${name}..`, 'latin1');
  const id = lookUpField(bytes, 2, 2 + name.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  assert.equal(lookUpInView(view, 2, 2 + name.length), id, name);
  return id;
}

describe('known field names', () => {
  it('are found by their bytes and as strings, in any case', () => {
    for (const [id, name] of KNOWN_FIELDS.entries()) {
      if (id === 0) continue;
      const odd = [...name].map((char, at) => (at % 2 === 0 ? char.toUpperCase() : char)).join('');
      for (const spelling of [name, name.toUpperCase(), odd]) {
        assert.equal(look(spelling), id, spelling);
        assert.equal(fieldIdOf(spelling), id, spelling);
      }
    }
  });

  it('are not what differs from them in one byte', () => {
    for (const name of KNOWN_FIELDS) {
      for (let at = 0; at < name.length; at++) {
        for (const other of ['x', '_', '\0', '\xe9']) {
          const near = name.slice(0, at) + other + name.slice(at + 1);
          if (near !== name) assert.equal(look(near), fieldIdOf(near), near);
        }
      }
    }
    assert.equal(look('hosts'), 0);
    assert.equal(look('hos'), 0);
    assert.equal(look('x'.repeat(500)), 0);
  });

  it('are looked up alike by bytes and by strings', () => {
    const near = fc.tuple(fc.constantFrom(...KNOWN_FIELDS), fc.nat(3), fc.string({ maxLength: 2 }));
    fc.assert(
      fc.property(near, ([name, cut, tail]) => {
        const text = name.slice(cut) + tail.replace(/[^\x21-\x7e]/g, '');
        if (text !== '') assert.equal(look(text), fieldIdOf(text));
      }),
    );
  });

  it('are found in a view that ends with them', () => {
    for (const [id, name] of KNOWN_FIELDS.entries()) {
      if (id === 0) continue;
      const bytes = Buffer.from(`x${name}`, 'latin1');
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      assert.equal(lookUpInView(view, 1, bytes.length), id, name);
    }
  });

  it('are looked up alike in bytes and in a view of them, whatever these are', () => {
    const anyByte = fc.string({
      unit: fc.nat(255).map((byte) => String.fromCharCode(byte)),
      minLength: 1,
    });
    const spelling = fc
      .tuple(fc.constantFrom(...KNOWN_FIELDS.slice(1)), fc.array(fc.boolean()), fc.nat(9))
      .map(([name, upper, bit]) => {
        const spelt = [...name].map((char, at) => (upper[at] ? char.toUpperCase() : char)).join('');
        const last = spelt.charCodeAt(spelt.length - 1) ^ (1 << bit);
        return bit > 7 ? spelt : spelt.slice(0, -1) + String.fromCharCode(last);
      });
    fc.assert(
      fc.property(fc.oneof(anyByte, spelling), (name) => void look(name)),
      { numRuns: 2_000 },
    );
    for (let length = 1; length < 2 * MAX_KNOWN_LENGTH; length++) look('x'.repeat(length));
  });

  it('hold no name of an object member', () => {
    for (const name of ['__proto__', 'constructor', 'toString']) assert.equal(look(name), 0);
    assert.equal(look('HOST'), F_HOST);
  });
});
