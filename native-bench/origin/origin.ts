/**
 * A programmable origin server: answers by path, works in slots, misbehaves on request, and tells
 * what it saw. For tests: `const origin = await startOrigin()`; as a program: cli.ts --help.
 *
 * It is a test peer, not a model of a good server: it reads requests leniently on purpose and keeps
 * their raw bytes on demand, so that what a proxy let through can be seen.
 */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { CustomAnswer } from './answer.ts';
import { type Behaviour, DEFAULT_BEHAVIOUR } from './behaviour.ts';
import { OriginConnection } from './origin-connection.ts';
import { OriginCore, type OriginReport, type OriginSettings } from './origin-core.ts';
import type { SeenRequest } from './request-reader.ts';

/** Where it listens, what it keeps, and any part of its behaviour. */
export interface OriginOptions extends Partial<Behaviour>, Partial<OriginSettings> {
  /** Default 127.0.0.1. */
  host?: string;
  /** Default 0: any free port. */
  port?: number;
  /** A unix socket instead of host and port. */
  path?: string;
  /** SO_REUSEPORT, for several origins on one port. */
  reusePort?: boolean;
  /** How many connections wait to be accepted. Default 4096. */
  backlog?: number;
}

/** A running origin. */
export interface Origin {
  /** The port it listens on; 0 for a unix socket. */
  readonly port: number;
  /** `http://HOST:PORT`. */
  readonly url: string;
  /** The kept requests, oldest first. */
  readonly requests: readonly SeenRequest[];
  /** Counters, work and queue since the start or reset. */
  saw(): OriginReport;
  /** The raw bytes of every connection, in order of acceptance (needs `keepRawBytes`). */
  sawRaw(): Buffer[];
  /** Resolves once that many requests have arrived completely since the start or reset. */
  waitForRequests(count: number): Promise<void>;
  /** Changes its behaviour from now on. Throws on an unknown fault. */
  change(behaviour: Partial<Behaviour>): void;
  /** Forgets what it saw. */
  reset(): void;
  /** Ends all connections at once; `true` by RST. */
  dropConnections(reset: boolean): void;
  /** Closes the listening socket: new connections are refused, open ones live on. */
  stopListening(): Promise<void>;
  /** Listens again on the same port. */
  listenAgain(): Promise<void>;
  /** Ends everything. */
  close(): Promise<void>;
}

/** Called for `respond`; named so that tests can type their own. */
export type Respond = (request: SeenRequest) => CustomAnswer | undefined;

const DEFAULT_SETTINGS: OriginSettings = {
  seed: 1,
  keepRequests: 1000,
  keepBodyBytes: 65_536,
  keepRawBytes: 0,
};

/** Starts an origin and resolves when it listens. Rejects with the error of listen(). */
export async function startOrigin(options: OriginOptions = {}): Promise<Origin> {
  const {
    host = '127.0.0.1',
    port = 0,
    path,
    reusePort = false,
    backlog = 4096,
    ...rest
  } = options;
  const core = new OriginCore({ ...DEFAULT_SETTINGS, ...rest }, { ...DEFAULT_BEHAVIOUR, ...rest });
  let accepted = 0;
  const onConnection = (socket: Socket): void => {
    const connection = new OriginConnection(core, socket, accepted);
    accepted += 1;
    core.counters.connectionsAccepted += 1;
    core.noteAccepted(connection);
  };
  const open = async (wanted: number): Promise<Server> => {
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, onConnection);
    server.listen(path === undefined ? { host, port: wanted, reusePort, backlog } : { path });
    await once(server, 'listening');
    return server;
  };
  let server: Server | undefined = await open(port);
  const address = server.address();
  const boundPort = typeof address === 'object' && address !== null ? address.port : 0;

  const stopListening = async (): Promise<void> => {
    const closing = server;
    server = undefined;
    // Connections have left the server's count, so this does not wait for them.
    if (closing !== undefined) await new Promise((resolve) => closing.close(resolve));
  };
  return {
    port: boundPort,
    url: `http://${host}:${boundPort}`,
    requests: core.requests,
    saw: () => core.report(),
    sawRaw: () => core.raw(),
    waitForRequests: (count) => core.waitForRequests(count),
    change: (behaviour) => core.change(behaviour),
    reset: () => core.reset(),
    dropConnections: (reset) => {
      for (const connection of core.connections) connection.destroy(reset);
    },
    stopListening,
    listenAgain: async () => {
      server ??= await open(boundPort);
    },
    close: async () => {
      const stopped = stopListening();
      for (const connection of core.connections) connection.destroy(false);
      await stopped;
    },
  };
}
