import assert from 'node:assert/strict';
import { test } from 'node:test';
import { F_VIA } from '#src/http/field-names.ts';
import { HeaderMap } from '#src/http/header-map.ts';
import { isLooping } from './via-loop.ts';

function viaOf(...values: string[]): HeaderMap {
  const fields = new HeaderMap();
  fields.append(0, 'X-Other', '1.1 edge');
  for (const value of values) fields.append(F_VIA, 'Via', value);
  return fields;
}

const times = (count: number, entry: string): string => Array(count).fill(entry).join(', ');

test('ten mentions are a loop, over all fields', () => {
  assert.equal(isLooping(viaOf(), 'edge'), false);
  assert.equal(isLooping(viaOf(times(9, '1.1 edge')), 'edge'), false);
  assert.equal(isLooping(viaOf(times(10, '1.1 edge')), 'edge'), true);
  assert.equal(isLooping(viaOf(times(5, '1.1 edge'), times(5, '1.1\tedge (x, y)')), 'edge'), true);
  assert.equal(isLooping(viaOf(times(4, '1.1 edge'), times(5, 'HTTP/1.1 edge')), 'edge'), false);
});

test('names of others do not count', () => {
  for (const other of ['1.1 edge2', '1.1 my-edge', '1.1 Edge', '1.1 edge:80']) {
    assert.equal(isLooping(viaOf(times(20, other)), 'edge'), false, other);
  }
});
