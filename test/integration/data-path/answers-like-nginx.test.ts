// The same nginx.conf to Debian's nginx and to Weir: what they make of an endpoint's answer.

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { ANY_PORT, startEdge } from '#test/support/edge.ts';
import { startNginx } from '#test/support/nginx.ts';
import { requirePeer } from '#test/support/peers.ts';
import { RawClient } from '#test/support/raw-client.ts';
import { RawOrigin } from '#test/support/raw-origin.ts';

/** What the endpoint says, by `?a=`; PORT is its own. */
const ANSWERS: Readonly<Record<string, string>> = {
  plain: '200 OK\r\nX-A: 1\r\nX-B: 2\r\n',
  own: '301 Moved\r\nLocation: http://127.0.0.1:PORT/two/x?y=z\r\n',
  root: '302 Found\r\nLocation: http://127.0.0.1:PORT/\r\n',
  bare: '302 Found\r\nLocation: http://127.0.0.1:PORT\r\n',
  upper: '302 Found\r\nLocation: HTTP://127.0.0.1:PORT/two/x\r\n',
  other: '302 Found\r\nLocation: http://elsewhere.test/two/\r\n',
  path: '302 Found\r\nLocation: /two/x\r\n',
  relative: '302 Found\r\nLocation: two/x\r\n',
  created: '201 Created\r\nLocation: http://127.0.0.1:PORT/two/new\r\n',
  refresh: '200 OK\r\nRefresh: 5; URL=http://127.0.0.1:PORT/two/r\r\n',
  refreshless: '200 OK\r\nRefresh: 5\r\n',
  both: '302 Found\r\nLocation: http://127.0.0.1:PORT/two/x\r\nRefresh: 0; url=http://127.0.0.1:PORT/two/r\r\n',
  cookie:
    '200 OK\r\nSet-Cookie: sid=a=b; Domain=.app.test; path=/two/x; Max-Age=3\r\nX-A: 1\r\nSet-Cookie: t=1;domain=App.test;Path=/other;SECURE\r\n',
  cookies:
    '200 OK\r\nSet-Cookie: SID=1;Secure; HttpOnly;  SameSite=Lax\r\nSet-Cookie: other=2; path=/two\r\nSet-Cookie: bare\r\nSet-Cookie: sid=; domain; path=; x=\r\n',
  odd: '200 OK\r\nSet-Cookie: sid=1; Domain=x.app.test ;Path = /two;; samesite=Strict;secure=1\r\nSet-Cookie: two=1; PATH=/two/; DOMAIN=APP.TEST\r\n',
  hidden:
    '200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nServer: origin\r\nX-Pad: p\r\nX-Accel-Expires: 0\r\nX-Accel-Charset: utf-8\r\nX-Accel-Other: o\r\nX-Powered-By: p\r\nX-A: 1\r\nx-b: 2\r\n',
  entity:
    '200 OK\r\nETag: "e"\r\nLast-Modified: Thu, 01 Jan 1970 00:00:00 GMT\r\nCache-Control: no-cache\r\nX-A: 1\r\n',
  missing: '404 Not Found\r\nX-A: 1\r\n',
  broken: '500 Internal Server Error\r\nX-A: 1\r\n',
  spaced:
    '200 OK\r\nSet-Cookie: sid = 1 ; Path = /two ;\tdomain\t= app.test; Secure ; ; x\r\nSet-Cookie:  t ;path=/two;\r\n',
  partial: '206 Partial Content\r\nX-A: 1\r\nContent-Range: bytes 0-3/9\r\n',
};

