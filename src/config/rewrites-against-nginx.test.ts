/** What nginx takes and refuses of `rewrite`, `set`, `if`, `break` and `return`, Weir does, too. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { build } from '#test/support/configuration.ts';
import { findPeer, requirePeer } from '#test/support/peers.ts';

/** Bodies of a server. */
const BODIES = [
  // rewrite
  'rewrite ^ /x;',
  'rewrite ^/a /b last; location / { rewrite (.*) $1 break; }',
  'rewrite ^;',
  'rewrite ^ /x lst;',
  'rewrite ^ /x last break;',
  'rewrite ( /x;',
  'rewrite ^ http://a.test/ last;',
  'rewrite ^ $scheme://a.test/ permanent;',
  'rewrite ^ $no_such_name;',
  'rewrite ^ /x?$no_such_name;',
  'rewrite ^/(?<own>.) /$own;',
  'rewrite ^/(?<host>.) /$host;',
  'rewrite ^/(?<uri>.) /x;',
  'rewrite "^/a{2}$" /x; rewrite "^/b c$" "/d e";',
  // set
  'set $a 1; location / { return 200 $a; }',
  'location /a { set $a 1; } location /b { return 200 $a; }',
  'set a 1;',
  'set $a;',
  'set $a 1 2;',
  'set $ 1;',
  'set $a $b;',
  'set $a $a;',
  'set $uri /x;',
  'set $host x;',
  'set $request_method GET;',
  'set $args a=1;',
  'set $ARGS a=1;',
  'set $http_x 1; set $arg_x 1; set $cookie_x 1; set $sent_http_x 1;',
  'set $a-b 1;',
  'set "$a" "b c";',
  'set $a ""; set $b \'\';',
  // if
  'if ($host) { }',
  'if ($host){ return 404; }',
  'if ( $host ) { return 404; }',
  'if ($host = a) { return 404; }',
  'if ($host = "a b") { return 404; }',
  'if ($host = $server_name) { return 404; }',
  'if ($host != a) { return 404; }',
  'if ($host == a) { return 404; }',
  'if ($host =a) { return 404; }',
  'if ($host ~ ^a) { return 404; }',
  'if ($host ~* ^(a|b)\\.) { return 404; }',
  'if ($host !~ ^a) { return 404; }',
  'if ($host !~* ^a) { return 404; }',
  'if ($host ~ "a b") { return 404; }',
  'if ($host ~ ^a$ ) { return 404; }',
  'if ($host ~) { return 404; }',
  'if ($host ~~ a) { return 404; }',
  'if ($host ~ () { return 404; }',
  'if ($host ~ (a)) { return 404; }',
  'if $host { return 404; }',
  'if ($host { return 404; }',
  'if (host) { return 404; }',
  'if (host = a) { return 404; }',
  'if () { return 404; }',
  'if ($) { return 404; }',
  'if ($no_such_name) { return 404; }',
  'if ($host = a b) { return 404; }',
  'if ($host a) { return 404; }',
  'if (-f /x) { return 404; }',
  'if (!-f /x) { return 404; }',
  'if (-f $host/x) { return 404; }',
  'if ( -d /x ) { return 404; }',
  'if (-e /x) { } if (!-e /x) { } if (-x /x) { } if (!-x /x) { } if (!-d /x) { }',
  'if (-g /x) { return 404; }',
  'if (-f) { return 404; }',
  'if (-f /x /y) { return 404; }',
  'if (! -f /x) { return 404; }',
  'if ($host) return 404;',
  'if;',
  // what may stand in it
  'if ($host) { set $a 1; rewrite ^ /x last; break; return 404; }',
  'if ($host) { if ($uri) { return 404; } }',
  'if ($host) { add_header A b; }',
  'if ($host) { error_page 404 /x; }',
  'if ($host) { proxy_pass http://127.0.0.1:1; }',
  'if ($host) { location / { } }',
  'if ($host) { server_name a; }',
  'if ($host) { access_log off; }',
  'location / { if ($host) { add_header A b; error_page 404 /x; access_log off; set $a 1; } }',
  'location / { if ($host) { proxy_pass http://127.0.0.1:1; } }',
  'location / { if ($host) { proxy_pass http://127.0.0.1:1/; } }',
  'location / { if ($host) { proxy_pass http://127.0.0.1:1/x; } }',
  'location / { proxy_pass http://127.0.0.1:1/x; if ($host) { set $a 1; } }',
  'location / { if ($host) { proxy_set_header A b; } }',
  'location / { if ($host) { client_max_body_size 1; } }',
  'location / { if ($host) { location /a { } } }',
  'location / { if ($host) { if ($uri) { break; } } }',
  'location / { if ($host) { rewrite_log on; } } rewrite_log off; if ($host) { rewrite_log on; }',
  'rewrite_log yes;',
  'location / { if ($host) { internal; } }',
  'location / { if ($host) { default_type a/b; } }',
  // break and return
  'break;',
  'break now;',
  'location / { break; break; }',
  'return 200 $1;',
  'location / { return 200; return 404; }',
];

/** What Weir refuses, and nginx does not; docs/differences.md tells of each. */
const STRICTER: ReadonlySet<string> = new Set(['set $a-b 1;']);

test('nginx and Weir refuse the same', requirePeer('nginx'), () => {
  const nginx = findPeer('nginx') ?? '';
  const folder = mkdtempSync(join(tmpdir(), 'weir-nginx-'));
  const file = join(folder, 'x.conf');
  const differences: string[] = [];
  try {
    for (const body of BODIES) {
      const text = `events { } http { server { listen 127.0.0.1:8199; ${body} } }`;
      writeFileSync(file, `pid ${join(folder, 'pid')}; ${text}`);
      const said = spawnSync(nginx, ['-t', '-p', folder, '-c', file, '-e', join(folder, 'e.log')]);
      const { model, problems } = build(text);
      const isTaken = said.status === 0 && !STRICTER.has(body);
      if (isTaken === (model !== undefined)) continue;
      differences.push(
        `${body}: nginx: ${said.stderr.toString().split('\n')[0]}, Weir: ${problems}`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  assert.deepEqual(differences, []);
});
