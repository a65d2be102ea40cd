import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Carry, carryOf } from './carry.ts';

const textOf = (carry: Carry): string => carry.bytes.toString('latin1', 0, carry.length);

describe('a carry', () => {
  it('keeps a copy: the source may change', () => {
    const source = Buffer.from('GET / HTTP');
    const carry = carryOf(source, 4, 10);
    source.fill('!');
    assert.equal(textOf(carry), '/ HTTP');
  });

  it('puts bytes behind those that wait, and moves the rest to the front', () => {
    const carry = carryOf(Buffer.from('one two'), 0, 7);
    carry.append(Buffer.from('-- three--'), 2, 8);
    assert.equal(textOf(carry), 'one two three');
    carry.consume(8);
    assert.equal(textOf(carry), 'three');
    carry.consume(0);
    carry.consume(5);
    assert.equal(carry.length, 0);
  });

  it('holds what a string would, after any appends and consumes', () => {
    const step = fc.record({ bytes: fc.uint8Array({ maxLength: 3_000 }), consume: fc.nat(4_000) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const carry = new Carry(0);
        let expected = '';
        for (const { bytes, consume } of steps) {
          carry.append(Buffer.from(bytes), 0, bytes.length);
          expected += Buffer.from(bytes).toString('latin1');
          const count = Math.min(consume, carry.length);
          carry.consume(count);
          expected = expected.slice(count);
          assert.equal(textOf(carry), expected);
        }
      }),
    );
  });

  it('copies each byte a bounded number of times when they come one by one', () => {
    const carry = new Carry(0);
    let growths = 0;
    for (let count = 0; count < 100_000; count++) {
      const before = carry.bytes;
      carry.append(Buffer.from('x'), 0, 1);
      if (carry.bytes !== before) growths += 1;
    }
    assert.ok(growths <= 8, `${growths} growths`);
  });
});