/** Everything in front of one `location` that is compared; ORIGIN is `http://127.0.0.1:PORT`. */
const LOCATIONS = `
  location /one/ { proxy_pass ORIGIN/two/; }
  location /same/ { proxy_pass ORIGIN; }
  location = /exact { proxy_pass ORIGIN/two/; }
  location /off/ { proxy_pass ORIGIN/two/; proxy_redirect off; }
  location /default/ { proxy_pass ORIGIN/two/; proxy_redirect default; proxy_redirect / /slash/; }
  location /list/ {
    proxy_pass ORIGIN;
    proxy_redirect ORIGIN/two/x http://$host/x;
    proxy_redirect $scheme://elsewhere.test/ https://$http_host/$arg_a/;
    proxy_redirect ORIGIN/two/ /three/;
    proxy_redirect /two/ relative/;
  }
  location /empty/ { proxy_pass ORIGIN; proxy_redirect ORIGIN/two/ ""; }
  location /cookies/ {
    proxy_pass ORIGIN;
    proxy_cookie_domain .app.test .edge.test;
    proxy_cookie_path /two/ /one/;
    proxy_cookie_path / /all/;
  }
  location /variables/ {
    proxy_pass ORIGIN;
    proxy_cookie_domain $arg_d $host;
    proxy_cookie_path $arg_p /$arg_a;
    proxy_cookie_flags $arg_c secure $arg_f;
    proxy_cookie_flags OTHER SECURE nohttponly;
  }
  location /regex/ {
    proxy_pass ORIGIN;
    proxy_redirect ~^(http://[^:]+):(?<where>\d+)/(tw)o(/.*)$ $1/$where$4?$3;
    proxy_redirect ~*^HTTP:(.+)/$ https:$1;
    proxy_redirect ~elsewhere(x?) "";
    proxy_redirect ~^two /$arg_a;
    proxy_cookie_domain ~^\.?([a-z]+)\.test$ $1.edge.test;
    proxy_cookie_path ~^/TWO /never;
    proxy_cookie_path ~*^/TWO(.*)$ $1/$arg_a;
    proxy_cookie_path / /plain;
    proxy_cookie_flags ~^S(.)D$ secure;
    proxy_cookie_flags ~t httponly samesite=$arg_f;
  }
  location /regex-first/ {
    proxy_pass ORIGIN/two/;
    proxy_redirect ~x$ /regex;
    proxy_redirect default;
    proxy_redirect ~^(.*)$ "$1!";
    proxy_cookie_domain ~app app;
    proxy_cookie_domain .other.test ~no;
    proxy_cookie_path ~.(.).(.).? ~$2$1;
    proxy_cookie_flags ~. nosecure nohttponly;
  }
  location /nested/ {
    proxy_pass ORIGIN;
    location /nested/in/ { proxy_pass ORIGIN/two/; }
    location /nested/none/ { return 204; location /nested/none/in/ { proxy_pass ORIGIN/two/; } }
  }
  location /flags/ {
    proxy_pass ORIGIN;
    proxy_cookie_flags sid secure httponly samesite=None;
    proxy_cookie_flags t nosecure samesite=strict;
    proxy_cookie_flags other httponly;
  }
  location /flagless/ {
    proxy_pass ORIGIN;
    proxy_cookie_flags sid nosecure nohttponly nosamesite;
    proxy_cookie_domain app.test edge.test;
    proxy_cookie_flags bare secure;
  }
  location /hide/ { proxy_pass ORIGIN; proxy_hide_header x-b; proxy_hide_header X-Powered-By; }
  location /hide-known/ { proxy_pass ORIGIN; proxy_hide_header ETag; proxy_hide_header Set-Cookie; proxy_hide_header Location; }
  location /pass/ {
    proxy_pass ORIGIN;
    proxy_pass_header Server; proxy_pass_header date; proxy_pass_header X-Accel-Expires;
    proxy_pass_header X-Pad; proxy_pass_header X-A; proxy_hide_header X-A;
  }
  location /pass-server/ { proxy_pass ORIGIN; proxy_pass_header Server; }
  location /ignore/ { proxy_pass ORIGIN; proxy_ignore_headers X-Accel-Buffering Vary Set-Cookie; }
  location /add/ {
    proxy_pass ORIGIN;
    add_header X-A added;
    add_header X-Status "$status $upstream_status $sent_http_x_b";
    add_header X-Empty $arg_none;
    add_header X-Always yes always;
    add_header Cache-Control private;
    add_header Set-Cookie "own=1" always;
    add_header Link "<a>; rel=b";
  }
  location /entity/ { proxy_pass ORIGIN; add_header ETag $arg_none; add_header Last-Modified "Fri, 02 Jan 1970 00:00:00 GMT"; }
  location /inherited/ { proxy_pass ORIGIN; }
  location /inherited/own/ { proxy_pass ORIGIN; add_header X-Own 1; proxy_hide_header X-B; }
  location /answer/ { return 200 "text"; }
  location /moved/ { return 301 /x; add_header X-Moved 1; }
  location /teapot/ { return 418 "no"; add_header X-Usual 1; add_header X-Always 2 always; }
  location /page/ { error_page 404 = /answer/; return 404; add_header X-Page 1 always; }`;

