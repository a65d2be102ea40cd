import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestHead, ResponseHead } from './message.ts';

/** Gives every field of the head another value than it has. */
function disturb(head: RequestHead | ResponseHead): void {
  for (const [name, value] of Object.entries(head)) {
    const other = { number: 7, string: 'left over', boolean: !value }[typeof value as string];
    if (other !== undefined) Object.assign(head, { [name]: other });
  }
  head.fields.append(1, 'Host', 'left over');
}

test('nothing of one message reaches the next', () => {
  for (const make of [() => new RequestHead(), () => new ResponseHead()]) {
    const [head, fresh] = [make(), make()];
    disturb(head);
    head.reset();
    const { fields, ...rest } = head;
    const { fields: freshFields, ...freshRest } = fresh;
    assert.deepEqual(rest, freshRest);
    assert.deepEqual([fields.count, fields.text, fields.find(1)], [0, '', -1]);
    assert.deepEqual(fields.countById, freshFields.countById);
  }
});
