// What tests of processes look at: a Weir that tells about itself, pages over fresh connections,
// and what the system says about processes.

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startWeir, type Weir, type WeirOptions } from './weir.ts';

/** What these tests read of `status_json`. */
export interface Status {
  readonly masterPid: number;
  readonly generation: number;
  readonly generationPid: number;
  readonly generationDeathCount: number;
  readonly isMasterAlive: boolean;
  readonly configHash: string;
  readonly reloadCount: number;
  readonly rejectedReloadCount: number;
  readonly lastReload: { readonly result: string; readonly message: string };
  readonly connections: { readonly accepted: number; readonly active: number };
  readonly requests: { readonly total: number };
  readonly threads: readonly {
    readonly state: string;
    readonly deathCount: number;
    readonly accepted: number;
    readonly active: number;
  }[];
}

/** Parts of a configuration; see `processConf`. */
export interface ConfParts {
  /** Before `events`. Default: two threads. */
  readonly main?: string;
  readonly events?: string;
  /** Addresses beside 127.0.0.1:PORT. */
  readonly listen?: readonly string[];
  /** More of the server. */
  readonly server?: string;
  /** What `/` answers. */
  readonly page?: string;
}

/** A configuration with a page on `/` and its status on `/status`; logs from `notice` on. */
export function processConf(port: number, parts: ConfParts = {}): string {
  const { main = 'worker_processes 2;', events = '', listen = [], server = '' } = parts;
  const addresses = [`127.0.0.1:${port}`, ...listen].map((address) => `listen ${address};`);
  return `
    error_log stderr notice;
    ${main}
    events { ${events} }
    http {
      access_log off;
      server {
        ${addresses.join(' ')}
        ${server}
        location / { return 200 "${parts.page ?? 'page'}"; }
        location = /status { status_json; }
      }
    }`;
}

/** Starts a Weir with `processConf`. */
export async function startProcesses(
  parts: ConfParts = {},
  options: Partial<WeirOptions> = {},
): Promise<Weir> {
  const conf = (port: number) => processConf(port, parts);
  const weir = await startWeir({ conf, ...options });
  // The threads accept a moment before the master knows that they do.
  if (conf === (options.conf ?? conf)) await weir.waitForLine(/weir serves with/);
  return weir;
}

/** A body, over a connection of its own. Rejects when the connection or the answer fails. */
export function get(
  weir: Weir,
  path = '/',
  where: { port?: number; host?: string; socketPath?: string } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const target = { host: '127.0.0.1', port: weir.port, path, agent: false, ...where };
    const sent = request(target, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      response.on('end', () => resolve(text));
      response.on('error', reject);
    });
    sent.on('error', reject).end();
  });
}

/** What it says about itself now. */
export async function statusOf(weir: Weir): Promise<Status> {
  return JSON.parse(await get(weir, '/status')) as Status;
}

/** Asks again and again, over new connections, until the answer is as wanted. */
export async function statusWhen(weir: Weir, isSo: (status: Status) => boolean): Promise<Status> {
  for (;;) {
    const status = await statusOf(weir);
    if (isSo(status)) return status;
  }
}

/** Reloads, and waits until the new generation serves. */
export async function reload(weir: Weir): Promise<void> {
  const from = weir.output.length;
  weir.signal('SIGHUP');
  await weir.waitForLine(/reconfigured: generation \d+ serves/, from);
}

/** Resolves when that was printed, by whatever process of it; its master may be gone. */
export async function outputHas(weir: Weir, text: string): Promise<void> {
  while (!weir.output.includes(text)) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Resolves when no process of that id is left. Zombies count as gone. */
export async function processEnd(pid: number): Promise<void> {
  while (stateOf(pid) !== undefined) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** User id that a process runs as (effective), by /proc. */
export function userOf(pid: number): number {
  return Number(/^Uid:\s+\d+\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

function stateOf(pid: number): string | undefined {
  try {
    const state = /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return state === 'Z' ? undefined : state;
  } catch {
    return undefined;
  }
}

/** An origin that holds every request until it is told to answer. */
export class HoldingOrigin {
  readonly port: number;
  readonly #server: Server;
  readonly #held: ServerResponse[] = [];
  #onHeld: () => void = () => {};

  constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('request', (_request, response) => {
      this.#held.push(response);
      this.#onHeld();
    });
  }

  static async start(): Promise<HoldingOrigin> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new HoldingOrigin(server);
  }

  /** Resolves when so many requests are held. */
  holds(count: number): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (this.#held.length >= count) resolve();
      };
      this.#onHeld = check;
      check();
    });
  }

  /** Answers all that it holds. */
  release(): void {
    for (const response of this.#held.splice(0)) response.end('held');
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

/** `/held` of `processConf` goes to this origin. */
export function heldLocation(origin: HoldingOrigin): string {
  return `location /held { proxy_pass http://127.0.0.1:${origin.port}; }`;
}
