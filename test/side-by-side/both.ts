// The same configuration in Debian's nginx and in Weir, asked the same.

import { startEdge } from '#test/support/edge.ts';
import { freePorts } from '#test/support/free-port.ts';
import { type Nginx, startNginx } from '#test/support/nginx.ts';
import { type Answered, ask, noAnswer } from './ask.ts';
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

/** A place to run configurations, one after the other: an origin, and ports. */
export class Both {
  readonly #origin: EchoOrigin;
  readonly #ports: readonly number[];

  constructor(origin: EchoOrigin, ports: readonly number[]) {
    this.#origin = origin;
    this.#ports = ports;
  }

  static async start(): Promise<Both> {
    return new Both(await EchoOrigin.start(), await freePorts(3));
  }

  async close(): Promise<void> {
    await this.#origin.close();
  }

  /** Runs it in both and compares. */
  async run({ nodes, requests }: Configuration): Promise<Findings> {
    const isVersionTold = nodes.some(({ name }) => name === 'proxy_http_version');
    const text = `${isVersionTold ? '' : 'proxy_http_version 1.1;\n'}${render(nodes)}`;
    const nginx = await this.#inNginx(text, requests);
    const weir = await this.#inWeir(text, requests);
    this.#origin.forget();
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
      const [, , probe] = this.#ports;
      const conf = `${FOR_BOTH}\n${this.#filled(text, NGINX_HOST)}`;
      const own = `server { listen ${NGINX_HOST}:${probe}; return 204; }`;
      nginx = await startNginx(() => `${conf}\n${own}`, probe);
    } catch (error) {
      return { refusal: (error as Error).message, outcomes: [] };
    }
    try {
      return { refusal: '', outcomes: await this.#askAll(NGINX_HOST, requests) };
    } finally {
      await nginx.close();
    }
  }

  async #inWeir(text: string, requests: readonly Asked[]): Promise<Ran> {
    const conf = `${FOR_BOTH} ${FOR_WEIR}\n${this.#filled(text, WEIR_HOST)}`;
    let edge: ReturnType<typeof startEdge>;
    try {
      edge = startEdge({ tier: 'fast', conf, asWritten: true });
    } catch (error) {
      return { refusal: (error as Error).message, outcomes: [] };
    }
    try {
      return { refusal: '', outcomes: await this.#askAll(WEIR_HOST, requests) };
    } finally {
      edge.close();
    }
  }

  async #askAll(host: string, requests: readonly Asked[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    for (const asked of requests) {
      this.#origin.takeSeen();
      const port = this.#ports[asked.port === 'PORT_A' ? 0 : 1] ?? 0;
      const text = this.#filled(requestText(asked), host);
      const answered: Answered = await ask(host, port, asked, text).catch((error: Error) => {
        return noAnswer(error.message);
      });
      outcomes.push(inOnePlace({ answered, seen: this.#origin.takeSeen() }));
    }
    return outcomes;
  }

  /** Places of this run in place of their names, `\bHERE` with the host's own address. */
  #filled(text: string, host: string): string {
    const [portA, portB] = this.#ports;
    return text
      .replaceAll('HERE', host)
      .replaceAll('PORT_A', String(portA))
      .replaceAll('PORT_B', String(portB))
      .replaceAll('ORIGIN', this.#origin.address)
      .replaceAll('DEAD', '127.0.0.9:9');
  }
}

/** Weir's address written as that of nginx: what was asked may hold it. */
function inOnePlace(outcome: Outcome): Outcome {
  return JSON.parse(JSON.stringify(outcome).replaceAll(WEIR_HOST, NGINX_HOST)) as Outcome;
}

interface Ran {
  readonly refusal: string;
  readonly outcomes: readonly Outcome[];
}
