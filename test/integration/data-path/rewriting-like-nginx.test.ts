// The same nginx.conf to Debian's nginx and to Weir: where rewriting leads, and what arrives there.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ANY_PORT, startEdge } from '#test/support/edge.ts';
import { startNginx } from '#test/support/nginx.ts';
import { requirePeer } from '#test/support/peers.ts';
import { RawClient } from '#test/support/raw-client.ts';
import { RawOrigin } from '#test/support/raw-origin.ts';

/** What is shown of an exchange; `-` by parts that are empty. */
const SHOW = '"$uri|$args|$request_uri|$1|$2|$name|$flag"';

/** The servers, by host; LISTEN and ORIGIN are filled in. */
const SERVERS = `
  map $flag $mapped { default none; ~^(?<letter>[a-z])x $letter; 1 one; }

  server {
    LISTEN default_server;
    server_name one.test;

    location /show { return 200 ${SHOW}; }
    location /pass/ { proxy_pass ORIGIN; }
    location /uri/ { proxy_pass ORIGIN/two/; }
    location /last/ { rewrite ^/last/(.*)$ /show/$1 last; return 200 never; }
    location /chain/ { rewrite ^/chain/(.*)/b$ /x/$1 ; rewrite ^/x/(.*)$ /show/$1?own=1; }
    location /none/ { rewrite ^/none/(.*) /show/$1; set $flag late; }
    location /break/ { rewrite ^/break/(.*) /pass/$1 break; proxy_pass ORIGIN/never/; }
    location /break-query/ { rewrite ^/break-query/(.*)$ /b/$1?x=$1&y=$arg_q break; proxy_pass ORIGIN; }
    location /drop/ { rewrite ^/drop/(.*)$ /show/$1? last; }
    location /keep/ { rewrite ^/keep/(.*)$ /show/?id=$1 last; }
    location /keep-drop/ { rewrite ^/keep-drop/(.*)$ /show/?id=$1? last; }
    location /redirect/ { rewrite ^/redirect/(.*)$ /to/$1 redirect; }
    location /permanent/ { rewrite ^/permanent/(.*)$ /to/$1?z=$1 permanent; }
    location /away/ { rewrite ^/away/(.*)$ http://else.test/$1; }
    location /away-drop/ { rewrite ^/away-drop/(.*)$ https://else.test/$1? permanent; }
    location /scheme/ { rewrite ^ $scheme://$host$uri last; }
    location /case/ { rewrite (?i)^/CASE/(.*) /show/$1 last; }
    location /loop/ { rewrite ^ /loop/again last; }
    location /both/ { rewrite ^/both/ /loop2/ last; }
    location /loop2/ { rewrite ^/loop2/ /both/ last; }
    location /to-uri/ { rewrite ^/to-uri/(.*) /uri/$1 last; }
    location /inner/ { internal; return 200 inner-$uri; }
    location /to-inner/ { rewrite ^ /inner/x last; }
    location /slash { location /slash/in/ { rewrite ^/slash/in/(.*) /show/$1 last; } return 200 slash; }
    location ~ ^/re/(?<name>[^/]+)/(.*)$ { rewrite ^/re/(.)(.*) /show/$2/$name last; }

    location /if/ {
      set $flag 0;
      if ($arg_a = one) { set $flag 1; }
      if ($arg_a != one) { set $flag other; }
      if ($arg_b ~ ^(x+)(y*)$) { set $flag "$1-$2"; }
      if ($arg_b ~* ^Z) { set $flag zed; }
      if ($arg_c !~ a) { set $name "no-a"; }
      if ($arg_d) { return 403; }
      if ($arg_e) { rewrite ^ /show/e last; }
      if ($arg_f) { break; }
      if ($request_method = POST) { return 405; }
      if ( $arg_g = "two words" ) { return 200 spaced; }
      return 200 ${SHOW};
    }
    location /if-pass/ {
      proxy_pass ORIGIN;
      add_header X-Where outside always;
      if ($arg_a = own) { proxy_pass ORIGIN; add_header X-Where inside always; }
      if ($arg_a = bare) { set $flag 1; }
      if ($arg_a = moved) { return 302 /moved; }
      if ($arg_a = re) { rewrite ^/if-pass/(.*)$ /r/$1 break; }
    }
    location /if-only/ { if ($arg_a) { proxy_pass ORIGIN; } return 200 without; }
    location /if-uri/ { proxy_pass ORIGIN/two/; if ($arg_a) { set $flag 1; } }
    location /file/ {
      if (-f /etc/hostname) { set $flag f; }
      if (-d /etc) { set $flag $flag-d; }
      if (!-e /no/such/file) { set $flag $flag-ne; }
      if (-f /etc) { set $flag never; }
      if (-x /bin/sh) { set $flag $flag-x; }
      return 200 "$flag";
    }
    location /set-args/ { set $args "n=1&$args"; proxy_pass ORIGIN; }
    location /set-args-show/ { set $args ""; return 200 ${SHOW}; }
    location /map/ { set $flag $arg_a; return 200 "$mapped|$letter"; }
    location /unset/ { return 200 "[$flag][$name][$1]"; }
    location /page/ { error_page 404 = /last/from-page; return 404; }
    location /named/ { error_page 404 = @named; return 404; }
    location @named { rewrite ^/named/(.*)$ /show/$1 last; }
    location @break { rewrite ^ /named-break break; proxy_pass ORIGIN; }
    location /named-break/ { error_page 404 = @break; return 404; }
    location / { return 200 root; }
  }

  server {
    LISTEN;
    server_name two.test *.two.test;
    set $flag server;
    if ($arg_stop) { return 410; }
    if ($host = www.two.test) { return 301 http://two.test$request_uri; }
    rewrite ^/old/(.*)$ /new/$1;
    rewrite ^/new/gone break;
    rewrite ^/new/(.*)$ /newer/$1 last;
    rewrite ^/newer/ /never;
    location /newer/ { return 200 ${SHOW}; }
    location /new/ { return 200 new-${SHOW.slice(1)}; }
    location /pass/ { proxy_pass ORIGIN/p/; }
    location / { return 200 "root $uri"; }
  }

  server {
    LISTEN;
    server_name ~^(?<name>\\w+)\\.tenant\\.test$;
    rewrite ^/(.*)$ /pass/$name/$1 break;
    location / { proxy_pass ORIGIN/never/; }
  }

  server {
    LISTEN;
    server_name maintenance.test;
    if (-d /etc) { return 503; }
    error_page 503 @down;
    location @down { return 503 "down for $host"; }
    location / { return 200 up; }
  }`;

