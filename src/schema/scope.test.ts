import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flag, integer, oneOf, path, size, text, time, tuple } from './arguments.ts';
import { directives, HTTP_SERVER_LOCATION, type ParseTools } from './directive.ts';
import { formatProblem, Problems } from './problem.ts';
import { compileSettings, Scope } from './scope.ts';
import { didYouMean } from './suggestion.ts';
import type { ConfigNode } from './tree.ts';

const TOOLS: ParseTools = {
  compileComplex: (constant) => ({ constant, isOfConnection: true, evaluate: () => constant }),
  resolvePath: (path) => `/prefix/${path}`,
  resolveHost: () => [],
};

const SET = directives({
  waitMs: {
    name: 'wait',
    contexts: HTTP_SERVER_LOCATION,
    argument: time({ default: '60s', min: '1ms', max: '1h' }),
    doc: 'A wait.',
  },
  limit: {
    name: 'limit',
    contexts: HTTP_SERVER_LOCATION,
    argument: integer({ max: 10 }),
    doc: 'A limit.',
  },
  fields: {
    name: 'field',
    contexts: HTTP_SERVER_LOCATION,
    argument: tuple(text({}), size({})),
    repeat: true,
    doc: 'Fields.',
  },
  isOn: { name: 'on', contexts: ['http'], argument: flag({ default: 'off' }), doc: 'A flag.' },
  mode: {
    name: 'mode',
    contexts: ['location'],
    argument: oneOf(['slow', 'fast'], { default: 'slow' }),
    inherit: false,
    doc: 'A mode.',
  },
  file: { name: 'file', contexts: ['location'], argument: path({}), doc: 'A file.' },
});

/** `wait 5s` → a node in that line. */
function node(line: number, words: string, block?: ConfigNode[]): ConfigNode {
  const [name = '', ...rest] = words.split(' ');
  const base = {
    name,
    words: rest.map((word, i) => ({ text: word, line, column: 10 * (i + 1) })),
    file: 'f',
    line,
    column: 1,
  };
  return block === undefined ? base : { ...base, block };
}

function chain(http: ConfigNode[], server: ConfigNode[], location: ConfigNode[]): Scope {
  return Scope.main([], TOOLS)
    .inside('http', node(1, 'http', http))
    .inside('server', node(2, 'server', server))
    .inside('location', node(3, 'location', location));
}

test('without any occurrence the defaults hold, and what has none is undefined', () => {
  const problems = new Problems();
  assert.deepEqual(compileSettings(SET, chain([], [], []), problems), {
    waitMs: 60_000,
    limit: undefined,
    fields: [],
    isOn: false,
    mode: 'slow',
    file: undefined,
  });
  assert.deepEqual(problems.list, []);
});

test('the nearest level that has a directive wins', () => {
  const scope = chain([node(4, 'wait 1s'), node(5, 'on on')], [node(6, 'wait 2s')], []);
  const settings = compileSettings(SET, scope, new Problems());
  assert.equal(settings.waitMs, 2_000);
  assert.equal(settings.isOn, true);
});

test('a repeated directive is inherited whole or not at all', () => {
  const outer = [node(4, 'field a 1'), node(5, 'field b 2')];
  const inherited = compileSettings(SET, chain(outer, [], []), new Problems());
  assert.deepEqual(inherited.fields, [
    ['a', 1],
    ['b', 2],
  ]);
  const own = compileSettings(SET, chain(outer, [], [node(6, 'field c 3k')]), new Problems());
  assert.deepEqual(own.fields, [['c', 3_072]]);
});

test('a level where a directive may not stand is passed over', () => {
  const scope = chain([], [node(4, 'on on'), node(5, 'mode fast')], []);
  const settings = compileSettings(SET, scope, new Problems());
  assert.equal(settings.isOn, false);
  assert.equal(settings.mode, 'slow');
});

test('a bad value is told once, at the word, and the default stands in', () => {
  const problems = new Problems();
  const inner = chain([node(4, 'wait 2h'), node(5, 'limit 11')], [], [node(6, 'mode fsat')]);
  for (let i = 0; i < 3; i++) {
    const settings = compileSettings(SET, inner, problems);
    assert.equal(settings.waitMs, 60_000);
  }
  assert.deepEqual(problems.list.map(formatProblem), [
    'weir: [emerg] invalid time "2h" in "wait" directive, it must be at most 1h in f:4',
    'weir: [emerg] invalid number "11" in "limit" directive, it must be at most 10 in f:5',
    'weir: [emerg] invalid value "fsat" in "mode" directive, did you mean "fast"? in f:6',
  ]);
  assert.equal(problems.list[0]?.column, 10);
});

test('a path is taken from the prefix, and the place of a setting is known', () => {
  const scope = chain([], [], [node(7, 'file a/b')]);
  assert.equal(compileSettings(SET, scope, new Problems()).file, '/prefix/a/b');
  assert.deepEqual(scope.placeOf(SET.file), { file: 'f', line: 7, column: 1 });
  assert.equal(scope.placeOf(SET.limit), undefined);
});

test('what was probably meant is near, or nothing', () => {
  const names = ['proxy_pass', 'proxy_set_header', 'listen', 'location', 'warn'];
  assert.equal(didYouMean('proxy_pas', names), 'did you mean "proxy_pass"?');
  assert.equal(didYouMean('lisetn', names), 'did you mean "listen"?');
  assert.equal(didYouMean('Listen', names), 'did you mean "listen"?');
  assert.equal(didYouMean('warning', names), 'did you mean "warn"?');
  assert.equal(didYouMean('tea', names), undefined);
});

test('a problem is one line, whatever was written', () => {
  const problems = new Problems();
  problems.emerg({ file: 'f', line: 1, column: 1 }, 'bad "a\nb\x1b[31m\x9b"', 'not "\r"');
  const [problem] = problems.list;
  assert.ok(problem);
  assert.equal(formatProblem(problem), 'weir: [emerg] bad "a\\nb\\x1b[31m\\x9b", not "\\r" in f:1');
});

test('a block that says nothing of its own shares the settings around it', () => {
  const shared = directives({ waitMs: SET.waitMs, limit: SET.limit });
  const scope = chain([node(4, 'wait 1s')], [], []);
  const server = scope.parent;
  assert.ok(server);
  const settings = compileSettings(shared, scope, new Problems());
  assert.equal(settings, compileSettings(shared, server, new Problems()));
  assert.ok(Object.isFrozen(settings));
});
