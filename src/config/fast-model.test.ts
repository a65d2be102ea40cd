import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { ManualClock } from '#src/base/clock.ts';
import { parse } from '#src/config/syntax/parser.ts';
import { Problems } from '#src/schema/problem.ts';
import { buildModel } from './build.ts';

const CONF = `events {} http {
  upstream origin { server 127.0.0.1:9; server 127.0.0.1:10; }
  server {
    listen 8080;
    client_max_body_size 3m;
    location / { proxy_pass http://origin; proxy_set_header Host $host; keepalive_timeout 3s; }
    location /other/ { proxy_pass http://127.0.0.1:9; }
  }
}`;

test('no object of the model is a dictionary to V8: the data path reads them per request', () => {
  setFlagsFromString('--allow-natives-syntax');
  const isFast = new Function('object', 'return %HasFastProperties(object)') as (
    object: object,
  ) => boolean;
  const nodes = parse(CONF, 'fast.conf', new Problems());
  const tree = { file: '/fast.conf', prefix: '/', nodes, hosts: {}, errorLog: 'stderr' };
  const { model } = buildModel({ ...tree, defaultPort: 1 }, new ManualClock());
  assert.ok(model !== undefined);
  const seen = new Set<unknown>();
  const slow: string[] = [];
  const look = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    if (!isFast(value)) slow.push(path);
    for (const [key, inner] of Object.entries(value)) look(inner, `${path}.${key}`);
  };
  look(model, 'model');
  assert.ok(seen.size > 50, `${seen.size} objects`);
  assert.deepEqual(slow, []);
});
