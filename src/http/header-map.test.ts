import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Block } from '#src/bytes/byte-copy.ts';
import { F_CONNECTION, F_HOST, fieldIdOf, KNOWN_FIELDS } from './field-names.ts';
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
    assert.equal(map.countOf(F_HOST), 2);
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
    assert.deepEqual([map.marksAt(0), map.marksAt(1)], [MARK_DROP | MARK_UNUSUAL, 0]);
  });

  it('brings nothing of one head into the next', () => {
    const map = mapOf(['Host', 'secret'], ['Connection', 'close'], ['X-A', '1']);
    map.mark(0, MARK_DROP);
    map.reset();
    assert.deepEqual([map.count, map.text], [0, '']);
    for (let id = 0; id < KNOWN_FIELDS.length; id++) {
      assert.deepEqual([map.countOf(id), map.find(id)], [0, -1]);
    }
    map.append(0, 'X-B', '2');
    assert.deepEqual([lines(map), map.marksAt(0)], [['X-B: 2'], 0]);
  });
});

/** A map that has taken a head of that text, which stood among other bytes. */
function taking(map: HeaderMap, text: string): HeaderMap {
  const source = Buffer.from(`before ${text} behind`, 'latin1');
  map.take(source, 7, 7 + text.length);
  source.fill('#');
  return map;
}

describe('a head that was taken', () => {
  const LENGTHS = [0, 1, 7, 8, 9, 511, 512, 513, 1_023, 1_024, 1_025, 4_096, 4_097, 40_000];

  it('is a copy, whatever its length', () => {
    for (const length of LENGTHS) {
      const text = 'abcdefg\xe9'.repeat(length).slice(0, length);
      const map = taking(new HeaderMap(), text);
      assert.equal(map.text, text);
      assert.equal(map.length, length);
      assert.equal(map.view.buffer, map.bytes.buffer);
    }
  });

  it('shows nothing of the one before, longer or shorter', () => {
    const map = new HeaderMap();
    for (const length of [...LENGTHS, ...LENGTHS.toReversed(), 100, 3, 2_000, 5, 9_000, 0]) {
      const secret = taking(map, 's'.repeat(length + 10));
      assert.equal(secret.text.length, length + 10);
      map.reset();
      assert.deepEqual([map.text, map.length, map.count], ['', 0, 0]);
      assert.equal(taking(map, 'n'.repeat(length)).text, 'n'.repeat(length));
      map.append(0, 'A', 'b');
      assert.equal(map.text, `${'n'.repeat(length)}A: b\r\n`);
      map.reset();
    }
  });

  it('takes the place of another without a reset in between', () => {
    const map = taking(new HeaderMap(), 'the first head');
    assert.equal(map.text, 'the first head');
    assert.equal(taking(map, 'second').text, 'second');
  });

  it('keeps little memory behind a long one', () => {
    const map = taking(new HeaderMap(), 'x'.repeat(50_000));
    map.reset();
    assert.ok(map.bytes.length <= 4_096, `${map.bytes.length} bytes`);
    assert.equal(map.view.byteLength, map.bytes.length);
  });

  it('has fields behind it, beyond the memory it was taken into', () => {
    for (const length of [1_000, 1_024, 5_000]) {
      const map = taking(new HeaderMap(), 'h'.repeat(length));
      map.add(0, 0, 4, 5, 9);
      for (let at = 0; at < 50; at++) {
        map.append(fieldIdOf('host'), `X-${at}`, 'v'.repeat(at * 10));
        assert.equal(map.text.length, map.length);
      }
      assert.ok(map.text.startsWith('h'.repeat(length)));
      for (let at = 0; at < 50; at++) {
        assert.equal(map.nameAt(at + 1), `X-${at}`);
        assert.equal(map.valueAt(at + 1), 'v'.repeat(at * 10));
        assert.equal(map.valueEquals(at + 1, new Block('v'.repeat(at * 10))), true);
      }
      assert.deepEqual([map.nameAt(0), map.valueAt(0)], ['hhhh', 'hhhh']);
      assert.equal(map.view.buffer, map.bytes.buffer);
    }
  });
});

describe('the value of a field', () => {
  it('is replaced by one of any length, and no other is', () => {
    const map = mapOf(['A', '1'], ['Host', 'b.test'], ['C', '3']);
    for (const value of ['', 'x', 'shorter', 'longer '.repeat(400), '\xe9']) {
      map.setValue(1, value);
      assert.deepEqual(lines(map), ['A: 1', `Host: ${value}`, 'C: 3']);
      assert.equal(map.get(F_HOST), value);
      assert.equal(map.valueEquals(1, new Block(value)), true);
      assert.deepEqual(
        [0, 1, 2].map((index) => map.marksAt(index)),
        [0, MARK_UNUSUAL, 0],
      );
      assert.equal(map.text.length, map.length);
    }
    map.append(0, 'D', '4');
    assert.equal(lines(map).at(-1), 'D: 4');
  });

  it('equals a text byte by byte', () => {
    const map = mapOf(['A', 'keep-alive'], ['B', ''], ['C', 'k\xe9']);
    assert.equal(map.valueEquals(0, new Block('keep-alive')), true);
    for (const other of [
      '',
      'keep-aliv',
      'keep-alive,',
      'Keep-Alive',
      'xeep-alive',
      'keep-alivx',
    ]) {
      assert.equal(map.valueEquals(0, new Block(other)), false, other);
    }
    assert.deepEqual(
      [map.valueEquals(1, new Block('')), map.valueEquals(1, new Block('C'))],
      [true, false],
    );
    assert.equal(map.valueEquals(2, new Block('k\xe9')), true);
  });
});

describe('a header map of any life', () => {
  it('says what a list of names and values would say', () => {
    const value = fc.oneof(
      fc.stringMatching(/^[\x21-\xff]{0,20}$/),
      fc.integer({ min: 0, max: 3_000 }).map((length) => 'l'.repeat(length)),
    );
    const step = fc.record({
      does: fc.constantFrom('append', 'set', 'take', 'reset'),
      value,
      at: fc.nat(50),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const map = new HeaderMap();
        let [head, expected] = ['', [] as [string, string][]];
        for (const { at, does, value } of steps) {
          if (does === 'append') {
            map.append(0, `N${at}`, value);
            expected.push([`N${at}`, value]);
          } else if (does === 'set' && expected.length > 0) {
            map.setValue(at % expected.length, value);
            (expected[at % expected.length] as [string, string])[1] = value;
          } else if (does === 'take' || does === 'reset') {
            map.reset();
            head = does === 'take' ? value : '';
            taking(map, head);
            expected = [];
          }
          assert.equal(map.text.length, map.length);
          assert.ok(map.text.startsWith(head));
          assert.deepEqual(
            lines(map),
            expected.map(([name, text]) => `${name}: ${text}`),
          );
        }
      }),
    );
  });
});
