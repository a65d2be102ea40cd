// That the tests of this folder can fail: a forwarder that passes bytes on as they come is judged by
// the same code, and by readers of whom each has its use.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { describe, test } from 'node:test';
import { CASES, THEMES } from '#test/conformance/smuggling/requests/all.ts';
import { LenientOrigin } from '#test/support/lenient-origin.ts';
import { PANEL } from '#test/support/lenient-policies.ts';
import { disagreements, readLeniently } from '#test/support/lenient-reader.ts';
import { faults } from './judge.ts';

/** Themes in which readers differ about boundaries; in the others about sites and options. */
const BOUNDARY_THEMES = new Set([
  'Transfer-Encoding',
  'bytes around the framing fields',
  'Content-Length',
  'line ends',
  'folds, nameless lines, NUL',
  'chunks and trailers',
]);

/** Pipes each client to a connection of its own. */
async function startNaive(originPort: number): Promise<Server> {
  const server = createServer((client) => {
    const upstream = connect(originPort, '127.0.0.1');
    client.pipe(upstream).pipe(client);
    client.on('error', () => undefined);
    upstream.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function passedOn(port: number, origin: LenientOrigin, bytes: string): Promise<string[]> {
  origin.mark();
  const before = origin.connectionCount;
  const client = connect(port, '127.0.0.1');
  client.on('error', () => undefined);
  client.resume();
  client.end(bytes, 'latin1');
  await origin.ended(before);
  client.destroy();
  return origin.taken();
}

test('a forwarder that passes bytes on fails on nearly all of it', async (t) => {
  const origin = await LenientOrigin.start();
  t.after(() => origin.close());
  const naive = await startNaive(origin.port);
  t.after(() => naive.close());
  const { port } = naive.address() as AddressInfo;
  const spared: string[] = [];
  let twoReadings = 0;
  for (const [theme, cases] of THEMES) {
    let differing = 0;
    for (const one of cases) {
      const streams = await passedOn(port, origin, one.bytes);
      if (faults(one, streams, { isStreamed: true }).length === 0) spared.push(one.name);
      if (streams.flatMap(disagreements).length > 0) differing += 1;
    }
    twoReadings += differing;
    t.diagnostic(`${theme}: two readings of ${differing} of ${cases.length}`);
    if (BOUNDARY_THEMES.has(theme)) assert.ok(differing > cases.length / 3, theme);
  }
  t.diagnostic(`in all: two readings of ${twoReadings} of ${CASES.length}`);
  // A body that no reader can read on: nobody is harmed, and it is refused for the client's sake.
  assert.ok(spared.length < CASES.length / 50, spared.join('\n'));
});

describe('every reader of the panel has its use', () => {
  for (const [at, policy] of PANEL.entries()) {
    if (at === 0) continue;
    test(policy.name, () => {
      const found = CASES.find(({ bytes }) =>
        disagreements(bytes).some((line) => line.startsWith(`"${policy.name}"`)),
      );
      assert.ok(found !== undefined, 'reads every message of the corpus as RFC 9112 does');
    });
  }
});

test('the panel agrees about what is canonical', () => {
  const requests = [
    'GET /a HTTP/1.1\r\nHost: a.test\r\n\r\n',
    'POST /b HTTP/1.1\r\nHost: a.test\r\nContent-Length: 7\r\n\r\n0\r\n\r\nGE',
    'PUT /c HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n\r\n\r\n0\r\n\r\n',
    'PUT /d HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\n\r\n',
  ];
  const text = requests.join('');
  assert.deepEqual(disagreements(text), []);
  assert.deepEqual(disagreements(text.slice(0, -3)), [], 'the last one incomplete');
  for (const policy of PANEL) {
    const bodies = readLeniently(text, policy).requests.map(({ body }) => body);
    assert.deepEqual(bodies, ['', '0\r\n\r\nGE', '\r\n', ''], policy.name);
  }
});
