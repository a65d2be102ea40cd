// The same configuration in Debian's nginx and in Weir, asked the same.

import { startEdge } from '#test/support/edge.ts';
import { freePorts } from '#test/support/free-port.ts';
import { type Nginx, startNginx } from '#test/support/nginx.ts';
import { ask } from './ask.ts';
import { differingParts, type Outcome, type Part } from './compare.ts';
import { render } from './conf-node.ts';
import { EchoOrigin } from './origin.ts';
import type { Configuration } from './random-configuration.ts';
import { type Asked, requestText } from './random-request.ts';

/** One after the other they have the same address, ports and origin: nothing needs translation. */
const HOST = '127.0.0.1';

/** Refuses connections. */
const DEAD = '127.0.0.9:9';

/** What Debian's nginx does not know, or has another default for; docs/differences.md has both. */
const FOR_BOTH = 'client_body_timeout 5s; proxy_read_timeout 5s;';
const FOR_WEIR = 'via off;';

/** What a configuration came to. */
export interface Findings {
  /** What nginx and Weir say about the text; empty when they accept it. */
  readonly refusals: { readonly nginx: string; readonly weir: string };
  readonly differences: readonly Difference[];
  /** Requests that were compared. */
  readonly count: number;
}

/** A request that the two answer differently. */
export interface Difference {
  readonly asked: Asked;
  readonly nginx: Outcome;
  readonly weir: Outcome;
  readonly parts: readonly Part[];
}

/** A place to run configurations, one after the other: an origin and two ports. */
export class Both {
  readonly #origin: EchoOrigin;
  readonly #ports: readonly [number, number];
  /** Nobody asks it: tells when nginx accepts. */
  readonly #probePort: number;

  constructor(origin: EchoOrigin, ports: readonly [number, number], probePort: number) {
    this.#origin = origin;
    this.#ports = ports;
    this.#probePort = probePort;
  }

  static async start(): Promise<Both> {
    const [a = 0, b = 0, originPort = 0, probePort = 0] = await freePorts(4);
    return new Both(await EchoOrigin.start(HOST, originPort), [a, b], probePort);
  }

  async close(): Promise<void> {
    await this.#origin.close();
  }

  /** Runs it in both and compares. */
  async run({ nodes, requests }: Configuration): Promise<Findings> {
    const isVersionTold = nodes.some(({ name }) => name === 'proxy_http_version');
    const text = `${FOR_BOTH}\n${isVersionTold ? '' : 'proxy_http_version 1.1;\n'}${render(nodes)}`;
    const nginx = await this.#inNginx(text, requests);
    const weir = await this.#inWeir(text, requests);
    const refusals = { nginx: nginx.refusal, weir: weir.refusal };
    const differences: Difference[] = [];
    const count = Math.min(nginx.outcomes.length, weir.outcomes.length);
    for (let at = 0; at < count; at++) {
      const [asked, one, other] = [requests[at], nginx.outcomes[at], weir.outcomes[at]];
      if (asked === undefined || one === undefined || other === undefined) continue;
      const parts = differingParts(one, other);
      if (parts.length > 0) differences.push({ asked, nginx: one, weir: other, parts });
    }
    return { refusals, differences, count };
  }

  async #inNginx(text: string, requests: readonly Asked[]): Promise<Ran> {
    let nginx: Nginx;
    try {
      const probe = `server { listen ${HOST}:${this.#probePort}; return 204; }`;
      const conf = `${this.#filled(text)}\n${probe}`;
      nginx = await startNginx(() => conf, this.#probePort);
    } catch (error) {
      return { refusal: (error as Error).message, outcomes: [] };
    }
    try {
      return { refusal: '', outcomes: await this.#askAll(requests) };
    } finally {
      await nginx.close();
    }
  }

  async #inWeir(text: string, requests: readonly Asked[]): Promise<Ran> {
    const conf = `${FOR_WEIR}\n${this.#filled(text)}`;
    let edge: ReturnType<typeof startEdge>;
    try {
      edge = startEdge({ tier: 'fast', conf, asWritten: true });
    } catch (error) {
      return { refusal: (error as Error).message, outcomes: [] };
    }
    try {
      return { refusal: '', outcomes: await this.#askAll(requests) };
    } finally {
      edge.close();
    }
  }

  async #askAll(requests: readonly Asked[]): Promise<Outcome[]> {
    const origin = this.#origin;
    const outcomes: Outcome[] = [];
    for (const asked of requests) {
      origin.takeSeen();
      const port = this.#ports[asked.port === 'PORT_A' ? 0 : 1];
      const text = this.#filled(requestText(asked));
      const answered = await ask(HOST, port, asked, text);
      outcomes.push({ answered, seen: origin.takeSeen() });
    }
    origin.forget();
    return outcomes;
  }

  /** Places of this run in place of their names. */
  #filled(text: string): string {
    const [portA, portB] = this.#ports;
    return text
      .replaceAll('HERE', HOST)
      .replaceAll('PORT_A', String(portA))
      .replaceAll('PORT_B', String(portB))
      .replaceAll('ORIGIN', this.#origin.address)
      .replaceAll('SOCKET', this.#origin.path)
      .replaceAll('DEAD', DEAD);
  }
}

interface Ran {
  readonly refusal: string;
  readonly outcomes: readonly Outcome[];
}
