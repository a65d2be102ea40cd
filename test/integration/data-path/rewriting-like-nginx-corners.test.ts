// The same nginx.conf to Debian's nginx and to Weir: corners of rewriting.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differencesFromNginx } from '#test/support/beside-nginx.ts';
import { requirePeer } from '#test/support/peers.ts';

const CONF = `
  map $arg_m $mapped { default none; 1 one; }
  map $arg_v $live { volatile; default none; 1 one; }
  default_type text/x;

  server {
    listen LISTEN default_server;
    server_name one.test;

    location /show { return 200 "$uri|$args|$1|$2|$name"; }
    location /pass/ { proxy_pass ORIGIN; }
    location /uri/ { proxy_pass ORIGIN/two/; }
    location /inner { internal; return 200 inner-$uri; }

    # a query of the replacement that comes to nothing
    location /own-empty/ { rewrite ^/own-empty/ /show/?$arg_none last; }
    location /own-some/ { rewrite ^/own-some/ /show/?$arg_a last; }
    location /two-marks/ { rewrite ^/two-marks/ /show/?? last; }
    location /mark-first/ { rewrite ^/mark-first/ /show/?a?b last; }
    # paths that no location takes
    location /empty { rewrite ^/empty(.*)$ $1 last; }
    location /relative/ { rewrite ^/relative/(.*)$ $1 last; }
    # break, behind a rewrite that has no flag
    location /late-break/ { rewrite ^/late-break/(.*)$ /show/$1; break; return 200 stayed-$uri; }
    location /late-break-pass/ { rewrite ^/late-break-pass/(.*)$ /b/$1; break; proxy_pass ORIGIN/two/; }
    location /late-if-break/ {
      rewrite ^/late-if-break/(.*)$ /pass/$1;
      if ($arg_a) { break; }
      proxy_pass ORIGIN/two/;
    }
    location /return-after/ { rewrite ^/return-after/(.*)$ /show/$1; return 200 "here $uri $1"; }
    # captures, and what takes them away
    location ~ ^/captures/(.+)/(.+)$ {
      set $one $1;
      if ($arg_a ~ "^(.)(.)$") { set $two $2$1; }
      if ($arg_b !~ "^(.)x") { set $two $two-no; }
      return 200 "$one|$two|$1|$2";
    }
    location ~ ^/lost/(.+)$ { rewrite ^/no/(.*) /x; return 200 "[$1]"; }
    location ~ ^/kept/(.+)$ { if ($arg_a = 1) { set $one 1; } return 200 "[$1]"; }
    location ~ ^/bare/(.+)$ { if ($uri ~ bare) { return 200 "[$1]"; } return 200 none; }
    # variables that exist already
    location /set-map/ { set $mapped own; return 200 "$mapped"; }
    location /set-map-if/ { if ($arg_a) { set $mapped own; } return 200 "$mapped"; }
    location /read-set-map/ { set $one $mapped; set $mapped own; return 200 "$one $mapped"; }
    location /set-live/ { set $live own; return 200 "$live"; }
    location /set-arg/ { set $arg_q own; return 200 "$arg_q|$args"; }
    location /read-arg/ { return 200 "$arg_q|$http_x_own"; }
    location /set-field/ { set $http_x_own own; return 200 "$http_x_own"; }
    location /set-pass/ { set $http_x_own own; proxy_pass ORIGIN; proxy_set_header X-Own $http_x_own; }
    location /set-query/ { set $args $args&b=2; return 200 "$args|$arg_b|$query_string|$is_args|$request_uri"; }
    location /set-twice/ { set $one a; set $one $one$one; set $one "$one b"; return 200 "$one"; }
    location /set-upper/ { set $UPPER x; return 200 "$upper$UPPER\${upper}"; }
    location /digits/ { rewrite ^/digits/(.)(.*)$ /show/$1x$20$1_; }
    # values in paths
    location /value/ { rewrite ^/value/ /show/$arg_x last; }
    location /value-pass/ { rewrite ^/value-pass/ /pass/$arg_x break; proxy_pass ORIGIN; }
    location /value-redirect/ { rewrite ^/value-redirect/ /to/$arg_x redirect; }
    location /uri-redirect/ { rewrite ^/uri-redirect(/.*)$ /to$1?u=$uri redirect; }
    location /field-redirect/ { rewrite ^ https://$host$request_uri? permanent; }
    location /escaped-away/ { rewrite ^/escaped-away/(.*)$ https://a.test/$1?b=$1&c=$arg_c; }
    location /odd-flag-away/ { rewrite ^/odd-flag-away/(.*)$ https://a.test/$1 last; }
    location /no-change/ { rewrite ^ $uri break; proxy_pass ORIGIN; }
    location /named/ { rewrite ^/named/(?<name>[^/]*)/(?<rest>.*)$ /show/$rest?n=$name last; }
    location /named-redirect/ { rewrite ^/named-redirect/(?<name>.*)$ /to/$name?n=$name redirect; }
    location /set-capture/ { rewrite ^/set-capture/(.*)$ /s/$1; set $one $1; return 200 $one; }
    # if
    location /zero/ { if ($arg_a) { return 200 yes; } return 200 no; }
    location /text/ { if ($arg_a = "$arg_b") { return 200 same; } if ($arg_a != $arg_b) { return 200 other; } }
    location /empty-text/ { if ($arg_a = "") { return 200 empty; } return 200 full; }
    location /two-ifs/ {
      if ($arg_a) { add_header X-Where a; }
      if ($arg_b) { add_header X-Where b; }
      proxy_pass ORIGIN;
    }
    location /if-last/ {
      if ($arg_a = last) { rewrite ^ /show/last last; }
      if ($arg_a = chain) { rewrite ^ /pass/chain; }
      if ($arg_a = break) { rewrite ^ /broken break; }
      proxy_pass ORIGIN/two/;
    }
    location /if-pages/ {
      error_page 404 =200 /show/outside;
      if ($arg_a = own) { error_page 404 =202 /show/inside; return 404; }
      if ($arg_a = around) { return 404; }
      proxy_pass ORIGIN;
    }
    location /if-headers/ {
      add_header X-Where outside;
      if ($arg_a = bare) { return 200 bare; }
      if ($arg_a = own) { add_header X-Where inside; return 200 own; }
      return 200 none;
    }
    location /if-nest/ {
      set $one outside;
      location /if-nest/in/ { if ($arg_a) { set $two in; } return 200 "$one|$two"; }
      if ($arg_a) { return 200 "around $one"; }
    }
    location ~ ^/if-re/ { if ($arg_a) { proxy_pass ORIGIN; } return 200 none; }
    location /if-redirect/ { if ($request_method ~ "^(GET|HEAD)$") { return 301 /moved?m=$1; } return 405; }
    location /if-cookie/ { if ($http_cookie ~* "id=([^;]+)(?:;|$)") { set $one $1; } return 200 "id $one"; }
    location /if-host/ { if ($host ~* ^(?<sub>[a-z]+)\\.test$) { return 200 $sub; } return 200 none; }
    location /limits/ { client_max_body_size 1k; if ($arg_a) { set $one 1; } proxy_pass ORIGIN; }
    # a cycle with one step less than too many, and one more
    location /count/ {
      rewrite ^/count/x+$ /show/done last;
      rewrite ^/count/(\\d)(\\d*)$ /count/$2 last;
      return 200 "end $uri";
    }
  }

  server {
    listen LISTEN;
    server_name two.test;
    rewrite ^/secret$ /hidden;
    rewrite ^/to-uri/(.*)$ /uri/$1;
    rewrite ^/to-uri-break/(.*)$ /uri/$1 break;
    if ($arg_q = 1) { set $args q=2; }
    if ($arg_moved) { rewrite ^ /show/moved last; }
    if ($arg_gone) { return 410 "gone"; }
    if ($request_uri ~ ^/away(.*)$) { return 302 https://else.test$1; }
    if (-f /no/such/file) { return 503; }
    location /hidden { internal; return 200 "hidden $args"; }
    location /show/ { return 200 "$uri|$args|$arg_q"; }
    location /uri/ { proxy_pass ORIGIN/two/; }
    location / { return 200 "root $uri"; }
  }`;

