// What the generator found, as small as its minimiser made it: each stays as nginx has it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from '#src/config/syntax/parser.ts';
import { Problems } from '#src/schema/problem.ts';
import type { ConfigNode } from '#src/schema/tree.ts';
import { requirePeer } from '#test/support/peers.ts';
import { Both } from './both.ts';
import { type ConfNode, word } from './conf-node.ts';
import type { Asked, Dialogue } from './random-request.ts';

/** What stands in a server, and the heads' first lines and more that are asked of it. */
const FOUND: readonly (readonly [what: string, server: string, ...asked: string[]])[] = [
  ['where nothing answers, files would be', '', 'PUT /', 'OPTIONS /a', 'GET /', 'POST /', 'FROB /'],
  [
    'the slash is that of the location',
    `location /a.b/ { proxy_pass http://ORIGIN/up; server_tokens off; add_header X-A 1 always; }
     location ~ ^/a { return 418; }`,
    'GET //a.b',
    'GET /a.b?',
    'GET /a.b?x',
    'GET /./a%2Eb',
  ],
  [
    'an exact location redirects to its slash, too, but not what an exact one takes',
    `location ^~ /a { proxy_pass http://ORIGIN; location = /a/ { proxy_pass http://ORIGIN; } }
     location = / { proxy_pass http://ORIGIN; }
     location / { return 200; location = // { proxy_pass http://ORIGIN; } }`,
    'GET /a',
    'GET /a/',
    'GET /',
  ],
  [
    'of two locations with a slash the exact one redirects to it',
    `location /api/ { proxy_pass http://ORIGIN$uri; } location = /api/ { internal; }
     location /b/ { proxy_pass http://ORIGIN; } location = /b/ { add_header X-A exact always; return 200; }`,
    'GET /api',
    'GET /b',
    'GET /b/',
  ],
  [
    'what is inside an internal location is internal',
    'location / { internal; location ~ png$ { return 200 in; } location /a/ { return 200 in; } }',
    'GET /x.png',
    'GET /a/b',
  ],
  [
    'an empty text has a type and a length',
    'location /a { return 200 $arg_x; } location /b { return 201; } location /c { return 503 ""; }',
    'GET /a',
    'HEAD /a',
    'GET /b',
    'HEAD /b',
    'HEAD /c',
    'GET /c',
  ],
  [
    'a status without a name has no page',
    'location /a { return 418; } location /b { return 599; }',
    'GET /a',
    'HEAD /a',
    'GET /b',
  ],
  [
    'a name that begins with its only dot has no extension',
    'return 200 x; types { a/b x; }',
    'GET /.x',
    'GET /%2e.x',
    'GET /.a.x',
    'GET /a.x',
  ],
  ['a capture ends with its digit', 'location ~ ^/(.) { return 200 "$1a$12"; }', 'GET /z'],
  [
    'a path is escaped for the endpoint where the client has escaped some of it',
    'location /a { proxy_pass http://ORIGIN/%41/; } location /b { set $args x; proxy_pass http://ORIGIN; }',
    'GET /ab|c',
    'GET /ab|c%22%3C',
    'GET /b|c',
    'GET /b|c%7C',
    'GET /ab?',
  ],
  [
    'what is left of broken escapes in a redirect',
    'rewrite ^/(?<n>.*)$ /b/$n redirect;',
    'GET /a%25b',
    'GET /a%25',
    'GET /a%25zz%2541',
  ],
  [
    'captures are escaped again in what is set, until something is rewritten',
    `location ~ ^/a(.*)$ { set $v $1; return 200 "$v $1"; }
     location ~ ^/b(.*)$ { rewrite ^/b(.*)$ /b2$1; set $v $1; break; return 200; proxy_pass http://ORIGIN; }`,
    'GET /a+b',
    'GET /a%20b',
    'GET /ab',
    'GET /b+c',
  ],
  [
    'proxy_redirect of the location holds in its if, and inside',
    `location /a { proxy_pass http://ORIGIN/up; proxy_redirect default; proxy_redirect /a/ /q/;
       if ($arg_i) { proxy_pass http://ORIGIN; }
       location /a/in { proxy_pass http://ORIGIN; } }
     location /c { proxy_redirect http://ORIGIN/ /r/; location /c/in { proxy_pass http://ORIGIN; } }`,
    'GET /a?o=created',
    'GET /a?o=created&i=1',
    'GET /a/in?o=moved-path',
    'GET /c/in?o=refresh',
  ],
  [
    'a body that an error page does not want leaves the connection open',
    'error_page 404 /page; location = /page { return 200 page; } location /a { return 404; }',
    'POST /a\r\nContent-Length: 3',
  ],
  [
    'what a server returns comes before the limits of bodies',
    'client_max_body_size 2; return 200 ok;',
    'POST /a\r\nContent-Length: 3',
  ],
  [
    '$status of an error page',
    `add_header X-Status $status always; error_page 405 =200 /page; error_page 404 http://else.test/e;
     location /page { return 201 page; } location /a { return 405; }
     location /b { error_page 403 =404 /c; return 403; } location /c { return 304; }`,
    'GET /b',
    'GET /none',
    'GET /a',
  ],
  [
    'captures in the query of a redirect',
    'rewrite ^/r/(.*)$ /to?y=$1&z permanent; rewrite ^/i/(.*)$ /to?y=$1&z; return 200 $args;',
    ...[
      '%22',
      '%3C',
      '%3E',
      '%5C',
      '%5E',
      '%60',
      '%7B',
      '%7C',
      '%7D',
      '%26',
      '%2B',
      '%3B',
      '%27',
    ].flatMap((char) => [`GET /r/a${char}`, `GET /i/a${char}`]),
  ],
  [
    'fields of the endpoint that an error page asks',
    `error_page 404 = /page; add_header X-Seen "$upstream_http_x_o";
     location /page { proxy_pass http://ORIGIN; }`,
    'GET /none?o=cookies\r\nX-Want: cookies',
  ],
  [
    'a server that returns has a named error page, with an if in it',
    `error_page 404 = @page; return 404;
     location @page { if ($arg_a) { return 201 a; } return 202 named; }`,
    'GET /x',
    'GET /x?a=1',
  ],
  [
    'a location that a named one of a server that returns goes on to',
    `error_page 404 410 = @page; return 404;
     location @page { rewrite ^/(.*)/a$ /b/$1 last; rewrite ^/c$ /b/c; return 202 named; }
     location /b { if ($arg_a) { return 201 a; } proxy_pass http://ORIGIN; }
     location /b/gone { return 410; }
     location /b/big { client_max_body_size 2; return 200 big; }`,
    'GET /x',
    'GET /x/a',
    'GET /x/a?a=1',
    'GET /gone/a',
    'POST /big/a\r\nContent-Length: 3',
    'GET /c',
  ],
  [
    'a server that returns what its error page of a path asks for',
    `error_page 404 /page; recursive_error_pages on; return 404 $uri; location /page { return 200 page; }`,
    'GET /x',
    'GET /page',
  ],
  [
    'of an if without a proxy_pass, $proxy_host and its like are those of the location around it',
    `set $v "$proxy_host|$proxy_port|$proxy_add_x_forwarded_for";
     add_header X-Around "$proxy_host|$proxy_port|$proxy_add_x_forwarded_for|$v";
     location /a { if ($arg_i) { add_header X-If "$proxy_host|$proxy_port|$t|$v" always; }
       proxy_set_header X-Host $proxy_host; proxy_pass http://ORIGIN; }
     location /b { if ($arg_i) { add_header X-If "$proxy_host|$t" always; proxy_pass http://ORIGIN; }
       proxy_pass http://ORIGIN/x; }
     location /r { if ($arg_i) { add_header X-If "$proxy_host" always; } return 200 "$proxy_host|$t|$proxy_port"; }
     location /e { error_page 404 = /r; proxy_intercept_errors on; proxy_pass http://ORIGIN; }`,
    'GET /a',
    'GET /a?i=1',
    'GET /b',
    'GET /b?i=1',
    'GET /r',
    'GET /e?o=missing',
    'GET /e?o=missing&i=1',
  ],
  [
    'a request whose body stays here',
    `proxy_pass_request_body off; proxy_set_header Content-Length ""; proxy_set_header X-A a;
     location /a { proxy_pass http://ORIGIN; }`,
    'POST /a\r\nContent-Length: 3',
    'PUT /a\r\nContent-Length: 3\r\nX-Want: missing',
    'GET /a',
  ],
  [
    'what an error page asks stands behind a colon',
    `error_page 502 404 = /b; add_header X-Add "$upstream_addr|$upstream_status" always;
     location /a { proxy_pass http://DEAD; }
     location /c { proxy_pass http://ORIGIN; proxy_intercept_errors on; }
     location /b { proxy_pass http://ORIGIN; }`,
    'GET /a',
    'GET /c?o=missing',
    'GET /b',
  ],
  [
    'captures that a table reads are not escaped again, whoever asks for its variable',
    `location ~ ^/s(.*)$ { set $v "$m|$n|$1"; return 200 "$v|$m|$n|$1"; }
     location /r { rewrite ^/r/(.*)$ /to?y=$m&z=$n redirect; }
     location /i { rewrite ^/i/(.*)$ /to?y=$m&z=$n&x=$1; }
     location /to { return 200 $args; }`,
    'GET /s%3F',
    'GET /sa%20b+',
    'GET /r/%3F',
    'GET /i/%3F',
    'GET /i/a%26b',
  ],
  [
    'requests behind one another on a connection, with bodies that are wanted or not',
    `location /a { return 200 a; } location /b { proxy_pass http://ORIGIN; }
     location /s { proxy_request_buffering off; proxy_pass http://ORIGIN; }
     location /one { keepalive_requests 2; return 200 one; }`,
    'POST /a\r\nContent-Length: 3 THEN GET /b?x=1 THEN POST /b\r\nContent-Length: 3 THEN GET /a',
    'POST /s\r\nContent-Length: 3 THEN PUT /s?o=empty\r\nContent-Length: 3 THEN GET /s',
    'HEAD /b THEN GET /b?o=empty THEN HEAD /a THEN GET /b?o=unchanged',
    'GET /b?o=until-close THEN GET /b?o=chunked THEN GET /b?o=broken THEN GET /a',
    'GET /b?o=garbage THEN POST /b?o=missing\r\nContent-Length: 3 THEN HEAD /none',
    'GET /a THEN GET /one',
    'GET /a\r\nConnection: keep-alive THEN GET /a\r\nConnection: close',
  ],
];

