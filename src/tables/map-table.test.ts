import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MapTable, NO_RESULT } from './map-table.ts';

test('without hostnames every key is itself', () => {
  const table = new MapTable();
  for (const [i, key] of ['', 'A', '*.x', '.x', 'x.*', 'É'].entries()) {
    assert.equal(table.addKey(key, i), 'added');
  }
  assert.equal(table.addKey('a', 9), 'conflict');
  assert.equal(table.find(''), 0);
  assert.equal(table.find('a'), 1);
  assert.equal(table.find('*.X'), 2);
  assert.equal(table.find('y.x'), NO_RESULT);
  assert.equal(table.find('x.'), NO_RESULT);
  assert.equal(table.find('É'), 5);
  // Bytes above 127 are no letters.
  assert.equal(table.find('é'), NO_RESULT);
});

test('wildcards: what conflicts, what is none', () => {
  const table = new MapTable();
  table.useHostnames();
  const outcome = (key: string) => table.addKey(key, 1);
  for (const key of ['.a.b', '*.c', 'c.*', 'c', '*.d']) assert.equal(outcome(key), 'added', key);
  for (const key of ['a.b', '*.a.b', '.a.b', '*.C', 'C.*', '.d', '.c']) {
    assert.equal(outcome(key), 'conflict', key);
  }
  for (const key of ['*', '*.*', 'a.*.b', '*a', 'a..b', '*.a.*', '*.']) {
    assert.equal(outcome(key), 'invalid', key);
  }
});

test('patterns come in order, after the names and not for an empty text', () => {
  const table = new MapTable();
  const pattern = (expression: RegExp) => ({
    exec: (text: string) => expression.exec(text) ?? undefined,
  });
  table.addPattern(pattern(/^(b)/), 1);
  table.addPattern(pattern(/b|^$/), 2);
  table.addKey('bb', 3);
  assert.equal(table.find('bb'), 3);
  assert.equal(table.captures, undefined);
  assert.equal(table.find('bc'), 1);
  assert.equal(table.captures?.[1], 'b');
  assert.equal(table.find('cb'), 2);
  assert.equal(table.find(''), NO_RESULT);
  assert.equal(table.captures, undefined);
});

/** nginx's documentation, word by word. */
function naive(keys: ReadonlyMap<string, number>, text: string): number {
  const name = (text.endsWith('.') ? text.slice(0, -1) : text).toLowerCase();
  const exact = keys.get(name) ?? keys.get(`.${name}`);
  if (exact !== undefined) return exact;
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
    const found = keys.get(`*${name.slice(dot)}`) ?? keys.get(name.slice(dot));
    if (found !== undefined) return found;
  }
  for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
    const found = keys.get(`${name.slice(0, dot)}.*`);
    if (found !== undefined) return found;
  }
  return NO_RESULT;
}

test('names and wildcards against the rule', () => {
  const label = fc.constantFrom('a', 'B', 'www', 'x-1');
  const name = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.'));
  const key = fc.oneof(
    name,
    name.map((text) => `*.${text}`),
    name.map((text) => `.${text}`),
    name.map((text) => `${text}.*`),
  );
  fc.assert(
    fc.property(
      fc.array(key, { maxLength: 25 }),
      fc.array(
        fc.oneof(
          name,
          name.map((text) => `${text}.`),
          fc.string(),
        ),
        { maxLength: 25 },
      ),
      (keys, texts) => {
        const table = new MapTable();
        table.useHostnames();
        const added = new Map<string, number>();
        for (const [i, text] of keys.entries()) {
          if (table.addKey(text, i) === 'added') added.set(text.toLowerCase(), i);
        }
        for (const text of texts) {
          // A name that begins or ends with a dot is not what the naive form is about.
          if (/^\.|\.\.$|[^\x20-\x7e]|\*/.test(text)) continue;
          assert.equal(table.find(text), naive(added, text), text);
        }
      },
    ),
    { numRuns: 1_000 },
  );
});

test('many keys', () => {
  const table = new MapTable();
  for (let i = 0; i < 20_000; i++) assert.equal(table.addKey(`Key-${i}`, i), 'added');
  for (let i = 0; i < 20_000; i += 7) assert.equal(table.find(`kEY-${i}`), i);
  assert.equal(table.find('key-20000'), NO_RESULT);
});
