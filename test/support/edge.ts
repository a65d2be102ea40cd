// The edge in this process: a Server on one transport tier, with a configuration given as text and
// ports chosen by the kernel. Closing it checks that nothing was leaked on the way.

import { slotCountOf } from '#src/upstream/endpoint/upstream-config.ts';
import './poison.ts';
import assert from 'node:assert/strict';
import { BoundSocket } from 'node:net';
import { type Clock, SystemClock } from '#src/base/clock.ts';
import { CONNECTION_ENDS, type ConnectionEnd } from '#src/base/connection-end.ts';
import { ErrorLog } from '#src/base/log.ts';
import { buildModel } from '#src/config/build.ts';
import { parse } from '#src/config/syntax/parser.ts';
import { liveExplainer } from '#src/explain/live/live-explainer.ts';
import type { ChanceSource } from '#src/proxy/faults.ts';
import { Problems } from '#src/schema/problem.ts';
import { Server } from '#src/server/server.ts';
import { END_COLUMNS } from '#src/shared/reason-columns.ts';
import { SharedState } from '#src/shared/shared-state.ts';
import { CONNECTIONS_ACCEPTED, GAUGES } from '#src/shared/thread-rows.ts';
import { createTransport, type TransportTier } from '#src/transport/transport.ts';
import { newestWheel, outstandingCount, takeOffences } from './manners.ts';

/** Both implementations of src/transport: every case runs on each. */
export const TIERS: readonly TransportTier[] = ['fast', 'portable'];

/** Stands for "any port" in `listen`: the kernel chooses the real one. */
export const ANY_PORT = '127.0.0.1:1';

/** What `startEdge` needs to know. */
export interface EdgeOptions {
  /** What stands inside `http { }`; `listen 127.0.0.1:1;` means a port that the kernel chooses. */
  readonly conf: string;
  readonly tier: TransportTier;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Host names and their addresses; none is known unless told. */
  readonly hosts?: Readonly<Record<string, readonly string[]>>;
  /** Connections at which it stops accepting. */
  readonly connectionCap?: number;
  /** Listens on the addresses that the configuration tells; else on ports that the kernel chooses. */
  readonly asWritten?: boolean;
  /** Which exchanges meet a `fault`. */
  readonly chance?: ChanceSource;
  /** Told when it stopped accepting, and when it has room. */
  readonly onPressure?: (isFull: boolean) => void;
}

/** A running edge. */
export class Edge {
  readonly server: Server;
  readonly shared: SharedState;
  /** Lines of the error log. */
  readonly errors: readonly string[];
  /** By the `listen` that is written in the configuration. */
  readonly ports: ReadonlyMap<string, number>;
  readonly #outstandingBefore: number;
  readonly #wheel = newestWheel();
  #isClosed = false;
  #mayFail = false;

  constructor(
    server: Server,
    shared: SharedState,
    errors: readonly string[],
    ports: ReadonlyMap<string, number>,
    outstandingBefore: number,
  ) {
    this.server = server;
    this.shared = shared;
    this.errors = errors;
    this.ports = ports;
    this.#outstandingBefore = outstandingBefore;
  }

  /** Of the first `listen`. */
  get port(): number {
    const [port] = this.ports.values();
    assert.ok(port !== undefined, 'the configuration has no listen');
    return port;
  }

  /** A counter or gauge of src/shared/thread-rows.ts. */
  count(column: number): number {
    return this.shared.rows.total(column);
  }

  /** How many connections ended for that reason. */
  endCount(end: ConnectionEnd): number {
    return this.count(END_COLUMNS[end]);
  }

  /** The test plants an exception: the log may tell of it. */
  expectErrors(): void {
    this.#mayFail = true;
  }

  /** Accepts again on the same ports, as a thread does when it is given new descriptors. */
  listenAgain(): void {
    for (const [key, port] of this.ports) this.server.listen(key, bind(port).fd);
  }

  /** Ends everything and checks what is left: nothing. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.server.close();
    assert.deepEqual(takeOffences(), [], 'offences against the manners of hot objects');
    const alerts = this.errors.filter((line) => /\[(emerg|alert|crit)\]/.test(line));
    if (!this.#mayFail) assert.deepEqual(alerts, [], 'errors of our own');
    assert.equal(this.server.connectionCount, 0, 'connections left');
    for (const gauge of GAUGES) assert.equal(this.count(gauge), 0, `gauge ${gauge} after close`);
    for (let id = 0; id < this.shared.sizes.endpointCount; id++) {
      assert.equal(this.shared.endpoints.active(id), 0, `in flight at endpoint ${id} after close`);
    }
    const ends = Object.entries(CONNECTION_ENDS).filter(([, { side }]) => side === 'client');
    const ended = ends.reduce((sum, [end]) => sum + this.endCount(end as ConnectionEnd), 0);
    assert.equal(ended, this.count(CONNECTIONS_ACCEPTED), 'every end of a client has one reason');
    assert.equal(outstandingCount(), this.#outstandingBefore, 'objects not given back');
    assert.equal(this.#wheel?.linkedCount, 0, 'timers left on the wheel');
  }
}

/** Starts an edge that listens when this returns. Throws when the configuration has a problem. */
export function startEdge(options: EdgeOptions): Edge {
  const {
    tier,
    clock = new SystemClock(),
    chance,
    connectionCap,
    hosts = {},
    onPressure,
  } = options;
  const problems = new Problems();
  const nodes = parse(`events {} http { ${options.conf} }`, 'edge.conf', problems);
  const tree = { file: '/edge.conf', prefix: '/', nodes, hosts, errorLog: 'stderr' };
  const built = buildModel({ ...tree, defaultPort: 1 }, clock);
  const { model } = built;
  if (model === undefined || problems.list.length > 0) {
    throw new Error(JSON.stringify([...problems.list, ...built.problems], null, 1));
  }
  const errors: string[] = [];
  const errorLog = new ErrorLog({ write: (line) => errors.push(line) }, 'warn', process.pid, 0);
  const endpointCount = slotCountOf(model.upstreams);
  const shared = SharedState.alone(endpointCount, model.upstreams.length);
  const outstandingBefore = outstandingCount();
  const server = new Server({
    model,
    clock,
    thread: 0,
    shared,
    transport: createTransport(tier),
    errorLog,
    ...(model.explains ? { explain: liveExplainer(() => nodes) } : {}),
    ...(chance === undefined ? {} : { chance }),
    ...(connectionCap === undefined ? {} : { connectionCap }),
    ...(onPressure === undefined ? {} : { onPressure }),
  });
  const ports = new Map<string, number>();
  for (const { key } of model.listens) {
    const bound = options.asWritten ? bind(Number(key.split(':')[1]), key.split(':')[0]) : bind(0);
    ports.set(key, bound.port);
    server.listen(key, bound.fd);
  }
  return new Edge(server, shared, errors, ports, outstandingBefore);
}

/** Never closed here: the descriptor is the server's from then on. */
const bound: BoundSocket[] = [];

function bind(port: number, host = '127.0.0.1'): { fd: number; port: number } {
  const socket = new BoundSocket({ host, port, reusePort: true });
  bound.push(socket);
  return { fd: socket.fd(), port: socket.address().port };
}
