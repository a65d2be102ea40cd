// `max_headers`: nginx 1.29.8 has it, Debian's has not.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ANY_PORT, startEdge } from '#test/support/edge.ts';
import { RawClient } from '#test/support/raw-client.ts';

it('refuses a head with more fields than max_headers, and takes one with as many', async (t) => {
  const edge = startEdge({
    tier: 'fast',
    conf: `server { listen ${ANY_PORT}; max_headers 3; location / { return 200 ok; } }`,
  });
  t.after(() => edge.close());
  for (const [more, expected] of [
    [[], 200],
    [['A: 1', 'B: 2'], 200],
    [['A: 1', 'B: 2', 'C: 3'], 431],
    [['A:1', 'B:2', 'C:3'], 431],
  ] as const) {
    const client = await RawClient.connect(edge.port);
    t.after(() => client.close());
    client.send(`${['GET / HTTP/1.1', 'Host: a', ...more].join('\r\n')}\r\n\r\n`);
    assert.equal((await client.response()).status, expected, more.join());
    client.close();
  }
});
