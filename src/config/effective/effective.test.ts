import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildModel } from '#src/config/build.ts';
import { parse } from '#src/config/syntax/parser.ts';
import { print } from '#src/config/syntax/print.ts';
import { formatProblem, Problems } from '#src/schema/problem.ts';
import type { Scope } from '#src/schema/scope.ts';
import { comparable } from '#test/support/comparable.ts';
import { treeOf } from '#test/support/configuration.ts';
import { effectiveNodes } from './effective.ts';

const ROOT = join(import.meta.dirname, '../../..');
const FOLDERS = ['test/config/good', 'test/config/doubtful'].map((folder) => join(ROOT, folder));
const CORPUS = [
  ...FOLDERS.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name))),
  join(ROOT, 'conf/weir.conf'),
];

/** The effective text of a configuration, and what it is built to. */
function effective(text: string): { text: string; model: unknown } {
  const seen: Scope[] = [];
  const tree = treeOf(text);
  const { model, problems } = buildModel(tree, undefined, (main) => seen.push(main));
  const fatal = problems.filter(({ severity }) => severity === 'emerg').map(formatProblem);
  assert.deepEqual(fatal, [], text);
  const [main] = seen;
  assert.ok(main !== undefined && model !== undefined);
  return { text: print(effectiveNodes(main, tree)), model };
}

/** The lines of a block that holds nothing but directives, by its first line. */
function linesOf(text: string, opener: string): string[] {
  const lines = text.split('\n').map((line) => line.trim());
  const start = lines.indexOf(opener);
  assert.ok(start >= 0, opener);
  return lines.slice(start + 1, lines.indexOf('}', start));
}

/** Where things stand, and what depends on the text as a whole. */
const NOT_COMPARED: ReadonlySet<string> = new Set(['place', 'hash', 'line', 'column', 'word']);

for (const file of CORPUS) {
  test(`what holds is a configuration that means the same: ${file.slice(ROOT.length + 1)}`, () => {
    const given = effective(readFileSync(file, 'utf8'));
    const again = effective(given.text);
    assert.equal(again.text, given.text);
    assert.deepEqual(comparable(again.model, NOT_COMPARED), comparable(given.model, NOT_COMPARED));
  });
}

test('defaults are written out, and locations have what they inherit', () => {
  const { text } = effective(`http {
    proxy_read_timeout 7s;
    proxy_set_header A 1;
    access_log logs/a.log;
    server {
      location /a { proxy_pass http://127.0.0.1:1; proxy_set_header B 2; }
      location /b { proxy_pass http://127.0.0.1:1; }
    }
  }`);
  const lines = text.split('\n');
  for (const line of ['worker_processes 1;', 'error_log stderr error;', 'pid /p/weir.pid;']) {
    assert.ok(lines.includes(line), line);
  }
  assert.ok(linesOf(text, 'events {').includes('worker_connections 512;'));
  for (const line of ['listen 0.0.0.0:80;', 'server_name "";', 'access_log /p/logs/a.log;']) {
    assert.ok(linesOf(text, 'server {').includes(line), line);
  }
  const headers = (opener: string) => {
    return linesOf(text, opener).filter((line) => /set_header|read_timeout|send_t/.test(line));
  };
  assert.deepEqual(headers('location /a {'), [
    'send_timeout 60s;',
    'proxy_set_header B 2;',
    'proxy_send_timeout 60s;',
    'proxy_read_timeout 7s;',
  ]);
  assert.ok(headers('location /b {').includes('proxy_set_header A 1;'));
});

test('fields that are merged are written out once', () => {
  const { text } =
    effective(`http { add_header A 1; server { add_header B 2; add_header_inherit merge;
    location / { add_header C 3; return 204; } } }`);
  const added = linesOf(text, 'location / {').filter((line) => line.startsWith('add_header'));
  assert.deepEqual(added, [
    'add_header C 3;',
    'add_header B 2;',
    'add_header A 1;',
    'add_header_inherit off;',
  ]);
  assert.equal(effective(text).text, text);
});