const SERVER = `
  proxy_http_version 1.1;
  add_header X-Server server;
  add_header X-Late $status always;
  proxy_hide_header X-A;
  LOCATIONS`;

/** Beside the answers: what a request needs more. */
const QUERY = '&d=app.test&p=/two&c=SID&f=samesite=Lax';

/** Fields that frame messages or tell who answers. */
const OWN_FIELDS = new Set(['connection', 'keep-alive', 'transfer-encoding']);

/** Values of each field, and those of `(status)` and `(body)`. */
type Seen = Readonly<Record<string, readonly string[]>>;

async function ask(t: TestContext, port: number, method: string, target: string): Promise<Seen> {
  const client = await RawClient.connect(port);
  t.after(() => client.close());
  client.send(`${method} ${target} HTTP/1.1\r\nHost: edge.test\r\nConnection: close\r\n\r\n`);
  const { body, fields, status } = await client.response(method);
  client.close();
  const isNamed = target.startsWith('/moved/'); // the page ends with our name
  const kept = [...fields]
    .filter(([name]) => !OWN_FIELDS.has(name) && !(isNamed && name === 'content-length'))
    .sort();
  const shown = kept.map(([name, values]) => {
    return [name, values.map((value) => alike(name, value, port))] as const;
  });
  return {
    '(status)': [String(status)],
    '(body)': [body.toString().replace(/<hr><center>.*/s, '')],
    ...Object.fromEntries(shown),
  };
}

/** Both have a name and a port of their own, and answer at another second. */
function alike(name: string, value: string, port: number): string {
  if (name === 'server') return value.replace(/^(?:nginx|weir)\/.*/i, 'own');
  if (name === 'date' && !value.includes('1970')) return 'now';
  return value.replaceAll(`:${port}`, ':OWN');
}

/** One line per part that differs. */
function differencesOf(what: string, actual: Seen, expected: Seen): string[] {
  const parts = new Set([...Object.keys(actual), ...Object.keys(expected)]);
  return [...parts]
    .filter((part) => !isDeepStrictEqual(actual[part], expected[part]))
    .map((part) => `${what}: ${part} ${JSON.stringify([actual[part], expected[part]])}`);
}

test('answers pass nginx and Weir alike', requirePeer('nginx'), async (t) => {
  const origin = await RawOrigin.start({
    onRequest: ({ line }) => {
      const [, key = ''] = /[?&]a=(\w+)/.exec(line) ?? [];
      const head = ANSWERS[key] ?? '400 Bad Request\r\n';
      const text = head.replaceAll('PORT', String(origin.port));
      const isHead = line.startsWith('HEAD ');
      return `HTTP/1.1 ${text}Content-Type: text/x\r\nContent-Length: 4\r\n\r\n${isHead ? '' : 'body'}`;
    },
  });
  t.after(() => origin.close());
  const server = SERVER.replace('LOCATIONS', LOCATIONS).replaceAll(
    'ORIGIN',
    `http://127.0.0.1:${origin.port}`,
  );
  const nginx = await startNginx((port) => `server { listen 127.0.0.1:${port}; ${server} }`);
  t.after(() => nginx.close());
  const edge = startEdge({ tier: 'fast', conf: `server { listen ${ANY_PORT}; ${server} }` });
  t.after(() => edge.close());
  const paths = [...LOCATIONS.matchAll(/location (?:= )?(\/\S*) /g)].map(([, path]) => path);
  const differences: string[] = [];
  let count = 0;
  for (const path of paths) {
    for (const key of Object.keys(ANSWERS)) {
      for (const method of key === 'plain' || key === 'own' ? ['GET', 'HEAD'] : ['GET']) {
        const target = `${path}?a=${key}${QUERY}`;
        const expected = await ask(t, nginx.port, method, target);
        const actual = await ask(t, edge.port, method, target);
        differences.push(...differencesOf(`${method} ${target}`, actual, expected));
        count += 1;
      }
    }
  }
  assert.deepEqual(differences, []);
  assert.ok(count > 400, String(count));
});
