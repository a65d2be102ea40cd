// The same nginx.conf to Debian's nginx and to Weir: error pages, named and internal locations and
// what `proxy_pass` makes of a path, each before and behind `rewrite` (semantics.md §2).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Asked, differencesFromNginx, plainAnswer } from '#test/support/beside-nginx.ts';
import { requirePeer } from '#test/support/peers.ts';

const SHOW = '"$uri|$args|$request_uri|$request_method|$1|$name"';

const CONF = `
  default_type text/x;
  upstream named_upstream { server ORIGIN_ADDRESS; }

  server {
    listen LISTEN default_server;
    server_name uri.test;

    # the table of proxy_pass
    location /none/ { proxy_pass ORIGIN; }
    location /slash/ { proxy_pass ORIGIN/; }
    location /bare { proxy_pass ORIGIN/; }
    location /word/ { proxy_pass ORIGIN/v1; }
    location /path/ { proxy_pass ORIGIN/v1/; }
    location /query/ { proxy_pass ORIGIN/v1?own=1&; }
    location /upstream/ { proxy_pass http://named_upstream; }
    location /upstream-path/ { proxy_pass http://named_upstream/v1/; }
    location = /exact { proxy_pass ORIGIN/v1; }
    location = /exact-none { proxy_pass ORIGIN; }
    location ^~ /stops/ { proxy_pass ORIGIN/v1/; }
    location ~ ^/regex/(.*) { proxy_pass ORIGIN; }
    location /nested/ {
      proxy_pass ORIGIN/outer/;
      location /nested/in/ { proxy_pass ORIGIN/inner/; }
      location /nested/none/ { proxy_pass ORIGIN; }
      location ~ \\.re$ { proxy_pass ORIGIN; }
      location /nested/if/ { proxy_pass ORIGIN/in-if/; if ($arg_a) { set $name if; } }
    }
    # behind rewrite
    location /break-uri/ { rewrite ^/break-uri/(.*)$ /b/$1 break; proxy_pass ORIGIN/v1/; }
    location /break-same/ { rewrite ^ $uri break; proxy_pass ORIGIN/v1/; }
    location /break-none/ { rewrite ^/break-none/(.*)$ /b/$1 break; proxy_pass ORIGIN; }
    location /break-drop/ { rewrite ^/break-drop/(.*)$ /b/$1? break; proxy_pass ORIGIN; }
    location /no-match/ { rewrite ^/other /x break; proxy_pass ORIGIN/v1/; }
    location /no-match-none/ { rewrite ^/other /x break; proxy_pass ORIGIN; }
    location /last-path/ { rewrite ^/last-path/(.*)$ /path/$1 last; }
    location /last-none/ { rewrite ^/last-none/(.*)$ /none/$1 last; }
    location /last-regex/ { rewrite ^/last-regex/(.*)$ /regex/$1 last; }
    location /last-slashless/ { rewrite ^ /path last; }
    location /args-uri/ { set $args x=1; proxy_pass ORIGIN/v1/; }
    location /args-none/ { set $args x=1; proxy_pass ORIGIN; }
    location /if-break/ { if ($arg_a) { rewrite ^ /b break; } proxy_pass ORIGIN/v1/; }
    location /var/ { set $where v; proxy_pass ORIGIN/$where/; }
    location /var-uri/ { proxy_pass ORIGIN$uri; }
    location /var-request/ { proxy_pass ORIGIN$request_uri; }
    location /var-none/ { set $where ORIGIN_ADDRESS; proxy_pass http://$where; }
    location /var-break/ { rewrite ^/var-break/(.*)$ /b/$1 break; set $where ORIGIN_ADDRESS; proxy_pass http://$where; }
    location /var-capture/ { rewrite ^/var-capture/(.*)$ /b/$1 break; proxy_pass ORIGIN/c/$1; }
    location ~ ^/var-regex/(.*)$ { proxy_pass ORIGIN/c/$1$is_args$args; }
  }

  server {
    listen LISTEN;
    server_name pages.test;
    error_page 404 /missing;
    error_page 410 @gone;

    location = /missing { internal; return 200 missing-${SHOW.slice(1)}; }
    location @gone { return 200 gone-${SHOW.slice(1)}; }
    location /show { return 200 ${SHOW}; }
    location /pass/ { proxy_pass ORIGIN; proxy_intercept_errors on; }
    location /pass-plain/ { proxy_pass ORIGIN; }
    location /pass-uri/ { proxy_pass ORIGIN/v1/; proxy_intercept_errors on; }
    location /inner/ { internal; return 200 inner-$uri; }

    location /not-found/ { return 404; }
    location /not-found-text/ { return 404 text; }
    location /gone/ { return 410; }
    location /rewrite-gone/ { rewrite ^/rewrite-gone/(.*)$ /gone/$1 last; }
    location /break-gone/ { rewrite ^/break-gone/(.*)$ /g/$1; return 410; }
    location /if-gone/ { if ($arg_a) { return 410; } return 404; }
    location /capture-gone/ { rewrite ^/capture-gone/(?<name>.*)$ /c/$name; return 410; }
    location /own/ { error_page 404 /show?own=$arg_q; return 404; }
    location /own-status/ { error_page 404 =201 /show; return 404; }
    location /own-any/ { error_page 404 = /pass/any; return 404; }
    location /own-named/ { error_page 404 = @passed; return 404; }
    location /own-break/ { error_page 404 = @broken; return 404; }
    location /own-last/ { error_page 404 = @last; return 404; }
    location /own-set/ { set $name set-before; error_page 404 = @set; return 404; }
    location /own-redirect/ { error_page 404 =301 http://else.test/$arg_q; return 404; }
    location /own-variable/ { error_page 404 = /show$uri; return 404; }
    location /own-inner/ { error_page 404 = /inner/x; return 404; }
    location /own-rewritten/ { error_page 404 = /rewritten/x; return 404; }
    location /rewritten/ { rewrite ^/rewritten/(.*)$ /show/$1?r=1 last; }
    location /none-here/ { error_page 404 = /none-there/; return 404; }
    location /none-there/ { error_page 404 = /show; return 404; }
    location /both-here/ { recursive_error_pages on; error_page 404 = /both-there/; return 404; }
    location /both-there/ { recursive_error_pages on; error_page 404 = /show/end; return 404; }
    location /cycle/ { recursive_error_pages on; error_page 404 = /cycle/$uri; return 404; }
    location /if-own/ { error_page 404 = /show/out; if ($arg_a) { error_page 404 = /show/in; } return 404; }
    location /to-inner/ { rewrite ^ /inner/y last; }
    location /try/ { error_page 502 504 = @fallback; proxy_pass http://127.0.0.1:1; }
    location /try-uri/ { error_page 502 504 = /pass/fallback; proxy_pass http://127.0.0.1:1/v1/; }
    location /maintenance/ { error_page 503 = @down; if ($arg_a) { return 503; } return 200 up; }

    location @passed { proxy_pass ORIGIN; }
    location @broken { rewrite ^/own-break/(.*)$ /b/$1?n=1 break; proxy_pass ORIGIN; }
    location @last { rewrite ^/own-last/(.*)$ /show/$1 last; }
    location @set { set $name "$name-after"; return 200 ${SHOW}; }
    location @fallback { proxy_pass ORIGIN; proxy_set_header X-Fallback yes; }
    location @down { add_header X-Where down always; return 503 "down $uri"; }
  }

  server {
    listen LISTEN;
    server_name server.test;
    error_page 404 /page;
    error_page 403 @named;
    set $name server;
    if ($arg_forbidden) { return 403; }
    if ($uri = /page) { set $name page; }
    rewrite ^/page$ /show/page-rewritten;
    location /show/ { return 200 ${SHOW}; }
    location @named { return 200 named-$name; }
    location /not-found/ { return 404; }
    location / { return 200 "root $uri $name"; }
  }`;