test('steps stay in their order, and what has no effect is left out', () => {
  const { text } = effective(`http { sendfile on; server { listen 80;
    location / { set $b 2; rewrite ^/x /y; if ($arg_a) { return 403; } set $a $b; } } }`);
  assert.doesNotMatch(text, /sendfile/);
  const [, steps] = /(set \$b 2;[\s\S]*set \$a \$b;)/.exec(text) ?? [];
  assert.deepEqual(
    steps?.split('\n').map((line) => line.trim()),
    ['set $b 2;', 'rewrite ^/x /y;', 'if ($arg_a) {', 'return 403;', '}', 'set $a $b;'],
  );
});

const SECRETS = `http {
  map $http_authorization $who { default ""; "Basic aHVudGVyMg==" ann; "~^Bearer (?<id>hunter2.*)$" $id; }
  map $who $upstream_token { default hunter2; ann ""; bob $arg_t; }
  log_format with_token '$arg_token token=$arg_token';
  server {
    listen 80;
    set $api_key hunter2;
    set $use_token 1;
    if ($arg_secret !~ "^(?<rest>hunter2)$") { return 403 "$rest"; }
    if ($http_x_api_key = "hunter2 x") { return 302 "https://ann:hunter2@a.test/?token=hunter2&x=1"; }
    location / {
      proxy_pass http://127.0.0.1:1;
      proxy_set_header Authorization "Basic hunter2=";
      proxy_set_header X-Auth-Token "pre-$remote_addr-hunter2";
      proxy_set_header X-Passed-Token $http_x_token;
      proxy_set_header X-Gone-Token "";
      proxy_set_header Cookie "sid=hunter2; theme=dark";
      proxy_set_header X-Url "redis://:hunter2@127.0.0.1/";
      proxy_set_body '{"user":"ann","password":"hunter2","t":"$arg_token"}';
      add_header Set-Cookie "sid=$remote_addr; Path=/";
    }
  }
}`;

test('secrets are masked, what is none is not, and the text can be read again', () => {
  const { text } = effective(SECRETS);
  assert.doesNotMatch(text, /hunter2|aHVudGVyMg/);
  for (const line of [
    'default "";',
    '<secret-1> ann;',
    '~<secret-2>(?<id>) $id;',
    'default <secret>;',
    'ann "";',
    'bob $arg_t;',
    'log_format with_token "$arg_token token=$arg_token";',
    'set $api_key <secret>;',
    'set $use_token 1;',
    'if ($arg_secret !~ <secret>(?<rest>) ) {',
    'if ($http_x_api_key = <secret> ) {',
    'return 302 https://ann:<secret>@a.test/?token=<secret>&x=1;',
    'proxy_set_header Authorization "Basic <secret>";',
    'proxy_set_header X-Auth-Token <secret>;',
    'proxy_set_header X-Passed-Token $http_x_token;',
    'proxy_set_header X-Gone-Token "";',
    'proxy_set_header Cookie "sid=<secret>; theme=dark";',
    'proxy_set_header X-Url redis://:<secret>@127.0.0.1/;',
    String.raw`proxy_set_body "{\"user\":\"ann\",\"password\":\"<secret>\",\"t\":\"$arg_token\"}";`,
    'add_header Set-Cookie "sid=$remote_addr; Path=/";',
  ]) {
    assert.ok(
      text.split('\n').some((one) => one.trim() === line),
      `${line}\n${text}`,
    );
  }
  assert.equal(effective(text).text, text);
});

test('the text reads back as the tree that it was printed from', () => {
  const { text } = effective(SECRETS);
  const problems = new Problems();
  assert.equal(print(parse(text, 'e.conf', problems)), text);
  assert.deepEqual(problems.list, []);
});
