import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Exchange } from '#src/exchange/exchange.ts';
import { compilePattern } from '#src/pattern/pattern.ts';
import type { CapturingPattern } from '#src/schema/directive.ts';
import { KeptPattern } from '#src/variables/table-variables.ts';
import { LocationTree } from './location-tree.ts';
import type { Handler, Location } from './model.ts';

const PROXY: Handler = {
  kind: 'proxy',
  upstream: 0,
  target: undefined,
  uri: undefined,
  hostHeader: '',
  port: '',
};
const NONE: Handler = { kind: 'none' };

function capturing(source: string, caseless: boolean): CapturingPattern<Exchange> {
  const pattern = compilePattern(source, { caseless });
  if ('problem' in pattern) throw new Error(pattern.problem);
  return new KeptPattern(pattern, []);
}

/** `= /x` is an exact location, `^~ /x` and `/x` are prefixes, `~ x` and `~* x` regular expressions. */
function location(text: string, handler: Handler = NONE, outer?: Location): Location {
  const [, modifier = '', path = ''] = /^(=|\^~|~\*?|) ?(.*)$/.exec(text) ?? [];
  const isRegex = modifier.startsWith('~');
  const pattern = isRegex ? capturing(path, modifier === '~*') : undefined;
  const kind = modifier === '=' ? 'exact' : isRegex ? 'regex' : 'prefix';
  return {
    match: { kind, path, pattern, stopsSearch: modifier === '^~' },
    handler,
    outer,
  } as Location;
}

function treeOf(...texts: string[]): LocationTree {
  return LocationTree.of(texts.map((text) => location(text)));
}

/** An exchange whose path stands among other bytes, as it does in a head. */
function exchangeFor(path: string): Exchange {
  const exchange = new Exchange();
  const { request } = exchange;
  const bytes = Buffer.from(`GET ${path}?more HTTP/1.1`, 'latin1');
  request.fields.take(bytes, 0, bytes.length);
  request.locateTarget(4, 4 + path.length + '?more'.length);
  request.locatePath(path.length);
  return exchange;
}

function wantsSlash(tree: LocationTree, path: string): boolean {
  const { pathBytes, pathEnd, pathStart } = exchangeFor(path).request;
  return tree.findWithSlash(pathBytes, pathStart, pathEnd) !== undefined;
}

/** What took the path, as it is written. */
function found(tree: LocationTree, path: string, exchange = exchangeFor(path)): string | undefined {
  const match = tree.find(exchange)?.match;
  return match && (match.kind === 'exact' ? `= ${match.path}` : match.path);
}

