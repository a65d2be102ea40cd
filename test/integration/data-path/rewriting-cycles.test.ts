// Locations that rewrite into each other end after ten changes, and the error log says why.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ANY_PORT, startEdge, TIERS } from '#test/support/edge.ts';
import { RawClient } from '#test/support/raw-client.ts';

const CONF = `
  server {
    listen ${ANY_PORT};
    server_name a.test;
    location /a/ { rewrite ^/a/(.*)$ /b/$1x last; }
    location /b/ { rewrite ^/b/(.*)$ /a/$1x last; }
    location /page/ { error_page 404 /page/again; recursive_error_pages on; return 404; }
    location /count/ { rewrite ^/count/.(.*)$ /count/$1 last; return 200 end; }
    location /empty { rewrite ^/empty(.*)$ $1 last; }
    location /relative/ { rewrite ^/relative/(.*)$ $1 last; }
  }`;

const CASES: readonly (readonly [path: string, status: number, reason: RegExp])[] = [
  ['/a/', 500, /\[error\].* redirect_cycle: more than 10 .*request: "GET \/a\/ /],
  ['/page/', 500, /\[error\].* redirect_cycle: more than 10 .*request: "GET \/page\/ /],
  ['/count/12345678901', 500, /\[error\].* redirect_cycle/],
  ['/empty', 500, /\[error\].* rewritten_path_empty: rewrite made an empty path/],
  ['/relative/x', 404, /\[error\].* rewritten_path_relative: rewrite made a path that does not/],
];

for (const tier of TIERS) {
  test(`a cycle is ended and told of (${tier})`, async (t) => {
    const edge = startEdge({ tier, conf: CONF });
    t.after(() => edge.close());
    const client = await RawClient.connect(edge.port);
    t.after(() => client.close());
    const ask = async (path: string): Promise<number> => {
      client.send(`GET ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
      return (await client.response('GET')).status;
    };
    for (const [path, status, reason] of CASES) {
      assert.equal(await ask(path), status, path);
      assert.match(edge.errors.at(-1) ?? '', reason);
    }
    const before = edge.errors.length;
    assert.equal(await ask('/count/1234567890'), 200); // ten changes are not too many
    assert.equal(edge.errors.length, before);
  });
}