const TAILS = ['', 'x', 'a%20b?q=1', 'x/../y', 'x%2fy', 'a%3Fb', '%C3%A9', 'a+b&c;d?', 'x//y'];

const URI_TARGETS = [
  ...[
    '/none/',
    '/slash/',
    '/word/',
    '/path/',
    '/upstream/',
    '/upstream-path/',
    '/stops/',
    '/regex/',
  ],
  ...['/nested/', '/nested/in/', '/nested/none/', '/nested/if/', '/break-uri/', '/break-same/'],
  ...[
    '/break-none/',
    '/break-drop/',
    '/no-match/',
    '/no-match-none/',
    '/last-path/',
    '/last-none/',
  ],
  ...[
    '/last-regex/',
    '/args-uri/',
    '/args-none/',
    '/if-break/',
    '/query/',
    '/var/',
    '/var-request/',
  ],
  ...['/var-none/', '/var-break/', '/var-capture/', '/bare/'],
].flatMap((prefix) => TAILS.map((tail) => `${prefix}${tail}`));

const MORE_URI_TARGETS = [
  ...[
    '/exact',
    '/exact?q',
    '/exact-none?q',
    '/bare',
    '/bare?q',
    '/barely',
    '/none',
    '/path',
    '/path?q=1',
  ],
  ...[
    '/nested',
    '/nested/in',
    '/nested/in?q',
    '/nested/x.re',
    '/nested/in/x.re',
    '/last-slashless/?q',
  ],
  ...['/if-break/x?a=1', '/nested/if/x?a=1', '/var-uri/x', '/var-regex/x?y', '/var-regex/'],
];

