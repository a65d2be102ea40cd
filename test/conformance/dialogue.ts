// A case of the wire in steps: who sends which bytes when, and what the other side sees then. For
// what a single request and answer (wire-case.ts) cannot show: order in time, answers in pieces,
// tunnels, how connections end. Runs on both transports.
//
//   dialogue('§9.3.2: …', { shows: '9112-9.3.2-1', steps: [
//     client.sends(GET), origin.sawHead({ line: … }), origin.sends(OK), client.sawHead({ … }) ] });

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { ANY_PORT, TIERS } from '#test/support/edge.ts';
import { GrowingBuffer } from '#test/support/growing-buffer.ts';
import { setStage } from '#test/support/stage.ts';
import { checkLines, type ExpectedLines } from './wire-lines.ts';
import { registerCase } from './wire-registry.ts';

/** The steps and what they run with. */
export interface Dialogue {
  /** Ids of requirements.ts that the case shows, with spaces between them. */
  readonly shows: string;
  /** Directives of the server, of its `location /`, and of the upstream. */
  readonly server?: string;
  readonly location?: string;
  readonly upstream?: string;
  readonly steps: readonly Step[];
}

/** One thing that a side does, or is to see before the next step. */
export type Step = (actors: Actors) => Promise<void> | void;

const PATIENCE_MS = 20_000;
const HEAD_END = '\r\n\r\n';
/** Answered without the origin: the edge still serves at the end. */
const ALIVE = 'GET /alive HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n';

/** Runs the steps on both transports. */
export function dialogue(title: string, { shows, steps, ...directives }: Dialogue): void {
  if (registerCase(title, shows)) return;
  describe(title, () => {
    for (const tier of TIERS) {
      test(tier, { timeout: PATIENCE_MS }, async (t) => {
        const server = createServer({ allowHalfOpen: true, noDelay: true }).listen(0, '127.0.0.1');
        await once(server, 'listening');
        const { port } = server.address() as AddressInfo;
        const conf = (): string => confOf(port, directives);
        const stage = await setStage(t, tier, { scripts: [], conf });
        const actors = new Actors(stage.edge.port);
        server.on('connection', (socket) => actors.accept(socket));
        t.after(() => {
          actors.close();
          server.close();
        });
        for (const [index, step] of steps.entries()) await at(index, () => step(actors));
        const last = await actors.connect();
        last.send(ALIVE);
        await last.until(() => last.rest.endsWith('alive'));
        assert.match(last.rest, /^HTTP\/1\.1 200 /, 'the edge still serves');
      });
    }
  });
}

async function at(index: number, run: () => Promise<void> | void): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (error instanceof Error) error.message = `step ${index + 1}: ${error.message}`;
    throw error;
  }
}

function confOf(port: number, { server = '', location = '', upstream = '' }): string {
  return `upstream origins { server 127.0.0.1:${port}; ${upstream} }
    server { listen ${ANY_PORT}; ${server}
      location = /alive { return 200 alive; }
      location / { proxy_pass http://origins; ${location} } }`;
}

