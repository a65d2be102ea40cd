import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, test } from 'node:test';
import { Exchange } from '#src/exchange/exchange.ts';
import { locationOf } from '#test/support/configuration.ts';
import { RewriteRun } from './rewrite-steps.ts';

/** What the steps in a location make of a request; `return` ends them where the text says "end". */
interface Outcome {
  readonly exchange: Exchange;
  readonly run: RewriteRun;
  readonly logged: readonly string[];
}

function exchangeOf(target: string): Exchange {
  const exchange = new Exchange();
  const { request } = exchange;
  const [path = '', ...query] = target.split('?');
  request.method = 'GET';
  request.target = target;
  request.originTarget = target;
  request.queryAt = query.length === 0 ? -1 : path.length;
  request.path = decodeURIComponent(path);
  request.host = 'edge.test';
  return exchange;
}

function runSteps(steps: string, target: string): Outcome {
  const exchange = exchangeOf(target);
  const logged: string[] = [];
  const run = new RewriteRun((_, text) => logged.push(text));
  const location = locationOf(`location / { ${steps} }`);
  assert.ok(location.rewrites, 'the location has steps');
  run.start(location.rewrites, location, exchange);
  return { exchange, run, logged };
}

/** Path and query, `last` when a location is looked for, and what the client is told instead. */
function shown({ exchange, run }: Outcome): string {
  if (run.failure !== undefined) return run.failure;
  if (run.redirectStatus !== 0) return `${run.redirectStatus} ${run.redirectUrl}`;
  if (run.handler !== undefined) return `return ${run.handler.status}`;
  const { originTarget, path } = exchange.request;
  return `${path} ${originTarget}${run.isUriChanged ? ' last' : ''}`;
}

const CASES: readonly (readonly [steps: string, target: string, expected: string])[] = [
  ['rewrite ^/a/(.*)$ /b/$1 last;', '/a/x?q=1', '/b/x /b/x?q=1 last'],
  ['rewrite ^/a/(.*)$ /b/$1 break;', '/a/x?q=1', '/b/x /b/x?q=1'],
  ['rewrite ^/a/(.*)$ /b/$1;', '/a/x', '/b/x /b/x last'],
  ['rewrite ^/a/(.*)$ /b/$1?;', '/a/x?q=1', '/b/x /b/x last'],
  ['rewrite ^/a/(.*)$ /b?i=$1;', '/a/x?q=1', '/b /b?i=x&q=1 last'],
  ['rewrite ^/a/(.*)$ /b?i=$1?;', '/a/x?q=1', '/b /b?i=x last'],
  ['rewrite ^/a/(.*)$ /b?i=$1;', '/a/x%26y', '/b /b?i=x%26y last'],
  ['rewrite ^/a/(.*)$ /b/$1;', '/a/x%26y%20z', '/b/x&y z /b/x&y%20z last'],
  ['rewrite ^/a/ /b; rewrite ^/b$ /c;', '/a/', '/c /c last'],
  ['rewrite ^/a/ /b last; rewrite ^/b$ /c;', '/a/', '/b /b last'],
  ['rewrite ^/no/ /b;', '/a/?q', '/a/ /a/?q'],
  ['rewrite ^/a/(.*)$ /b/$1 redirect;', '/a/x?q', '302 /b/x?q'],
  ['rewrite ^/a/(.*)$ /b/$1? permanent;', '/a/x?q', '301 /b/x'],
  ['rewrite ^/a/(.*)$ /b?i=$1 permanent;', '/a/x?q', '301 /b?i=x&q'],
  ['rewrite ^/a/(.*)$ http://b.test/$1 last;', '/a/x?q', '302 http://b.test/x?q'],
  ['rewrite ^/a/(.*)$ https://b.test/$1 permanent;', '/a/x', '301 https://b.test/x'],
  ['rewrite ^/a/(.*)$ /b/$1 redirect;', '/a/x%20y', '302 /b/x%20y'],
  ['rewrite ^/a/(.*)$ /b/$1 redirect;', '/a/x%7ey', '302 /b/x~y'],
  ['rewrite ^/(?<n>.*)$ /b/$n redirect;', '/a%25b', '302 /b/a'],
  ['rewrite ^/a(.*)$ $1;', '/a', 'rewritten_path_empty'],
  ['rewrite ^/a/(.*)$ $1;', '/a/x', 'rewritten_path_relative'],
  ['rewrite ^/(.*)$ /x?$n; set $n "a b";', '/a', '/x /x last'],
  ['set $n "a b"; rewrite ^ /x?$n;', '/a', 'request_target_malformed'],
  ['set $args "a b";', '/a', 'request_target_malformed'],
  ['set $args a=1;', '/a?b', '/a /a?a=1'],
  ['set $args "";', '/a?b', '/a /a'],
  ['break; rewrite ^ /x;', '/a', '/a /a'],
  ['rewrite ^ /x; break; rewrite ^ /y;', '/a', '/x /x'],
  ['if ($arg_a) { return 403; }', '/a?a=1', 'return 403'],
  ['if ($arg_a) { return 403; }', '/a?a=0', '/a /a?a=0'],
  ['if ($arg_a) { break; } return 403;', '/a?a=1', '/a /a?a=1'],
  ['if ($arg_a = x) { return 403; }', '/?a=x', 'return 403'],
  ['if ($arg_a = x) { return 403; }', '/?a=X', '/ /?a=X'],
  ['if ($arg_a != x) { return 403; }', '/?a=X', 'return 403'],
  ['if ($arg_a ~ ^x) { return 403; }', '/?a=X', '/ /?a=X'],
  ['if ($arg_a ~* ^x) { return 403; }', '/?a=Xy', 'return 403'],
  ['if ($arg_a !~ ^x) { return 403; }', '/?a=Xy', 'return 403'],
  ['if ($arg_a !~* ^x) { return 403; }', '/?a=Xy', '/ /?a=Xy'],
  ['if ($arg_a ~ ^(.)) { set $n $1; rewrite ^ /$n$1; }', '/?a=xy', '/x /x?a=xy last'],
  [
    'if ($arg_a ~ ^(.)) { set $n 1; } rewrite /b/(.) /x; rewrite ^/(.*)$ /[$1];',
    '/c?a=x',
    '/[c] /[c]?a=x last',
  ],
];