const PATHS_ONE = [
  ...['/last/x', '/last/x?q=1', '/last/a%20b', '/last/a+b?c=d', '/last/%C3%A9'],
  ...[
    '/chain/a/b',
    '/chain/a/c',
    '/chain/%41/b?z',
    '/none/x?y=z',
    '/break/x%2Fy?q=1',
    '/break/a%20b',
  ],
  ...[
    '/break-query/v%20w?q=3',
    '/break-query/a+b',
    '/break-query/a&b=c%26',
    '/drop/x?q',
    '/keep/5?q=1',
  ],
  ...[
    '/keep/a%3Fb?q',
    '/keep-drop/5?q=1',
    '/redirect/x?y=z',
    '/redirect/a%20b',
    '/redirect/a%2541?x',
  ],
  ...[
    '/redirect/%C3%A9%7E',
    '/redirect/a%3fb%7e',
    '/permanent/x',
    '/permanent/a%20b%26?y',
    '/away/x?y',
    '/away/a%20b',
  ],
  ...[
    '/away-drop/x?y',
    '/scheme/x?y',
    '/case/x',
    '/loop/',
    '/both/',
    '/to-uri/x%20y?q',
    '/inner/x',
    '/to-inner/',
  ],
  ...['/slash/in/x', '/slash/in', '/slash', '/re/ann/rest', '/re/ann/', '/re/ann'],
  ...[
    '/if/',
    '/if/?a=one',
    '/if/?b=xxy',
    '/if/?b=zzz',
    '/if/?c=a',
    '/if/?d=1',
    '/if/?d=0',
    '/if/?e=1&q',
  ],
  ...[
    '/if/?f=1',
    '/if/?a=one&f=1',
    '/if/?g=two%20words',
    '/if-pass/x',
    '/if-pass/x?a=own',
    '/if-pass/x?a=bare',
  ],
  ...[
    '/if-pass/x?a=moved',
    '/if-pass/x?a=re',
    '/if-only/?a=1',
    '/if-only/',
    '/if-uri/x',
    '/if-uri/x?a=1',
    '/file/',
  ],
  ...[
    '/set-args/?q=2',
    '/set-args/x%20y',
    '/set-args-show/?q',
    '/map/?a=1',
    '/map/?a=ax',
    '/map/?a=2',
    '/unset/',
  ],
  ...['/page/x?q', '/named/x?q', '/named-break/x', '/show', '/other'],
];

