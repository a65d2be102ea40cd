import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { F_HOST, fieldIdOf, KNOWN_FIELDS, lookUpField } from './field-names.ts';

function look(name: string): number {
  const bytes = Buffer.from(`..${name}..`, 'latin1');
  return lookUpField(bytes, 2, 2 + name.length);
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

  it('hold no name of an object member', () => {
    for (const name of ['__proto__', 'constructor', 'toString']) assert.equal(look(name), 0);
    assert.equal(look('HOST'), F_HOST);
  });
});
