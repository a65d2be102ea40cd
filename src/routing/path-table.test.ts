import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { PathTable, WholePaths } from './path-table.ts';

/** Asks for a path that stands among other bytes. */
function find<T>(table: PathTable<T> | WholePaths<T>, path: string): T | undefined {
  const bytes = Buffer.from(`/a${path}/a`, 'latin1');
  return table.find(bytes, 2, 2 + path.length);
}

function tableOf(...paths: string[]): PathTable<string> {
  const table = new PathTable<string>(paths[0]?.length ?? 0);
  for (const path of paths) table.set(path, path);
  return table;
}

/** So many different paths of four bytes. */
const four = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => `/${String(at).padStart(3, '0')}`);

describe('a table of paths of one length', () => {
  it('finds what begins a path, few or many', () => {
    for (const count of [1, 2, 8, 9, 200]) {
      const paths = four(count);
      const table = tableOf(...paths);
      for (const path of paths) {
        assert.equal(find(table, path), path);
        assert.equal(find(table, `${path}/more`), path);
        assert.equal(find(table, path.slice(0, -1)), undefined, 'too short');
      }
      assert.equal(find(table, '/abc'), undefined);
      assert.equal(find(table, '/00'), undefined, 'what stands behind the path is not looked at');
      assert.equal(find(table, ''), undefined);
    }
  });

  it('has the later of two values for a path, few or many', () => {
    for (const count of [1, 8, 9, 20]) {
      const table = tableOf(...four(count));
      table.set('/000', 'later');
      assert.equal(find(table, '/000'), 'later');
      assert.equal(find(table, '/001'), count === 1 ? undefined : '/001');
    }
  });

  it('compares bytes', () => {
    for (const others of [[], four(9)]) {
      const table = tableOf('/\xc3\xa9/', ...others);
      assert.equal(find(table, '/\xc3\xa9/'), '/\xc3\xa9/');
      assert.equal(find(table, '/\xc3\xa8/'), undefined);
      assert.equal(find(table, '/C)/'), undefined, 'the same bits but the highest');
    }
  });
});

describe('whole paths', () => {
  it('are found as a whole, whatever their length', () => {
    const paths = new WholePaths<string>();
    for (const path of ['/', '/a', '/a/b', `/${'x'.repeat(500)}`, ...four(12)])
      paths.set(path, path);
    for (const path of ['/', '/a', '/a/b', `/${'x'.repeat(500)}`, '/011']) {
      assert.equal(find(paths, path), path);
    }
    const others = ['', '/b', '/a/', '/a/b/', '/0111', `/${'x'.repeat(499)}`, 'x'.repeat(10_000)];
    for (const path of others) assert.equal(find(paths, path), undefined);
  });

  it('are what a Map of strings holds', () => {
    const path = fc.stringMatching(/^[ab\xe9/]{0,5}$/);
    fc.assert(
      fc.property(fc.array(path, { maxLength: 60 }), fc.array(path), (set, asked) => {
        const [paths, map] = [new WholePaths<number>(), new Map<string, number>()];
        for (const [at, one] of set.entries()) {
          paths.set(one, at);
          map.set(one, at);
        }
        for (const one of [...set, ...asked]) assert.equal(find(paths, one), map.get(one));
      }),
    );
  });
});
