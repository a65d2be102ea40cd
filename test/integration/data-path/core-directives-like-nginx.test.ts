// The same nginx.conf to Debian's nginx and to Weir: how redirects to paths of the server are
// written, and slashes in a row.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Asked, differencesFromNginx } from '#test/support/beside-nginx.ts';
import { requirePeer } from '#test/support/peers.ts';

const REDIRECTS = `
  location = /return { return 302 /else?$args; }
  location = /rewrite { rewrite ^ /else permanent; }
  location = /page { error_page 404 =301 /moved; return 404; }
  location = /moved { return 301 /there; }
  location /dir/ { proxy_pass ORIGIN; }
  location /redirecting/ { proxy_pass ORIGIN/; proxy_redirect /from/ /to/; }
  location = /url { return 301 http://else.test/; }
  location = /name { return 301 else; }
  location = /relative { absolute_redirect off; return 301 /else; }
  location = /absolute { absolute_redirect on; return 301 /else; }
  location = /portless { port_in_redirect off; return 301 /else; }
  location = /named { server_name_in_redirect on; return 301 /else; }
  location = /named-portless {
    server_name_in_redirect on; port_in_redirect off; rewrite ^ /else redirect;
  }
`;

const CONF = `
  server { listen LISTEN default_server; server_name default.test other.test; ${REDIRECTS} }
  server { listen LISTEN; server_name relative.test; absolute_redirect off; ${REDIRECTS} }
  server { listen LISTEN; server_name portless.test; port_in_redirect off; ${REDIRECTS} }
  server {
    listen LISTEN; server_name *.named.test www.named.test; server_name_in_redirect on; ${REDIRECTS}
  }
  server { listen LISTEN; server_name ""; server_name_in_redirect on; ${REDIRECTS} }
`;

const TARGETS = [
  ...['/return?a=b', '/rewrite', '/rewrite?q', '/page', '/dir', '/dir?q=1', '/redirecting/x'],
  ...['/url', '/name', '/relative', '/absolute', '/portless', '/named', '/named-portless'],
];
const HOSTS = ['default.test', 'other.test', 'relative.test', 'portless.test', 'a.named.test'];

test('redirects to a path of the server', requirePeer('nginx'), async (t) => {
  const hosts = [...HOSTS, 'www.named.test', 'unknown.test', 'UPPER.test:99'];
  const asked = hosts.flatMap((host) => TARGETS.map((target): Asked => ({ host, target })));
  const answer = (): string =>
    'HTTP/1.1 302 Found\r\nLocation: /from/x\r\nContent-Length: 0\r\n\r\n';
  assert.deepEqual(await differencesFromNginx(t, { conf: CONF, asked, answer }), []);
});

const SLASHES = `
  server {
    listen LISTEN default_server; server_name off.test; merge_slashes off;
    location / { return 200 "root $uri"; }
    location //double/ { return 200 "double $uri"; }
    location = /a//b { return 200 "exact $uri"; }
    location ~ //regex { return 200 "regex $uri"; }
    location /pass/ { proxy_pass ORIGIN; }
    location /pass-uri/ { proxy_pass ORIGIN/v1/; }
    location /slash//dir/ { proxy_pass ORIGIN; }
    location /rewrite/ { rewrite ^/rewrite/(.*)$ /r//$1 break; proxy_pass ORIGIN; }
  }
  server { listen LISTEN; server_name on.test; location / { return 200 "on $uri"; } }
`;

const PATHS = [
  ...['/', '//', '///', '/x//y', '/x///', '//double/', '//double//x', '/double/', '/a//b', '/a/b'],
  ...['/x//regex', '/x/regex', '/pass//x', '/pass/%2fx', '/pass-uri//x', '/pass-uri/x%2f%2fy//'],
  ...[
    '/slash//dir',
    '/slash/dir',
    '/rewrite/x//y',
    '/a//./b',
    '/a//../b',
    '/a/..//b',
    '/a//x/../b',
  ],
  ...[
    '//..',
    '//../x',
    '/x//..',
    '/.//x',
    '/x/.//',
    '/%2f/',
    '/x//%2e%2e/y',
    '/..//x',
    '/x/../..//',
  ],
];

test('slashes in a row are kept with merge_slashes off', requirePeer('nginx'), async (t) => {
  const hosts = ['off.test', 'on.test'];
  const asked = hosts.flatMap((host) => PATHS.map((target): Asked => ({ host, target })));
  assert.deepEqual(await differencesFromNginx(t, { conf: SLASHES, asked }), []);
});
