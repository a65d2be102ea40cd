// X-Accel-Redirect, beside nginx: which location answers, with what of the first answer.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Asked, differencesFromNginx, plainAnswer } from '#test/support/beside-nginx.ts';

const CONF = `server {
  listen LISTEN;
  server_name a.test;
  location / { proxy_pass ORIGIN; }
  location /ignored/ { proxy_pass ORIGIN; proxy_ignore_headers X-Accel-Redirect; }
  location /intercepted/ { proxy_pass ORIGIN; proxy_intercept_errors on; error_page 404 /page; }
  location = /page { return 200 "a page"; }
  location /protected/ { internal; proxy_pass ORIGIN/store/; }
  location /text/ { internal; default_type text/own; add_header X-Added yes; return 200 "text $uri $args"; }
  location /status/ { internal; return 404; }
  location /moved/ { internal; return 302 /elsewhere; }
  location /again/ { internal; proxy_pass ORIGIN/again/; }
  location @named { proxy_pass ORIGIN; proxy_ignore_headers X-Accel-Redirect; }
  location @cycle { proxy_pass ORIGIN; }
}`;

/** First answers by path, each with fields that are kept or not. */
const FIELDS = [
  'Content-Type: text/first',
  'Content-Disposition: attachment; filename="f"',
  'Set-Cookie: a=1',
  'Set-Cookie: b=2',
  'Cache-Control: private',
  'Expires: Thu, 01 Jan 2032 00:00:00 GMT',
  'ETag: "first"',
  'Last-Modified: Thu, 01 Jan 2015 00:00:00 GMT',
  'X-Other: first',
  'Location: /first',
].join('\r\n');

const COMPARED = [
  'content-type',
  'content-disposition',
  'set-cookie',
  'cache-control',
  'expires',
  'etag',
  'last-modified',
  'x-other',
  'x-added',
  'x-accel-redirect',
  'location',
];

function redirecting(to: string, status = '200 OK'): string {
  const head = `HTTP/1.1 ${status}\r\nX-Accel-Redirect: ${to}\r\n${FIELDS}`;
  return `${head}\r\nContent-Length: 9\r\n\r\nnot shown`;
}

const TARGETS = [
  '/protected/file.txt',
  '/protected/a%20b?x=1',
  '/protected/%C3%A9?',
  '/text/t?a=%20b',
  '/text/a%2Fb',
  '/status/x',
  '/moved/x',
  '/again/x',
  '@named',
  '@cycle',
  '@none',
  '/protected/../text/x',
  '/protected/%2e%2e/x',
  '/protected/..',
  '/no/such/place?a',
];

test('X-Accel-Redirect leads where nginx goes, and keeps what nginx keeps', async (t) => {
  const asked: Asked[] = TARGETS.flatMap((_, at) => [
    { host: 'a.test', target: `/go/${at}` },
    { host: 'a.test', target: `/go/${at}`, method: 'HEAD' },
  ]);
  asked.push(
    { host: 'a.test', target: '/ignored/0' },
    { host: 'a.test', target: '/intercepted/404' },
    { host: 'a.test', target: '/go/status/500' },
    { host: 'a.test', target: '/protected/direct' },
    { host: 'a.test', target: '/again/x' },
  );
  const differences = await differencesFromNginx(t, {
    conf: CONF,
    asked,
    fields: COMPARED,
    answer: ({ line }, saw) => {
      const [method = '', path = ''] = line.split(' ');
      const go = /^\/(?:go|ignored)\/(\d+)$/.exec(path)?.[1];
      if (path === '/intercepted/404') return redirecting('/text/x', '404 Not Found');
      if (path === '/go/status/500') return redirecting('/text/x', '500 Oops');
      if (path === '/again/x') return redirecting('/text/second');
      if (go !== undefined && path === `/go/${go}`) {
        const answer = redirecting(TARGETS[Number(go)] ?? '');
        return method === 'HEAD' ? answer.replace('not shown', '') : answer;
      }
      return method === 'HEAD'
        ? plainAnswer(saw).replace(/\r\n\r\n.*$/s, '\r\n\r\n')
        : plainAnswer(saw);
    },
  });
  assert.deepEqual(differences, []);
});