const ASKED: readonly (readonly [host: string, paths: readonly string[]])[] = [
  ['one.test', PATHS_ONE],
  ['two.test', ['/old/x?q=1', '/new/x', '/new/gone', '/newer/x', '/x?stop=1', '/pass/x', '/%41?b']],
  ['www.two.test', ['/a%20b?c', '/']],
  ['sub.two.test', ['/old/%20', '/']],
  ['ann.tenant.test', ['/x?y', '/a%20b', '/']],
  ['maintenance.test', ['/', '/x']],
  ['other.test', ['/unset/']],
];

async function ask(
  t: TestContext,
  port: number,
  host: string,
  method: string,
  target: string,
): Promise<string> {
  const client = await RawClient.connect(port);
  t.after(() => client.close());
  client.send(`${method} ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  const { body, fields, status } = await client.response(method);
  client.close();
  const location = fields.get('location')?.[0] ?? '';
  const where = fields.get('x-where')?.join() ?? '';
  const isPage = status !== 200 && !body.toString().startsWith('down');
  const shown = isPage ? '' : body.toString();
  return `${status} ${location.replaceAll(`:${port}`, ':OWN')} ${where} ${shown}`;
}

test('rewriting leads to the same in nginx and in Weir', requirePeer('nginx'), async (t) => {
  const origin = await RawOrigin.start({
    onRequest: ({ line }) =>
      `HTTP/1.1 200 OK\r\nContent-Type: text/x\r\nContent-Length: ${line.length}\r\n\r\n${line}`,
  });
  t.after(() => origin.close());
  const conf = (listen: string): string =>
    SERVERS.replaceAll('LISTEN', `listen ${listen}`).replaceAll(
      'ORIGIN',
      `http://127.0.0.1:${origin.port}`,
    );
  const common = 'proxy_http_version 1.1;';
  const nginx = await startNginx((port) => `${common} ${conf(`127.0.0.1:${port}`)}`);
  t.after(() => nginx.close());
  const edge = startEdge({ tier: 'fast', conf: `${common} ${conf(ANY_PORT)}` });
  t.after(() => edge.close());
  const differences: string[] = [];
  let count = 0;
  for (const [host, paths] of ASKED) {
    for (const path of paths) {
      for (const method of path.startsWith('/if/') ? ['GET', 'POST'] : ['GET']) {
        const expected = await ask(t, nginx.port, host, method, path);
        const actual = await ask(t, edge.port, host, method, path);
        if (actual !== expected) {
          differences.push(`${method} ${host}${path}: ${actual} instead of ${expected}`);
        }
        count += 1;
      }
    }
  }
  assert.deepEqual(differences, []);
  assert.ok(count > 90, String(count));
});
