import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AddedLines, FieldEdits } from './field-edits.ts';
import { F_CONNECTION, F_HOST, fieldIdOf } from './field-names.ts';
import { HeaderMap, MARK_DROP } from './header-map.ts';

function kept(edits: FieldEdits, names: readonly string[], dropped = -1): string[] {
  const fields = new HeaderMap();
  for (const name of names) fields.append(fieldIdOf(name), name, 'x');
  if (dropped >= 0) fields.mark(dropped, MARK_DROP);
  return names.filter((_, index) => edits.keeps(fields, index));
}

describe('field edits', () => {
  it('leave out known fields by id or name, others by name, in any case', () => {
    const edits = new FieldEdits([F_CONNECTION], ['Host', 'X-Secret', 'x-other']);
    const names = ['HOST', 'Connection', 'x-secret', 'X-Other', 'X-Secrets', 'Accept', 'X'];
    assert.deepEqual(kept(edits, names), ['X-Secrets', 'Accept', 'X']);
    assert.equal(edits.dropIds[F_HOST], 1);
    assert.equal(edits.dropIds[0], 0);
  });

  it('leave out what is marked', () => {
    assert.deepEqual(kept(new FieldEdits([], []), ['A', 'Host', 'A'], 2), ['A', 'Host']);
  });
});

describe('added lines', () => {
  const text = ({ at, bytes }: AddedLines): string => bytes.toString('latin1', 0, at);

  it('are filled anew', () => {
    const added = new AddedLines();
    added.add('A', '1');
    added.add('B', '2');
    assert.equal(text(added), 'A: 1\r\nB: 2\r\n');
    added.clear();
    added.add('C', '3');
    assert.equal(text(added), 'C: 3\r\n');
  });

  it('are as many and as long as they must be', () => {
    const added = new AddedLines();
    let expected = '';
    for (let length = 0; length < 300; length++) {
      const value = '\xe9'.repeat(length);
      added.add(`X-${length}`, value);
      expected += `X-${length}: ${value}\r\n`;
    }
    assert.equal(text(added), expected);
  });
});