describe('a location tree', () => {
  it('prefers the exact location, then the longest prefix, whatever their order', () => {
    const locations = ['/', '/images/', '/images/icons', '= /images/', '= /'];
    for (const order of [locations, [...locations].reverse()]) {
      const tree = treeOf(...order);
      assert.equal(found(tree, '/'), '= /');
      assert.equal(found(tree, '/index'), '/');
      assert.equal(found(tree, '/images/'), '= /images/');
      assert.equal(found(tree, '/images/a.png'), '/images/');
      assert.equal(found(tree, '/images/icons/a'), '/images/icons');
      assert.equal(found(tree, '/images/iconset'), '/images/icons');
      assert.equal(found(tree, '/images'), '/');
    }
  });

  it('compares letters as they are written', () => {
    assert.equal(found(treeOf('/A'), '/a'), undefined);
  });

  it('compares bytes, those above 127 too', () => {
    const tree = treeOf('/\xc3\xa9/', '= /\xff', '/\xc3');
    assert.equal(found(tree, '/\xc3\xa9/a'), '/\xc3\xa9/');
    assert.equal(found(tree, '/\xff'), '= /\xff');
    assert.equal(found(tree, '/\xc3\xa8/'), '/\xc3');
    assert.equal(found(tree, '/\x7f'), undefined);
  });

  it('has nothing for a path that no prefix begins, and nothing for "*"', () => {
    assert.equal(found(treeOf('/api/'), '/'), undefined);
    assert.equal(found(treeOf(), '/'), undefined);
    assert.equal(found(treeOf('/'), '*'), undefined);
    assert.equal(found(treeOf('/', '= /a'), ''), undefined);
  });

  it('looks on inside the one that takes the path, and stays there', () => {
    const [root, api] = [location('/'), location('/api')];
    const v1 = location('/api/v1', NONE, api);
    const all = [
      root,
      api,
      v1,
      location('= /api/v1/exact', NONE, v1),
      location('/api/v1/deep/', PROXY, v1),
      location('= /apia', NONE, api),
      location('/inside-root', NONE, root),
    ];
    const tree = LocationTree.of(all);
    for (const [path, expected] of [
      ['/', '/'],
      ['/inside-root/x', '/inside-root'],
      ['/api/x', '/api'],
      ['/apia', '= /apia'],
      ['/apiab', '/api'],
      ['/api/v1x', '/api/v1'],
      ['/api/v1/exact', '= /api/v1/exact'],
      ['/api/v1/exacter', '/api/v1'],
      ['/api/v1/deep/er', '/api/v1/deep/'],
    ] as const) {
      assert.equal(found(tree, path), expected);
    }
    assert.equal(wantsSlash(tree, '/api/v1/deep'), true);
    assert.equal(wantsSlash(tree, '/api/v1/dee'), false);
  });

  it('tries regular expressions in the order of the file, unless a prefix forbids it', () => {
    // The example of nginx's manual, with two more regular expressions.
    const tree = treeOf(
      '= /',
      '/',
      '/documents/',
      '^~ /images/',
      '~* \\.(gif|jpg|jpeg)$',
      '~ ^/(doc)uments/(.)',
    );
    for (const [path, expected, captures] of [
      ['/', '= /', undefined],
      ['/index.html', '/', undefined],
      ['/documents/', '/documents/', undefined],
      ['/documents/d.html', '^/(doc)uments/(.)', ['/documents/d', 'doc', 'd']],
      ['/images/1.gif', '/images/', undefined],
      ['/documents/1.JPG', '\\.(gif|jpg|jpeg)$', ['.JPG', 'JPG']],
    ] as const) {
      const exchange = exchangeFor(path);
      assert.equal(found(tree, path, exchange), expected);
      const kept = exchange.variables.captures;
      assert.deepEqual(kept && [...kept], captures);
    }
  });

  it('asks inside first, then those beside, and goes on inside one that matched', () => {
    const outer = location('/a/');
    const still = location('^~ /b/');
    const php = location('~ \\.php$');
    const tree = LocationTree.of([
      outer,
      location('~ \\.inner$', NONE, outer),
      location('/a/deep/', NONE, outer),
      still,
      location('~ ^/b/.*\\.inner$', NONE, still),
      php,
      location('~ ^/a/admin', NONE, php),
      location('~ /admin'),
    ]);
    for (const [path, expected] of [
      ['/a/x.inner', '\\.inner$'],
      ['/a/deep/x.php', '\\.php$'],
      ['/a/deep/x', '/a/deep/'],
      ['/a/admin/x.php', '^/a/admin'],
      ['/a/admin/x', '/admin'],
      ['/b/x.inner', '^/b/.*\\.inner$'],
      ['/b/x.php', '/b/'],
      ['/c/admin', '/admin'],
      ['/c', undefined],
    ] as const) {
      assert.equal(found(tree, path), expected, path);
    }
  });

  it('finds what a look at every location finds', () => {
    const path = fc.stringMatching(/^\/[ab/]{0,6}$/);
    const locations = fc.array(fc.tuple(fc.boolean(), path), { maxLength: 60 });
    fc.assert(
      fc.property(locations, fc.array(path, { minLength: 1 }), (sketches, asked) => {
        const unique = new Map(sketches.map(([isExact, text]) => [`${isExact}${text}`, isExact]));
        const texts = [...unique].map(
          ([key, isExact]) => (isExact ? '= ' : '') + key.slice(key.indexOf('/')),
        );
        const tree = treeOf(...texts);
        for (const one of asked) {
          const prefixes = texts.filter((text) => one.startsWith(text));
          const longest = prefixes.sort((a, b) => b.length - a.length)[0];
          assert.equal(found(tree, one), texts.includes(`= ${one}`) ? `= ${one}` : longest);
        }
      }),
    );
  });
});

describe('a path without its last slash', () => {
  const proxied = location('/dir/', PROXY);

  it('is sent to the slash of a proxied location', () => {
    const tree = LocationTree.of([proxied, location('/')]);
    assert.equal(wantsSlash(tree, '/dir'), true);
    assert.equal(wantsSlash(tree, '/dir/'), false);
    assert.equal(wantsSlash(tree, '/di'), false);
  });

  it('stays when a location of that path takes it, exact or prefix', () => {
    for (const text of ['= /dir', '/dir']) {
      assert.equal(wantsSlash(LocationTree.of([proxied, location(text)]), '/dir'), false);
      assert.equal(wantsSlash(LocationTree.of([location(text), proxied]), '/dir'), false);
    }
  });

  it('is sent to an exact location, too, but stays when that is not proxied', () => {
    assert.equal(wantsSlash(treeOf('/dir/'), '/dir'), false);
    assert.equal(wantsSlash(LocationTree.of([location('= /dir/', PROXY)]), '/dir'), true);
  });
});