for (const [steps, target, expected] of CASES) {
  test(`${steps} makes of ${target} ${expected}`, () => {
    assert.equal(shown(runSteps(steps, target)), expected);
  });
}

describe('an if', () => {
  it('that holds stands in for the location; the last of several does', () => {
    const steps = 'if ($arg_a) { add_header A a; } if ($arg_b) { add_header B b; } set $n 1;';
    const added = (target: string): string[] => {
      const client: object = runSteps(steps, target).run.location?.client ?? {};
      const fields = 'addedFields' in client ? (client.addedFields as { name: string }[]) : [];
      return fields.map(({ name }) => name);
    };
    assert.deepEqual(added('/'), []);
    assert.deepEqual(added('/?a=1'), ['A']);
    assert.deepEqual(added('/?a=1&b=1'), ['B']);
  });

  it('asks for files, folders and what can be executed, anew each time', () => {
    const folder = mkdtempSync(join(tmpdir(), 'weir-if-'));
    try {
      const marks = ['-f', '-d', '-e', '-x', '!-f', '!-d', '!-e', '!-x'];
      const steps = marks.map(
        (mark, at) => `if (${mark} "${folder}/$arg_n") { set $m${at} ${mark}; }`,
      );
      const text = marks.map((_, at) => `$m${at}`).join(' ');
      const asked = (name: string): string[] => {
        const all = `${steps.join(' ')} set $sum "${text}"; rewrite ^ /$sum;`;
        const { exchange } = runSteps(all, `/?n=${name}`);
        return exchange.request.path
          .slice(1)
          .split(' ')
          .filter((mark) => mark !== '');
      };
      assert.deepEqual(asked('file'), ['!-f', '!-d', '!-e', '!-x']);
      writeFileSync(join(folder, 'file'), '', { mode: 0o600 });
      assert.deepEqual(asked('file'), ['-f', '-e', '!-d', '!-x']);
      writeFileSync(join(folder, 'program'), '', { mode: 0o700 });
      assert.deepEqual(asked('program'), ['-f', '-e', '-x', '!-d']);
      mkdirSync(join(folder, 'folder'));
      assert.deepEqual(asked('folder'), ['-d', '-e', '-x', '!-f']);
      // Whatever cannot be asked for is not there.
      assert.deepEqual(asked('x'.repeat(5_000)), ['!-f', '!-d', '!-e', '!-x']);
      rmSync(join(folder, 'file'));
      assert.deepEqual(asked('file'), ['!-f', '!-d', '!-e', '!-x']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('rewrite_log', () => {
  const STEPS = 'if ($arg_a) { set $n 1; } rewrite ^/no /x; rewrite ^/a/(.*)$ /b/$1?i=$1;';

  it('tells what was found and made', () => {
    assert.deepEqual(
      runSteps(`rewrite_log on; ${STEPS} rewrite ^ /to redirect;`, '/a/x?a=1').logged,
      [
        'if ($arg_a) holds',
        '"^/no" does not match "/a/x"',
        '"^/a/(.*)$" matches "/a/x"',
        'rewritten data: "/b/x", args: "i=x&a=1"',
        '"^" matches "/b/x"',
        'rewritten redirect: "/to?i=x&a=1"',
      ],
    );
  });

  it('is off by default', () => {
    assert.deepEqual(runSteps(STEPS, '/a/x').logged, []);
  });
});