/** For all of them. */
const TABLES =
  'map $host-1 $m { default "m.$1"; } map "s.$1" $n { "s.?" same; default other; } split_clients "${proxy_host}./a" $t { 20% second; 50% "$proxy_host" ; * rest; }';

test('what once differed', requirePeer('nginx'), async (t) => {
  const both = await Both.start();
  t.after(() => both.close());
  for (const [what, server, ...asked] of FOUND) {
    await t.test(what, async () => {
      const dialogues = asked.map(dialogueOf);
      const { differences, refusals, count } = await both.run({
        nodes: nodesOf(`${TABLES} server { listen HERE:PORT_A; ${server} }`),
        dialogues,
      });
      assert.deepEqual(refusals, { nginx: '', weir: '' });
      assert.deepEqual(
        differences.map(({ asked: { method, target }, parts }) => ({ method, target, parts })),
        [],
      );
      assert.equal(count, dialogues.flatMap((dialogue) => dialogue.asked).length);
    });
  }
});

/** Requests behind one another on a connection stand behind `THEN`. */
function dialogueOf(text: string): Dialogue {
  const [first = requestOf(''), ...more] = text.split(' THEN ').map(requestOf);
  return {
    port: 'PORT_A',
    from: '127.0.0.1',
    isPipelined: true,
    isSplit: false,
    asked: [first, ...more],
  };
}

function requestOf(text: string): Asked {
  const [start = '', ...lines] = text.split('\r\n');
  const [method = '', target = ''] = start.split(' ');
  const hasBody = lines.some((line) => line.startsWith('Content-Length'));
  return { method, target, body: hasBody ? 'abc' : '', lines: ['Host: one.test', ...lines] };
}

function nodesOf(text: string): ConfNode[] {
  const problems = new Problems();
  const nodes = parse(text, 'found', problems);
  assert.deepEqual(problems.list, []);
  const plain = ({ block, name, words }: ConfigNode): ConfNode => ({
    name,
    words: words.map((one) => word(one.text)),
    ...(block === undefined ? {} : { block: block.map(plain) }),
  });
  return nodes.map(plain);
}
