import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { F_CONNECTION, F_HOST, fieldIdOf } from './field-names.ts';
import { HeaderMap, MARK_DROP, MARK_UNUSUAL } from './header-map.ts';

function mapOf(...fields: [name: string, value: string][]): HeaderMap {
  const map = new HeaderMap();
  for (const [name, value] of fields) map.append(fieldIdOf(name), name, value);
  return map;
}

const lines = (map: HeaderMap): string[] =>
  Array.from({ length: map.count }, (_, index) => `${map.nameAt(index)}: ${map.valueAt(index)}`);

describe('a header map', () => {
  it('keeps fields in order, as they were written', () => {
    const map = mapOf(['Host', 'a.test'], ['X-One', '1'], ['host', 'b'], ['X-One', '']);
    assert.deepEqual(lines(map), ['Host: a.test', 'X-One: 1', 'host: b', 'X-One: ']);
  });

  it('finds known fields by id, whatever their case, and counts them', () => {
    const map = mapOf(['X-A', '1'], ['HOST', 'a'], ['host', 'b']);
    assert.equal(map.find(F_HOST), 1);
    assert.equal(map.get(F_HOST), 'a');
    assert.equal(map.countById[F_HOST], 2);
    assert.equal(map.find(F_CONNECTION), -1);
    assert.equal(map.get(F_CONNECTION), undefined);
  });

  it('finds any field by its name in lower case', () => {
    const map = mapOf(['X-A', '1'], ['x-a', '2'], ['__proto__', 'p']);
    assert.equal(map.lookUp('x-a'), '1');
    assert.equal(map.lookUp('x'), undefined);
    assert.equal(map.lookUp('__proto__'), 'p');
    assert.equal(map.lookUp('constructor'), undefined);
    assert.equal(map.joined('x-a', ', '), '1, 2');
    assert.equal(map.joined('none', ', '), undefined);
  });

  it('compares names without their values', () => {
    const map = mapOf(['X-Long-Name', 'x-short']);
    assert.equal(map.nameEquals(0, 'x-long-name'), true);
    assert.equal(map.nameEquals(0, 'x-long-nam'), false);
    assert.equal(map.nameEquals(0, 'x-long-name:'), false);
  });

  it('gathers marks', () => {
    const map = mapOf(['A', '1'], ['B', '2']);
    map.mark(0, MARK_DROP);
    map.mark(0, MARK_UNUSUAL);
    assert.deepEqual([map.marks[0], map.marks[1]], [MARK_DROP | MARK_UNUSUAL, 0]);
  });

  it('brings nothing of one head into the next', () => {
    const map = mapOf(['Host', 'secret'], ['Connection', 'close'], ['X-A', '1']);
    map.mark(0, MARK_DROP);
    map.reset();
    assert.deepEqual([map.count, map.text], [0, '']);
    assert.ok(map.countById.every((count) => count === 0));
    assert.ok(map.firstById.every((index) => index === 0));
    map.append(0, 'X-B', '2');
    assert.deepEqual([lines(map), map.marks[0]], [['X-B: 2'], 0]);
  });
});
