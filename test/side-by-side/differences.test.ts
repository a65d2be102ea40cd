// Reasons hold for what they are about, and for nothing that is near.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Difference } from './both.ts';
import { mayLoseCaptures } from './captures.ts';
import { differingParts, type Outcome } from './compare.ts';
import { unexplained } from './differences.ts';
import type { Asked } from './random-request.ts';

/** An answer with some fields, and what the origin saw: start lines. */
function outcome(seen: readonly string[], fields: Readonly<Record<string, string>> = {}): Outcome {
  return {
    answered: {
      line: 'HTTP/1.1 502 Bad Gateway',
      fields: Object.entries(fields),
      body: '',
      isWhole: true,
      interim: [],
    },
    seen: seen.map((line) => [line, 'Host: o', '', '']),
    end: 'open',
  };
}

function difference(
  nginx: Outcome,
  weir: Outcome,
  asked: Partial<Asked> = {},
  without?: Outcome,
): Difference {
  const whole: Asked = {
    method: 'GET',
    target: '/',
    lines: ['Host: one.test'],
    body: '',
    ...asked,
  };
  const dialogue = {
    port: 'PORT_A',
    from: '127.0.0.1',
    isPipelined: false,
    isSplit: false,
    asked: [whole],
  } as const;
  const parts = differingParts(nginx, weir);
  return {
    dialogue,
    asked: whole,
    nginx,
    weir,
    parts,
    ...(without ? { tried: { name: 'n', nginx: without } } : {}),
  };
}

function left(found: Difference, text = ''): readonly string[] {
  return unexplained(found, text).map(({ what }) => what);
}

const CUT = { target: '/?o=cut' };
const AGAIN = 'GET /?o=cut HTTP/1.1';
const PAGE = 'GET /page HTTP/1.1';

test('a request that a kept connection lost comes once more, wherever it stands', () => {
  const [once, twice] = [outcome([AGAIN, PAGE]), outcome([AGAIN, AGAIN, PAGE])];
  assert.deepEqual(left(difference(once, twice, CUT)), []);
  assert.deepEqual(left(difference(twice, once, CUT)), []);
});

test('variables tell of it, and of the upstream where nginx has nobody left to ask', () => {
  const nginx = outcome([AGAIN, AGAIN], { 'x-a': 's-1.1.1.1:80, 1.1.1.1:80, up0' });
  const three = outcome([AGAIN, AGAIN, AGAIN], { 'x-a': 's-1.1.1.1:80, 1.1.1.1:80, 1.1.1.1:80' });
  const other = outcome([AGAIN, AGAIN, AGAIN], { 'x-a': 's-1.1.1.1:80, 1.1.1.1:80, 2.2.2.2:80' });
  assert.deepEqual(left(difference(nginx, three, CUT)), []);
  assert.deepEqual(left(difference(nginx, other, CUT)), ['field x-a']);
});

test('another request, two more, or one that the origin answers are no such repeat', () => {
  const once = outcome([AGAIN]);
  assert.notDeepEqual(left(difference(once, outcome([AGAIN, PAGE]), CUT)), []);
  assert.notDeepEqual(left(difference(once, outcome([AGAIN, AGAIN, AGAIN]), CUT)), []);
  assert.notDeepEqual(left(difference(once, outcome([AGAIN, AGAIN]))), []);
});

test('of a method that nobody knows nginx alone sends a request again, error page or not', () => {
  const frob = 'FROB / HTTP/1.1';
  const weir = outcome([frob, PAGE], { 'x-a': '502 : 200' });
  const nginx = outcome([frob, frob, PAGE], { 'x-a': '502, 502 : 200' });
  assert.deepEqual(left(difference(nginx, weir, { method: 'FROB' })), []);
  assert.notDeepEqual(left(difference(nginx, weir, { method: 'PUT' })), []);
  assert.notDeepEqual(left(difference(weir, nginx, { method: 'FROB' })), []);
  const other = outcome([frob, frob, AGAIN]);
  assert.notDeepEqual(left(difference(other, weir, { method: 'FROB' })), []);
});

test('what is tried out is the reason for what is gone without it, and for nothing else', () => {
  const chunked = { method: 'POST', lines: ['Transfer-Encoding: chunked'], body: '0\r\n\r\n' };
  const nginx = outcome([AGAIN], { 'x-a': '3', 'x-b': 'one' });
  const without = outcome([AGAIN], { 'x-a': '', 'x-b': 'one' });
  const weir = outcome([AGAIN], { 'x-a': '', 'x-b': 'two' });
  const text = 'add_header X-A $content_length;';
  assert.deepEqual(left(difference(nginx, weir, chunked, without), text), ['field x-b']);
  assert.deepEqual(left(difference(nginx, weir, chunked), text), ['field x-a', 'field x-b']);
});

test('captures are lost where a map by regular expression stands beside a numbered one', () => {
  const map = (line: string): string =>
    `map $uri $t0 {\n  ${line};\n}\nmap $host $t1 {\n  a $t0;\n}\n`;
  assert.ok(mayLoseCaptures(`${map('~^a b')}return 200 "$1 $t0";`));
  assert.ok(mayLoseCaptures(`${map('"~^(a)" b')}return 200 "$1 \${t1}";`));
  assert.ok(mayLoseCaptures(`${map('~a b')}proxy_set_body $1;\nproxy_set_header X-A $t0;`));
  assert.ok(!mayLoseCaptures(`${map('a b')}return 200 "$1 $t0";`));
  assert.ok(!mayLoseCaptures(`${map('~a b')}return 200 $1;\nadd_header X-A $t0;`));
  assert.ok(!mayLoseCaptures(`${map('~a b')}return 200 "$1 $t00";`));
});
