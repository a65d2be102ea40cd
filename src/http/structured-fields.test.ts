import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { readList } from '#test/support/structured-list.ts';
import { type ListMember, listOf } from './structured-fields.ts';

const NO_LIMIT = Number.POSITIVE_INFINITY;

describe('structured fields', () => {
  it('write strings, tokens, numbers and flags as RFC 9651 has them', () => {
    const members: ListMember[] = [
      { item: 'a "b" \\', parameters: { ms: 12, ok: true, no: false, none: undefined } },
      { item: { token: 'up' }, parameters: { name: 'é%"', neg: -3, part: 1 / 3 } },
    ];
    assert.equal(
      listOf(members, NO_LIMIT),
      '"a \\"b\\" \\\\";ms=12;ok, up;name=%"%c3%a9%25%22";neg=-3;part="0.333333"',
    );
  });

  it('hold any text, and no byte that could end a line', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), (texts) => {
        const line = listOf(
          texts.map((item) => ({ item, parameters: { text: item } })),
          NO_LIMIT,
        );
        assert.match(line, /^[\x20-\x7e]*$/);
        const read = readList(line).map(({ item, parameters }) => [item, parameters['text']]);
        assert.deepEqual(
          read,
          texts.map((text) => [text, text]),
        );
      }),
    );
  });

  it('cut off what is very long', () => {
    const [member] = readList(listOf([{ item: 'x'.repeat(100_000), parameters: {} }], NO_LIMIT));
    assert.equal(member?.item, `${'x'.repeat(500)}...`);
  });

  it('end with how many are left when they get too long; the first stands in any case', () => {
    const members = Array.from({ length: 100 }, (_, at) => ({ item: `e${at}`, parameters: {} }));
    assert.equal(listOf(members, 16), '"e0", "e1", more;count=98');
    assert.equal(listOf(members, 1), '"e0", more;count=99');
  });
});
