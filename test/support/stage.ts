// A stage for tests of the data path: origins of raw bytes, an edge before them, clients of raw
// bytes. All of it is taken down after the test, and the edge then checks that nothing was leaked.

import type { TestContext } from 'node:test';
import { describe, test } from 'node:test';
import type { TransportTier } from '#src/transport/transport.ts';
import { ANY_PORT, type Edge, type EdgeOptions, startEdge, TIERS } from './edge.ts';
import { type ClientOptions, RawClient } from './raw-client.ts';
import { type OriginScript, RawOrigin } from './raw-origin.ts';

/** What a stage is set up with. */
export interface StageOptions extends Partial<Omit<EdgeOptions, 'conf' | 'tier'>> {
  /** One per origin; default one that never answers. */
  readonly scripts?: readonly OriginScript[];
  /** Directives of the only server, beside `listen`. */
  readonly server?: string;
  /** Directives of its `location /`, beside `proxy_pass`. */
  readonly location?: string;
  /** Directives of the `upstream`, beside its servers. */
  readonly upstream?: string;
  /** All of `http { }` instead, given the ports of the origins. */
  readonly conf?: (...ports: number[]) => string;
}

/** Origins, edge and clients of one test. */
export class Stage {
  readonly tier: TransportTier;
  readonly origins: readonly RawOrigin[];
  readonly edge: Edge;
  readonly #clients: RawClient[] = [];

  constructor(tier: TransportTier, origins: readonly RawOrigin[], edge: Edge) {
    this.tier = tier;
    this.origins = origins;
    this.edge = edge;
  }

  /** The first origin. */
  get origin(): RawOrigin {
    const [origin] = this.origins;
    if (origin === undefined) throw new Error('this stage has no origin');
    return origin;
  }

  /** Connects, and sends `bytes` at once. */
  async client(bytes: string | Buffer = '', options: ClientOptions = {}): Promise<RawClient> {
    const client = await RawClient.connect(this.edge.port, options);
    this.#clients.push(client);
    if (bytes.length > 0) client.send(bytes);
    return client;
  }

  /** Takes down clients and edge; the edge checks that nothing was leaked. */
  close(): void {
    for (const client of this.#clients) client.close();
    this.edge.close();
  }
}

/** A stage for this test, taken down when it ends. */
export async function setStage(
  t: TestContext,
  tier: TransportTier,
  options: StageOptions = {},
): Promise<Stage> {
  const { scripts = [{}], conf, server, location, upstream, ...rest } = options;
  const origins: RawOrigin[] = [];
  for (const script of scripts) origins.push(await RawOrigin.start(script));
  const ports = origins.map(({ port }) => port);
  t.after(() => Promise.all(origins.map((origin) => origin.close())));
  const text = conf?.(...ports) ?? defaultConf(ports, options);
  const stage = new Stage(tier, origins, startEdge({ conf: text, tier, ...rest }));
  t.after(() => stage.close());
  return stage;
}

/** The same, but bodies are streamed both ways: what happens while they are under way is seen. */
export function setStreamingStage(
  t: TestContext,
  tier: TransportTier,
  options: StageOptions = {},
): Promise<Stage> {
  const server = `proxy_request_buffering off; proxy_buffering off; ${options.server ?? ''}`;
  return setStage(t, tier, { ...options, server });
}

function defaultConf(
  ports: readonly number[],
  { server = '', location = '', upstream = '' }: StageOptions,
): string {
  const servers = ports.map((port) => `server 127.0.0.1:${port};`).join(' ');
  return `upstream origins { ${servers} ${upstream} }
    server { listen ${ANY_PORT}; ${server} location / { proxy_pass http://origins; ${location} } }`;
}

/** How long one case may take before it counts as stuck. No test waits for this to pass. */
const PATIENCE_MS = 20_000;

/** A case of one tier. */
export type TierCase = (
  title: string,
  run: (t: TestContext, tier: TransportTier) => Promise<void>,
) => void;

/** Runs the same cases on both transports. */
export function onBothTiers(subject: string, cases: (it: TierCase) => void): void {
  for (const tier of TIERS) {
    describe(`${subject} (${tier})`, () => {
      cases((title, run) => {
        test(title, { timeout: PATIENCE_MS }, (t) => run(t, tier));
      });
    });
  }
}
