/**
 * Before a thread accepts its first client it runs synthetic exchanges through its own data path,
 * so that V8 has compiled some of it by then. They have a `Server` of their own with its own
 * configuration, counters and logs, over the thread's transport and real sockets: the classes are
 * those of real traffic, and nothing stays of it but compiled code.
 */

import type { Clock } from '#src/base/clock.ts';
import { NO_LOG } from '#src/base/log.ts';
import type { Model } from '#src/config/model.ts';
import { buildModelWith } from '#src/config/model-builder.ts';
import { parse } from '#src/config/syntax/parser.ts';
import { Problems } from '#src/schema/problem.ts';
import { SharedState } from '#src/shared/shared-state.ts';
import { detectRawHandles } from '#src/transport/raw-handles.ts';
import type { Transport } from '#src/transport/transport.ts';
import { Server } from './server.ts';
import { WarmUpPeers } from './warm-up-peers.ts';
import { DialTransport } from './warm-up-transport.ts';

export interface WarmUpOptions {
  /** The thread's own. */
  readonly transport: Transport;
  readonly clock: Clock;
  /** It ends after so many exchanges, or so many milliseconds after the call: what comes first. */
  readonly maxExchanges: number;
  readonly timeoutMs: number;
  /** Clients will be logged: that code is run too. */
  readonly isLogged: boolean;
}

/** What came of a warm-up. */
export interface WarmUpOutcome {
  /** Answers that its clients got. */
  readonly exchanges: number;
  /** Why it was given up, if it was: no loopback, no descriptors … */
  readonly error: Error | undefined;
}

/** What a start has time for, unless it is late (workers/proxy-thread.ts). */
export const USUAL_WARM_UP_MS = 80;

/** In the configuration only: nobody listens there (warm-up-transport.ts). */
const LISTEN_KEY = '127.0.0.1:1';

/** It has no regular expressions, and nobody compares it. */
const TOOLS = {
  compilePattern: () => ({ problem: 'not loaded' }),
  identify: () => ({ hash: '', pseudonym: 'weir' }),
};

/** Warms this thread up. Never rejects: a thread can serve without. */
export async function warmUp(options: WarmUpOptions): Promise<WarmUpOutcome> {
  const endAtMs = performance.now() + options.timeoutMs;
  let peers: WarmUpPeers | undefined;
  let error: Error | undefined;
  try {
    const raw = detectRawHandles();
    if (raw === undefined) throw new Error('this Node lacks raw handles');
    peers = new WarmUpPeers(raw, options.maxExchanges, endAtMs);
    await exchange(options, peers);
  } catch (thrown) {
    error = thrown as Error;
  }
  return { exchanges: peers?.exchanges ?? 0, error };
}

async function exchange(options: WarmUpOptions, peers: WarmUpPeers): Promise<void> {
  const { clock, isLogged } = options;
  let server: Server | undefined;
  try {
    const ports = peers.listen();
    const transport = new DialTransport(options.transport, ports.client);
    const model = modelFor(ports.origin, isLogged, clock);
    const shared = SharedState.alone(1, model.upstreams.length);
    server = new Server({ model, clock, thread: 0, shared, transport, errorLog: NO_LOG });
    server.listen(LISTEN_KEY, -1);
    await peers.run(() => transport.connect());
  } finally {
    // With RST, and before our own side closes: no connection stays in TIME_WAIT.
    peers.close();
    server?.close();
  }
  // Closed handles are gone after a turn of the event loop.
  await new Promise((resolve) => setImmediate(resolve));
}

function modelFor(originPort: number, isLogged: boolean, clock: Clock): Model {
  const log = isLogged ? '/dev/null combined buffer=64k flush=1s' : 'off';
  const conf = `events {} http { access_log ${log};
    upstream origin { server 127.0.0.1:${originPort}; keepalive 64; }
    server {
      listen ${LISTEN_KEY};
      location / {
        proxy_pass http://origin;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      }
    } }`;
  const problems = new Problems();
  const nodes = parse(conf, 'warm-up', problems);
  const tree = { file: '/warm-up', prefix: '/', nodes, hosts: {}, errorLog: 'stderr' };
  const { model } = buildModelWith(TOOLS, { ...tree, defaultPort: 1 }, clock);
  if (model === undefined) throw new Error('the configuration of the warm-up has problems');
  return model;
}