/** One end of a connection: what it has received, and how the other end stands. */
class Side {
  readonly #socket: Socket;
  readonly #received = new GrowingBuffer();
  #taken = 0;
  #state: 'open' | 'end' | 'reset' = 'open';
  #wake: () => void = () => undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => {
      this.#received.append(bytes);
      this.#wake();
    });
    socket.on('end', () => this.#become('end'));
    socket.on('error', () => this.#become('reset'));
    socket.on('close', () => this.#become('reset'));
  }

  /** What no step has taken; one char per byte. */
  get rest(): string {
    return this.#received.view.toString('latin1', this.#taken);
  }

  get state(): string {
    return this.#state;
  }

  send(bytes: string): void {
    this.#socket.write(bytes, 'latin1');
  }

  end(): void {
    this.#socket.end();
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Waits for the condition, or for the end of what can come. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition() && this.#state === 'open') {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async take(count: number): Promise<string> {
    await this.until(() => this.rest.length >= count);
    const text = this.rest.slice(0, count);
    this.#taken += text.length;
    return text;
  }

  async takeHead(): Promise<readonly string[]> {
    await this.until(() => this.rest.includes(HEAD_END));
    const length = this.rest.indexOf(HEAD_END);
    assert.ok(length >= 0, `no head, ${this.#state}: ${JSON.stringify(this.rest)}`);
    return (await this.take(length + HEAD_END.length)).slice(0, length).split('\r\n');
  }

  #become(state: 'end' | 'reset'): void {
    if (this.#state === 'open') this.#state = state;
    this.#wake();
  }
}

/** Client and origin of one run; each speaks over its latest connection. */
export class Actors {
  readonly #edgePort: number;
  readonly #sides: Side[] = [];
  readonly #accepted: Side[] = [];
  readonly kept = new Map<string, Side>();
  #client: Side | undefined = undefined;
  #origin: Side | undefined = undefined;
  #onAccept: () => void = () => undefined;

  constructor(edgePort: number) {
    this.#edgePort = edgePort;
  }

  accept(socket: Socket): void {
    this.#accepted.push(this.#side(socket));
    this.#onAccept();
  }

  async connect(): Promise<Side> {
    const options = { host: '127.0.0.1', port: this.#edgePort, allowHalfOpen: true, noDelay: true };
    const socket = connect(options);
    const side = this.#side(socket);
    await once(socket, 'connect');
    return side;
  }

  async client(): Promise<Side> {
    this.#client ??= await this.connect();
    return this.#client;
  }

  async origin(): Promise<Side> {
    this.#origin ??= await this.nextOrigin();
    return this.#origin;
  }

  /** From here on the client speaks over that connection, or a new one. */
  becomeClient(side: Side | undefined): void {
    this.#client = side;
  }

  /** The next connection that the edge made; the origin speaks over it from here on. */
  async nextOrigin(): Promise<Side> {
    for (;;) {
      const side = this.#accepted.shift();
      if (side !== undefined) {
        this.#origin = side;
        return side;
      }
      await new Promise<void>((resolve) => {
        this.#onAccept = resolve;
      });
    }
  }

  /** Connections of the edge that no step has asked for. */
  get unclaimedCount(): number {
    return this.#accepted.length;
  }

  close(): void {
    for (const side of this.#sides) side.close();
  }

  #side(socket: Socket): Side {
    const side = new Side(socket);
    this.#sides.push(side);
    return side;
  }
}

const stepsOf = (side: (actors: Actors) => Promise<Side>) => ({
  /** One char per byte. */
  sends:
    (bytes: string): Step =>
    async (actors) =>
      (await side(actors)).send(bytes),
  /** The next bytes are exactly these. */
  saw:
    (bytes: string): Step =>
    async (actors) =>
      assert.equal(await (await side(actors)).take(bytes.length), bytes),
  /** The next bytes are a head. */
  sawHead:
    (expected: ExpectedLines): Step =>
    async (actors) =>
      checkLines(await (await side(actors)).takeHead(), expected),
  /** Nothing has come that no step has taken. */
  sawNothingYet: (): Step => async (actors) => assert.equal((await side(actors)).rest, ''),
  /** The connection ends, and nothing comes before that. */
  sawEnd:
    (how: 'end' | 'reset' | 'any' = 'end'): Step =>
    async (actors) => {
      const { rest, state } = await ended(await side(actors));
      assert.equal(rest, '', 'nothing more before the end');
      if (how !== 'any') assert.equal(state, how);
    },
  /** FIN. */
  ends: (): Step => async (actors) => (await side(actors)).end(),
  /** RST. */
  resets: (): Step => async (actors) => (await side(actors)).reset(),
});

async function ended(side: Side): Promise<Side> {
  await side.until(() => false);
  return side;
}

export const client = {
  ...stepsOf((actors) => actors.client()),
  /** The next steps are those of another client. */
  another: (): Step => (actors) => actors.becomeClient(undefined),
  /** For `isAgain`. */
  keepsAs:
    (name: string): Step =>
    async (actors) => {
      actors.kept.set(name, await actors.client());
    },
  /** The next steps are those of that client. */
  isAgain:
    (name: string): Step =>
    (actors) =>
      actors.becomeClient(actors.kept.get(name)),
};

export const origin = {
  ...stepsOf((actors) => actors.origin()),
  /** The edge makes a further connection; the next steps are about it. */
  isDialed: (): Step => async (actors) => {
    await actors.nextOrigin();
  },
  /** The edge has made no further connection. */
  isNotDialedAgain: (): Step => (actors) => assert.equal(actors.unclaimedCount, 0),
};
