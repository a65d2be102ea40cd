import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '#src/base/clock.ts';
import { Exchange } from '#src/exchange/exchange.ts';
import type { ComplexValue } from '#src/schema/complex-value.ts';
import { formatProblem, Problems } from '#src/schema/problem.ts';
import { Scope } from '#src/schema/scope.ts';
import { build, treeOf } from '#test/support/configuration.ts';
import { type PatternCompiler, VariableCompiler } from './compiler.ts';
import { declareTables } from './table-directives.ts';

/** Stands in for src/pattern: what matters here is what becomes of a match. */
const compilePattern: PatternCompiler = (source, { caseless }) => {
  const expression = new RegExp(source, caseless ? 'i' : '');
  const groups = [...source.matchAll(/\(\?<(\w+)>/g)].map(([, name = ''], i) => [name, i + 1]);
  return {
    names: new Map(groups as [string, number][]),
    exec: (text) => expression.exec(text) ?? undefined,
  };
};

/** The compiler that knows the tables of a text. */
function compilerOf(text: string): { compiler: VariableCompiler; problems: Problems } {
  const environment = { clock: new ManualClock(), hostname: 'h', pid: 1 };
  const compiler = new VariableCompiler(environment, compilePattern);
  const problems = new Problems();
  const { patterns } = compiler;
  assert.ok(patterns);
  const scope = Scope.main(treeOf(text).nodes, {
    compilePattern: patterns,
    compileComplex: (value, place, found) => compiler.compile(value, place, found),
    resolvePath: (path) => path,
    resolveHost: () => [],
  });
  declareTables(scope, compiler, problems);
  return { compiler, problems };
}

/** A text with the variables of `tables`. */
function valueOf(tables: string, text: string): ComplexValue<Exchange> {
  const { compiler, problems } = compilerOf(tables);
  const value = compiler.compile(text, { file: '', line: 0, column: 0 }, problems);
  assert.deepEqual(problems.list.map(formatProblem), []);
  assert.ok(value);
  return value;
}

/** Asks with a query, each time as a new exchange. */
function answers(value: ComplexValue<Exchange>, queries: readonly string[]): string[] {
  const exchange = new Exchange();
  return queries.map((query) => {
    exchange.reset();
    exchange.request.originTarget = `/?${query}`;
    exchange.request.queryAt = 1;
    return value.evaluate(exchange);
  });
}

test('a map: its own words, escaped words, results with variables, no result', () => {
  const value = valueOf(
    String.raw`map $arg_a-$arg_b $R { default d; a- "A"; -b <$arg_b>; \default- e; "\\~x-" f; ü- ö; }`,
    '[$r]',
  );
  assert.deepEqual(answers(value, ['a=a', 'a=A', 'b=B', 'a=default', 'a=~x', 'a=%C3', 'a=Ã¼']), [
    '[A]',
    '[A]',
    '[<B>]',
    '[e]',
    '[f]',
    '[d]',
    '[Ã¶]',
  ]);
  assert.deepEqual(answers(valueOf('map $arg_a $r { x y; }', '[$r]'), ['a=z', 'a=x', '']), [
    '[]',
    '[y]',
    '[]',
  ]);
});

test('captures of a map are there for its result and for whoever comes later', () => {
  const value = valueOf(
    'map $arg_a $r { ~^(?<First>.)(.)$ "$2$first"; ~*^X "x$1"; }',
    '$first|$r|$first|$2',
  );
  assert.deepEqual(answers(value, ['a=pq', 'a=xyz', 'a=nothing']), ['|qp|p|q', '|x||', '|||']);
});

test('a map is worked out once per exchange, a volatile one each time', () => {
  const inner =
    'map $arg_a $once { default $arg_a; } map $arg_a $each { volatile; default $arg_a; }';
  const value = valueOf(inner, '$once$each');
  const exchange = new Exchange();
  const ask = (query: string) => {
    exchange.request.originTarget = `/?a=${query}`;
    exchange.request.queryAt = 1;
    return value.evaluate(exchange);
  };
  assert.equal(ask('1'), '11');
  assert.equal(ask('2'), '12');
  exchange.reset();
  assert.equal(ask('3'), '33');
});

test('maps on maps, in any order; what depends on the connection alone says so', () => {
  const tables = `map $b $c { x y; } map $arg_a $b { 1 x; }
    map $remote_addr $d { default $scheme; } geo $e { default 1; } map $d$host $f { default $arg_x; }
    split_clients $remote_addr $g { * 1; }`;
  assert.deepEqual(answers(valueOf(tables, '$c'), ['a=1', 'a=2']), ['y', '']);
  for (const [name, isOfConnection] of Object.entries({
    b: false,
    d: true,
    e: true,
    f: false,
    g: true,
  })) {
    assert.equal(valueOf(tables, `$${name}`).isOfConnection, isOfConnection, name);
  }
});

test('geo: networks and ranges of an address that a variable gives', () => {
  const value = valueOf(
    `geo $arg_a $n { default 0; 10.0.0.0/8 1; 10.1.0.0/16 2; 10.1.2.0/24 x; delete 10.1.2.0/24; ::1 6; }
     geo $arg_a $r { ranges; default 0; 10.0.0.0-10.0.0.9 1; 10.0.0.5-10.0.0.5 2; }`,
    '$n$r',
  );
  assert.deepEqual(
    answers(value, ['a=10.0.0.5', 'a=10.1.2.3', 'a=::1', 'a=::2', 'a=x', '', 'a=::ffff:10.0.0.9']),
    ['12', '20', '60', '00', '00', '00', '11'],
  );
});

/** What a text in `http` is told, without the places. */
function toldOf(text: string): string[] {
  const { problems } = build(`events { } http { ${text} }`);
  return problems.map((line) => line.replace(/ in w\.conf:1$/, '').replace(/^weir: /, ''));
}

test('what is wrong is told as nginx tells it, with advice', () => {
  for (const [text, ...told] of [
    ['map $host x { }', '[emerg] invalid variable name "x", it begins'],
    ['map $hots $x { }', '[emerg] unknown "hots" variable, did you mean "$host"?'],
    ['map $host $x { a $hots; }', '[emerg] unknown "hots" variable, did you mean "$host"?'],
    ['map $host $x { a b; A c; }', '[emerg] conflicting parameter "A"'],
    ['map $host $x { hostnames; a.*.b c; }', '[emerg] invalid hostname or wildcard "a.*.b"'],
    ['map $host $x { default a; default b; }', '[emerg] duplicate default map parameter'],
    [
      'map $host $x { hostname; }',
      '[emerg] invalid number of the map parameters, did you mean "hostnames"?',
    ],
    ['map $host $x { a b c; }', '[emerg] invalid number of the map parameters, quote'],
    ['map $host $x { a b { } }', '[emerg] unexpected "{"'],
    ['map $host $scheme { }', '[emerg] the duplicate "scheme" variable'],
    ['map $host $x { } map $uri $x { }', '[warn] "$x" is defined twice'],
    ['map $y $x { } map $x $y { }', '[emerg] cycle while evaluating variable "x"'],
    ['map $host $x { a $x; }', '[emerg] cycle while evaluating variable "x", it goes over "$x"'],
    ['geo $x { 1.2.3.4/33 a; }', '[emerg] invalid network "1.2.3.4/33"'],
    ['geo $x { 1.2.3.4/8 a; }', '[warn] low address bits of 1.2.3.4/8 are meaningless'],
    [
      'geo $x { 1.0.0.0/8 a; 1.0.0.0/8 b; }',
      '[warn] duplicate network "1.0.0.0/8", value: "b", old value: "a"',
    ],
    ['geo $x { delete 1.0.0.0/8; }', '[warn] no network "1.0.0.0/8" to delete'],
    ['geo $x { default a; ranges; }', '[emerg] the "ranges" directive must be the first'],
    ['geo $x { ranges; 1.0.0.0/8 a; }', '[emerg] invalid range "1.0.0.0/8"'],
    [
      'geo $x { ranges; 1.0.0.5-1.0.0.9 a; 1.0.0.1-1.0.0.6 b; }',
      '[emerg] range "1.0.0.1-1.0.0.6" overlaps "1.0.0.5-1.0.0.9"',
    ],
    ['geo $x { proxy example.org; }', '[emerg] invalid network "example.org"'],
    ['geo host $x { }', '[emerg] invalid variable name "host"'],
    ['split_clients $host $x { 0% a; }', '[emerg] invalid percent value "0%"'],
    ['split_clients $host $x { 60% a; 41% b; }', '[emerg] percent total is greater than 100%'],
    ['split_clients $host $x { * a; 1% b; }', '[emerg] percent total is greater than 100%'],
  ] as const) {
    const found = toldOf(text);
    assert.equal(found.length, told.length, `${text}: ${found.join(' | ')}`);
    for (const [i, start] of told.entries()) {
      assert.ok(found[i]?.startsWith(start), `${text}: ${found.join(' | ')}`);
    }
  }
});

test('a table may stand behind what uses it', () => {
  const { model, problems } = build(
    'events { } http { server { return 200 $x; } map $host $x { default 1; } }',
  );
  assert.deepEqual(problems, []);
  assert.ok(model);
});