const PAGE_TARGETS = [
  ...[
    '/missing',
    '/not-found/x?q=1',
    '/not-found/a%20b',
    '/not-found-text/',
    '/gone/x?q',
    '/rewrite-gone/x',
  ],
  ...[
    '/break-gone/x',
    '/if-gone/?a=1',
    '/if-gone/',
    '/capture-gone/n%20m',
    '/own/?q=1',
    '/own/?q=a%20b',
  ],
  ...[
    '/own-status/',
    '/own-any/x?y',
    '/own-named/a%20b?q',
    '/own-named/x',
    '/own-break/a%20b?q',
    '/own-last/x?q',
  ],
  ...[
    '/own-set/',
    '/own-redirect/?q=1',
    '/own-variable/x',
    '/own-variable/a%25b',
    '/own-inner/',
    '/own-rewritten/?q',
  ],
  ...[
    '/none-here/',
    '/both-here/',
    '/cycle/',
    '/if-own/',
    '/if-own/?a=1',
    '/to-inner/',
    '/inner/x',
    '/try/a%20b?q',
  ],
  ...[
    '/try-uri/x?q',
    '/maintenance/',
    '/maintenance/?a=1',
    '/pass/404',
    '/pass/410?q',
    '/pass/500',
  ],
  ...['/pass-plain/404', '/pass-uri/404', '/pass-uri/410', '/no-location'],
];

const SERVER_TARGETS = ['/not-found/', '/page', '/x?forbidden=1', '/', '/not-found/?forbidden=1'];

const POSTED = [
  '/not-found/',
  '/gone/',
  '/own-named/x',
  '/own-break/x',
  '/pass/404',
  '/pass/410',
  '/try/x',
];

/** Where Weir does otherwise; docs/differences.md says why. */
const KNOWN: ReadonlySet<string> = new Set(['/var-capture/a%20b?q=1']);

test(
  'pages, named locations and paths of proxy_pass are those of nginx',
  requirePeer('nginx'),
  async (t) => {
    const get = (host: string, targets: readonly string[]): Asked[] => {
      return targets.filter((target) => !KNOWN.has(target)).map((target) => ({ host, target }));
    };
    const asked = [
      ...get('uri.test', [...URI_TARGETS, ...MORE_URI_TARGETS]),
      ...get('pages.test', PAGE_TARGETS),
      ...get('server.test', SERVER_TARGETS),
      ...POSTED.map((target) => ({ host: 'pages.test', target, method: 'POST', body: 'a=b' })),
      ...['/not-found/', '/gone/', '/own-named/x', '/pass/404'].map((target) => {
        return { host: 'pages.test', target, method: 'HEAD' };
      }),
    ];
    const differences = await differencesFromNginx(t, {
      conf: CONF,
      asked,
      fields: ['location', 'x-where'],
      seen: ['host', 'x-fallback'],
      answer: ({ line }, saw) => {
        const status = /^\S+ \S*\/(404|410|500)\b/.exec(line)?.[1];
        return plainAnswer(saw, status === undefined ? undefined : `${status} Failed`);
      },
    });
    assert.deepEqual(differences, []);
  },
);
