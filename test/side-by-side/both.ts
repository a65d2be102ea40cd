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

/** The same ports on two addresses: `$server_port` and redirects need no translation. */
const NGINX_HOST = '127.0.0.1';
const WEIR_HOST = '127.0.0.2';

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

/** A place to run configurations, one after the other: an origin and ports for each of the two. */
export class Both {
  readonly #nginx: Side;
  readonly #weir: Side;
  /** Nobody asks it: tells when nginx accepts. */
  readonly #probePort: number;

  constructor(nginx: Side, weir: Side, probePort: number) {
    this.#nginx = nginx;
    this.#weir = weir;
    this.#probePort = probePort;
  }

  static async start(): Promise<Both> {
    const [a = 0, b = 0, originPort = 0, probePort = 0] = await freePorts(4);
    const [nginx, weir] = await Promise.all(
      [NGINX_HOST, WEIR_HOST].map(async (host) => {
        return new Side(host, [a, b], await EchoOrigin.start(host, originPort));
      }),
    );
    return new Both(nginx as Side, weir as Side, probePort);
  }

  async close(): Promise<void> {
    await Promise.all([this.#nginx.origin.close(), this.#weir.origin.close()]);
  }

  /** Runs it in both and compares. */
  async run({ nodes, requests }: Configuration): Promise<Findings> {
    const isVersionTold = nodes.some(({ name }) => name === 'proxy_http_version');
    const text = `${FOR_BOTH}\n${isVersionTold ? '' : 'proxy_http_version 1.1;\n'}${render(nodes)}`;
    const [nginx, weir] = await Promise.all([
      this.#inNginx(text, requests),
      this.#inWeir(text, requests),
    ]);
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
      const probe = `server { listen ${NGINX_HOST}:${this.#probePort}; return 204; }`;
      const conf = `${this.#nginx.filled(text)}\n${probe}`;
      nginx = await startNginx(() => conf, this.#probePort);
    } catch (error) {
      return { refusal: (error as Error).message, outcomes: [] };
    }
    try {
      return { refusal: '', outcomes: await this.#nginx.askAll(requests) };
    } finally {
      await nginx.close();
    }
  }

  async #inWeir(text: string, requests: readonly Asked[]): Promise<Ran> {
    const conf = `${FOR_WEIR}\n${this.#weir.filled(text)}`;
    let edge: ReturnType<typeof startEdge>;
    try {
      edge = startEdge({ tier: 'fast', conf, asWritten: true });
    } catch (error) {
      return { refusal: (error as Error).message, outcomes: [] };
    }
    try {
      return { refusal: '', outcomes: await this.#weir.askAll(requests) };
    } finally {
      edge.close();
    }
  }
}

/** Where one of the two runs. */
class Side {
  readonly origin: EchoOrigin;
  readonly #host: string;
  readonly #ports: readonly [number, number];

  constructor(host: string, ports: readonly [number, number], origin: EchoOrigin) {
    this.#host = host;
    this.#ports = ports;
    this.origin = origin;
  }

  async askAll(requests: readonly Asked[]): Promise<Outcome[]> {
    const { origin } = this;
    const outcomes: Outcome[] = [];
    for (const asked of requests) {
      origin.takeSeen();
      const port = this.#ports[asked.port === 'PORT_A' ? 0 : 1];
      const text = this.filled(requestText(asked));
      const answered = await ask(this.#host, port, asked, text);
      outcomes.push(inOnePlace({ answered, seen: origin.takeSeen() }));
    }
    origin.forget();
    return outcomes;
  }

  /** Places of this run in place of their names. */
  filled(text: string): string {
    const [portA, portB] = this.#ports;
    return text
      .replaceAll('HERE', this.#host)
      .replaceAll('PORT_A', String(portA))
      .replaceAll('PORT_B', String(portB))
      .replaceAll('ORIGIN', this.origin.address)
      .replaceAll('DEAD', '127.0.0.9:9');
  }
}

/** Weir's address written as that of nginx: what was asked, and what it asks, holds it. */
function inOnePlace(outcome: Outcome): Outcome {
  return JSON.parse(JSON.stringify(outcome).replaceAll(WEIR_HOST, NGINX_HOST)) as Outcome;
}

interface Ran {
  readonly refusal: string;
  readonly outcomes: readonly Outcome[];
}
