// A client that did not read its last answer for a while has no more time for its next request than
// any other. The answer was handed over for the end of the turn (`flush` said true) and had to wait
// there; that it has left at last must not stop the clock of the request that came meanwhile.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ManualClock } from '#src/base/clock.ts';
import {
  CONNECTIONS_ACTIVE,
  CONNECTIONS_READING,
  CONNECTIONS_WRITING,
  REQUESTS,
} from '#src/shared/thread-rows.ts';
import type { Connection } from '#src/transport/connection.ts';
import { FastConnection } from '#src/transport/fast-connection.ts';
import { ANY_PORT, startEdge, TIERS } from '#test/support/edge.ts';
import { RawClient } from '#test/support/raw-client.ts';
import { stalled, until } from '#test/support/spool.ts';

const ANSWER = 'x'.repeat(3_000);
const REQUEST = 'GET / HTTP/1.1\r\nHost: a.test\r\n\r\n';
/** Socket buffers of both sides together hold less. */
const MAX_ANSWERS = 30_000;

for (const tier of TIERS) {
  test(`${tier}: the time for a head runs on when the answer before it has left`, {
    timeout: 20_000,
  }, async (t) => {
    let accepted: Connection | undefined;
    const { flush } = FastConnection.prototype;
    t.mock.method(FastConnection.prototype, 'flush', function watched(this: FastConnection) {
      accepted = this;
      return flush.call(this);
    });
    const clock = new ManualClock(Date.now());
    const server = `listen ${ANY_PORT}; client_header_timeout 5s; keepalive_requests 1000000;`;
    const conf = `server { ${server} location / { return 200 "${ANSWER}"; } }`;
    const edge = startEdge({ conf, tier, clock });
    const client = await RawClient.connect(edge.port);
    t.after(() => {
      client.close();
      edge.close();
    });
    client.pause();
    let isStuck = false;
    for (let asked = 1; !isStuck; asked++) {
      assert.ok(asked < MAX_ANSWERS, 'no answer had to wait');
      client.send(REQUEST);
      await until(() => edge.count(REQUESTS) === asked);
      for (let turn = 0; turn < 3; turn++) await nextTurn();
      isStuck = accepted?.isQueued === true || edge.count(CONNECTIONS_WRITING) === 1;
    }
    assert.equal(edge.count(CONNECTIONS_WRITING), tier === 'fast' ? 0 : 1);
    client.send('GET / HT');
    await until(() => edge.count(CONNECTIONS_READING) + edge.count(CONNECTIONS_WRITING) === 1);
    client.resume();
    await until(() => edge.count(CONNECTIONS_READING) === 1);
    await stalled(() => client.received.length);
    clock.advanceMs(6_000);
    await until(() => edge.count(CONNECTIONS_ACTIVE) === 0);
  });
}