const TARGETS: Readonly<Record<string, readonly string[]>> = {
  'one.test': [
    ...['/own-empty/x?a=1', '/own-empty/x', '/own-some/x?a=1&b', '/own-some/x?b', '/two-marks/x?a'],
    ...['/mark-first/?c', '/empty', '/empty/show', '/emptyx', '/relative/x', '/relative/'],
    ...['/late-break/x', '/late-break-pass/x%20y', '/late-if-break/x?a=1', '/late-if-break/x'],
    ...['/return-after/x', '/captures/a/b', '/captures/a/b?a=xy', '/captures/a/b?a=xy&b=ax'],
    ...['/captures/a/b?b=ax', '/lost/x', '/kept/x', '/kept/x?a=1', '/bare/x', '/set-map/?m=1'],
    ...['/set-map-if/?m=1', '/set-map-if/?m=1&a=1', '/read-set-map/?m=1', '/set-live/?v=1'],
    ...[
      '/set-arg/?q=1',
      '/read-arg/?q=1',
      '/set-field/',
      '/set-pass/',
      '/set-query/?a=1',
      '/set-query/',
    ],
    ...[
      '/set-twice/',
      '/digits/abc',
      '/set-upper/',
      '/value/?x=a%20b',
      '/value-pass/?x=a%20b',
      '/value-pass/?x=%C3%A9',
    ],
    ...[
      '/value-redirect/?x=a%20b',
      '/value-redirect/?x=%41%3f',
      '/uri-redirect/a%20b',
      '/uri-redirect/a+b?z',
    ],
    ...['/field-redirect/a%20b?c=d', '/escaped-away/a%26b?c=%26', '/escaped-away/a&b+?c=%26'],
    ...['/odd-flag-away/x', '/no-change/a%20b%2fc?d', '/no-change/a%3fb', '/named/ann/r%20x?y'],
    ...[
      '/named-redirect/a%20b',
      '/named-redirect/a%25b',
      '/named-redirect/a%25',
      '/named-redirect/%252f%253fx%257e',
      '/set-capture/a%20b',
      '/set-capture/a+b',
    ],
    ...[
      '/zero/?a=0',
      '/zero/?a=00',
      '/zero/?a=',
      '/zero/?a=1',
      '/zero/',
      '/text/?a=1&b=1',
      '/text/?a=1',
    ],
    ...[
      '/text/',
      '/empty-text/',
      '/empty-text/?a=',
      '/empty-text/?a=1',
      '/two-ifs/',
      '/two-ifs/?a=1',
    ],
    ...[
      '/two-ifs/?b=1',
      '/two-ifs/?a=1&b=1',
      '/if-last/x',
      '/if-last/x?a=last',
      '/if-last/x?a=chain',
    ],
    ...['/if-last/x?a=break', '/if-pages/?a=own', '/if-pages/?a=around', '/if-headers/?a=bare'],
    ...['/if-headers/?a=own', '/if-headers/', '/if-nest/', '/if-nest/?a=1', '/if-nest/in/x?a=1'],
    ...[
      '/if-nest/in/x',
      '/if-re/?a=1',
      '/if-re/',
      '/if-redirect/',
      '/if-cookie/',
      '/if-host/',
      '/count/x',
    ],
    ...['/count/123456789', '/count/1234567890', '/count/12345678901', '/inner', '/inner/x'],
  ],
  'two.test': [
    ...[
      '/secret',
      '/secret?q=1',
      '/hidden',
      '/hidden?q=1',
      '/to-uri/a%20b?c',
      '/to-uri-break/a%20b?c',
    ],
    ...['/show/?q=1', '/show/?q=3', '/x?moved=1', '/x?gone=1', '/away/x%20y?z', '/', '/%41'],
  ],
};

test('corners of rewriting are those of nginx', requirePeer('nginx'), async (t) => {
  const asked = Object.entries(TARGETS).flatMap(([host, targets]) => {
    return targets.map((target) => ({ host, target }));
  });
  const posted = { host: 'one.test', method: 'POST' };
  const differences = await differencesFromNginx(t, {
    conf: CONF,
    fields: ['location', 'x-where'],
    seen: ['x-own'],
    asked: [
      ...asked,
      { host: 'one.test', target: '/if-cookie/', fields: ['Cookie: a=b; ID=ann; c=d'] },
      { host: 'one.test', target: '/set-field/', fields: ['X-Own: client'] },
      { host: 'one.test', target: '/read-arg/?q=1', fields: ['X-Own: client'] },
      { ...posted, target: '/if-redirect/', body: 'a=b' },
      { ...posted, target: '/late-break-pass/x', body: 'a=b' },
      { ...posted, target: '/if-last/x?a=chain', body: 'a=b' },
      { ...posted, target: '/limits/?a=1', body: 'x'.repeat(1_025) },
    ],
  });
  assert.deepEqual(differences, []);
});
