/** Whole exchanges over a transport without a kernel: what several benches measure. */

import type { SystemClock } from '#src/base/clock.ts';
import { NO_LOG } from '#src/base/log.ts';
import type { Model } from '#src/config/model.ts';
import { Server } from '#src/server/server.ts';
import { SharedState } from '#src/shared/shared-state.ts';
import { slotCountOf } from '#src/upstream/endpoint/upstream-config.ts';
import type { Bench } from './measure.ts';
import { type MemoryConnection, MemoryTransport } from './memory-transport.ts';

/** As many as the headline of `npm run bench` has. */
const IN_FLIGHT = 64;
const RESPONSES = 1024;

const BODY = 'x'.repeat(64);
const responses = Array.from({ length: RESPONSES }, (_, variant) =>
  Buffer.from(
    `HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Sat, 21 Nov 2026 00:00:00 GMT\r\n` +
      `Content-Type: text/plain\r\nContent-Length: 64\r\nConnection: keep-alive\r\n` +
      `ETag: "${variant * 7919}"\r\n\r\n${BODY}`,
  ),
);

/**
 * A bench that sends requests through a server of that model, 64 at a time; all go to endpoints.
 * @param requests of each connection, which sends them one after the other, again and again
 */
export function exchangesThrough(
  model: Model,
  clock: SystemClock,
  requests: readonly (readonly Buffer[])[],
): Bench['run'] {
  const transport = new MemoryTransport();
  const endpointCount = slotCountOf(model.upstreams);
  const shared = SharedState.alone(endpointCount, model.upstreams.length);
  const server = new Server({ model, clock, thread: 0, shared, transport, errorLog: NO_LOG });
  for (const { key } of model.listens) server.listen(key, 0);
  const clients = requests.map((own) => ({ own, sent: 0, connection: transport.connect() }));
  /** Upstream connections that have been sent a request and not answered. */
  let asked: MemoryConnection[] = [];
  const watch = (connection: MemoryConnection): void => {
    connection.onFlush = () => {
      asked.push(connection);
    };
  };
  const buffer = Buffer.allocUnsafeSlow(65_536);
  let serial = 0;
  const deliver = (connection: MemoryConnection, bytes: Buffer): void => {
    bytes.copy(buffer);
    connection.owner.onBytes(buffer, 0, bytes.length);
  };
  return (count) => {
    for (let left = count; left > 0; left -= IN_FLIGHT) {
      const turn = Math.min(left, IN_FLIGHT);
      for (let at = 0; at < turn; at += 1) {
        serial += 1;
        const client = clients[serial % clients.length] as (typeof clients)[number];
        client.sent += 1;
        deliver(client.connection, client.own[client.sent % client.own.length] as Buffer);
      }
      transport.settle(watch);
      const upstreams = asked;
      asked = [];
      if (upstreams.length !== turn) throw new Error(`${upstreams.length} of ${turn} sent on`);
      for (const upstream of upstreams) {
        deliver(upstream, responses[serial % RESPONSES] as Buffer);
      }
    }
    return clients.reduce((sum, { connection }) => sum + connection.bytesOut, 0);
  };
}
