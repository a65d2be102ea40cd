/**
 * A whole exchange without the kernel: request in, request out, response in, response out. What is
 * left of a request's cost when system calls are taken away, and what it allocates.
 */
import { weirConfiguration } from '#native-bench/setup.ts';
import { SystemClock } from '#src/base/clock.ts';
import { NO_LOG } from '#src/base/log.ts';
import { buildModel } from '#src/config/build.ts';
import { parse } from '#src/config/syntax/parser.ts';
import { Problems } from '#src/schema/problem.ts';
import { Server } from '#src/server/server.ts';
import { SharedState } from '#src/shared/shared-state.ts';
import type { Bench } from './measure.ts';
import { type MemoryConnection, MemoryTransport } from './memory-transport.ts';

/** As many as the headline of `npm run bench` has in flight. */
const CONNECTIONS = 64;
const VARIANTS = 1024;

const requests = Array.from({ length: VARIANTS }, (_, variant) =>
  Buffer.from(
    `GET /u/${variant * 7919}/${variant} HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: wrk\r\n` +
      `Accept: */*\r\nCookie: session=${variant * 104_729}\r\n\r\n`,
  ),
);
const BODY = 'x'.repeat(64);
const responses = Array.from({ length: VARIANTS }, (_, variant) =>
  Buffer.from(
    `HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Sat, 21 Nov 2026 00:00:00 GMT\r\n` +
      `Content-Type: text/plain\r\nContent-Length: 64\r\nConnection: keep-alive\r\n` +
      `ETag: "${variant * 7919}"\r\n\r\n${BODY}`,
  ),
);

function exchanges(log: string): Bench['run'] {
  const transport = new MemoryTransport();
  start(transport, log);
  const clients = Array.from({ length: CONNECTIONS }, () => transport.connect());
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
    for (let left = count; left > 0; left -= CONNECTIONS) {
      const turn = Math.min(left, CONNECTIONS);
      for (let at = 0; at < turn; at += 1) {
        serial = (serial + 1) % VARIANTS;
        deliver(clients[at] as MemoryConnection, requests[serial] as Buffer);
      }
      transport.settle(watch);
      const upstreams = asked;
      asked = [];
      if (upstreams.length !== turn) throw new Error(`${upstreams.length} of ${turn} sent on`);
      for (const upstream of upstreams) deliver(upstream, responses[serial] as Buffer);
    }
    return clients.reduce((sum, { bytesOut }) => sum + bytesOut, 0);
  };
}

function start(transport: MemoryTransport, log: string): void {
  const conf = weirConfiguration({
    DIRECTORY: '/',
    THREADS: '1',
    PORT: '8080',
    ORIGIN: '127.0.0.1:9',
    ACCESS_LOG: log,
    BUFFERS: '',
  });
  const problems = new Problems();
  const nodes = parse(conf, 'bench.conf', problems);
  const clock = new SystemClock();
  const tree = { file: '/bench.conf', prefix: '/', nodes, hosts: {}, errorLog: 'stderr' };
  const { model, problems: found } = buildModel({ ...tree, defaultPort: 1 }, clock);
  if (model === undefined) throw new Error(JSON.stringify([...problems.list, ...found]));
  const shared = SharedState.alone(1, model.upstreams.length);
  const server = new Server({ model, clock, thread: 0, shared, transport, errorLog: NO_LOG });
  for (const { key } of model.listens) server.listen(key, 0);
}

export const benches: readonly Bench[] = [
  { name: 'unique heads, log off', run: exchanges('off') },
  {
    name: 'unique heads, log buffer=64k',
    run: exchanges('/dev/null combined buffer=64k flush=1s'),
  },
];
