// The same configuration in Debian's nginx and in Weir, asked the same.

import { startEdge } from '#test/support/edge.ts';
import { freePorts } from '#test/support/free-port.ts';
import { type Nginx, startNginx } from '#test/support/nginx.ts';
import { converse } from './ask.ts';
import { differingParts, type Outcome, type Part } from './compare.ts';
import { render } from './conf-node.ts';
import { EchoOrigin } from './origin.ts';
import type { Configuration } from './random-configuration.ts';
import type { Asked, Dialogue } from './random-request.ts';
import { TWINS } from './twins.ts';

/** One after the other they have the same address, ports and origin: nothing needs translation. */
const HOST = '127.0.0.1';

/** In requests that are sent at once: by it the origin tells whose they are. */
const NTH = 'X-Nth: ';
/** A location that passes no fields on drops it. */
const DROPS_FIELDS = 'proxy_pass_request_headers off';

/** Refuses connections. */
const DEAD = '127.0.0.9:9';

/** What Debian's nginx does not know, or has another default for; docs/differences.md has both. */
const FOR_BOTH = 'client_body_timeout 5s; proxy_read_timeout 2s;';
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
  readonly dialogue: Dialogue;
  readonly asked: Asked;
  readonly nginx: Outcome;
  readonly weir: Outcome;
  readonly parts: readonly Part[];
  /** What may be the reason, with nginx's answer without it. */
  readonly tried?: { readonly name: string; readonly nginx: Outcome };
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
  async run({ nodes, dialogues }: Configuration): Promise<Findings> {
    const isVersionTold = nodes.some(({ name }) => name === 'proxy_http_version');
    const text = `${FOR_BOTH}\n${isVersionTold ? '' : 'proxy_http_version 1.1;\n'}${render(nodes)}`;
    const nginx = await this.#inNginx(text, dialogues);
    const weir = await this.#inWeir(text, dialogues);
    const refusals = { nginx: nginx.refusal, weir: weir.refusal };
    const found: Difference[] = [];
    let count = 0;
    if (nginx.refusal !== '' || weir.refusal !== '') return { refusals, differences: found, count };
    for (const [at, dialogue] of dialogues.entries()) {
      const [ours, theirs] = [weir.heard[at] ?? [], nginx.heard[at] ?? []];
      for (const [nth, asked] of dialogue.asked.entries()) {
        const [one, other] = [theirs[nth], ours[nth]];
        // Behind a connection that one of them closes, which is a difference of the answer before.
        if (one === undefined || other === undefined) break;
        count += 1;
        const parts = differingParts(one, other);
        if (parts.length > 0) found.push({ dialogue, asked, nginx: one, weir: other, parts });
      }
    }
    return { refusals, differences: await this.#tryReasons(found, text, dialogues), count };
  }

  /** The differences, each with what nginx answers when all that may be its reason has no effect. */
  async #tryReasons(
    found: readonly Difference[],
    text: string,
    dialogues: readonly Dialogue[],
  ): Promise<readonly Difference[]> {
    let differences = found;
    let changed = text;
    for (const { name, holds, change } of TWINS) {
      const isIn = ({ asked, nginx, weir }: Difference): boolean => holds(asked, nginx, weir);
      const next = change(changed);
      if (next === changed || !differences.some(isIn)) continue;
      changed = next;
      const { heard } = await this.#inNginx(changed, dialogues);
      differences = differences.map((difference) => {
        const { asked, dialogue } = difference;
        const nginx = heard[dialogues.indexOf(dialogue)]?.[dialogue.asked.indexOf(asked)];
        if (nginx === undefined || !isIn(difference)) return difference;
        return { ...difference, tried: { name, nginx } };
      });
    }
    return differences;
  }

  async #inNginx(text: string, dialogues: readonly Dialogue[]): Promise<Ran> {
    let nginx: Nginx;
    try {
      const probe = `server { listen ${HOST}:${this.#probePort}; return 204; }`;
      const conf = `${this.#filled(text)}\n${probe}`;
      nginx = await startNginx(() => conf, this.#probePort);
    } catch (error) {
      return { refusal: (error as Error).message, heard: [] };
    }
    try {
      return { refusal: '', heard: await this.#askAll(text, dialogues) };
    } finally {
      await nginx.close();
    }
  }

  async #inWeir(text: string, dialogues: readonly Dialogue[]): Promise<Ran> {
    const conf = `${FOR_WEIR}\n${this.#filled(text)}`;
    let edge: ReturnType<typeof startEdge>;
    try {
      edge = startEdge({ tier: 'fast', conf, asWritten: true });
    } catch (error) {
      return { refusal: (error as Error).message, heard: [] };
    }
    try {
      return { refusal: '', heard: await this.#askAll(text, dialogues) };
    } finally {
      edge.close();
    }
  }

  async #askAll(text: string, dialogues: readonly Dialogue[]): Promise<Outcome[][]> {
    const heard: Outcome[][] = [];
    for (const dialogue of dialogues) {
      const isPipelined = dialogue.isPipelined && !text.includes(DROPS_FIELDS);
      heard.push(await this.#ask({ ...dialogue, isPipelined }));
      // What one client leaves behind is none of the next one's business: no idle connections.
      await this.#origin.settle();
    }
    return heard;
  }

  async #ask(dialogue: Dialogue): Promise<Outcome[]> {
    const { asked, isPipelined, port } = dialogue;
    const origin = this.#origin;
    const seen: (readonly string[])[][] = asked.map(() => []);
    let nth = 0;
    const fill = (text: string, at: number): string => {
      return this.#filled(isPipelined ? text.replace('\r\n', `\r\n${NTH}${at}\r\n`) : text);
    };
    const portNumber = this.#ports[port === 'PORT_A' ? 0 : 1];
    const { answers, end, rest } = await converse(HOST, portNumber, dialogue, fill, () => {
      if (!isPipelined) seen[nth++]?.push(...origin.takeSeen());
    });
    // Without a mark it belongs to one whose head was refused: nothing comes behind that.
    const last = answers.length - 1;
    for (const request of origin.takeSeen()) {
      const mark = request.find((line) => line.startsWith(NTH));
      seen[Number(mark?.slice(NTH.length) ?? last)]?.push(request.filter((line) => line !== mark));
    }
    return answers.map((answered, at) => {
      const ending = at < last ? 'open' : rest === '' ? end : `${end} behind ${rest}`;
      return { answered, seen: seen[at] ?? [], end: ending };
    });
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
  /** By dialogue, then by request. */
  readonly heard: readonly (readonly Outcome[])[];
}
