// Production-like configurations (test/production), run as they stand: the real bin/weir, or Debian's
// nginx, with the files of a folder, in front of real servers of Node. In the text only addresses and
// paths are replaced: the port 80 it listens on, the addresses of its origins, and /etc/nginx.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingHttpHeaders, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { accepts, freePort } from './free-port.ts';
import { findPeer, requirePeer } from './peers.ts';
import { reload } from './processes.ts';
import { startWeir, type Weir } from './weir.ts';

/** What runs a configuration. */
export type Product = 'weir' | 'nginx';

/** Both: what is claimed of a configuration must hold in either. */
export const PRODUCTS: readonly Product[] = ['weir', 'nginx'];

/** The options of a test that needs that product. */
export function needs(product: Product): { skip?: string | false } {
  return product === 'nginx' ? requirePeer('nginx') : {};
}

/** An answer, whole. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What is asked for; the method is GET, the host that of the configuration's first server. */
export interface Question {
  readonly host?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The client's own address, of 127.0.0.0/8. */
  readonly from?: string;
}

/** A configuration that runs. */
export interface Site {
  readonly port: number;
  /** Where its files are: /etc/nginx in the text. */
  readonly folder: string;
  ask(path: string, question?: Question): Promise<Answer>;
  /** Writes one of its files, with the same replacements as at the start. */
  write(name: string, text: string): void;
  /** Asks for a reload; Weir's has been taken over when this resolves, nginx's has begun. */
  reload(): Promise<void>;
}

/** What a site needs beside its folder. */
export interface SiteOptions {
  /** Addresses in its text → where they are now, as `127.0.0.1:PORT`. */
  readonly origins: Readonly<Record<string, string>>;
  /** The host of questions that name none. */
  readonly host: string;
}

/** Runs the `nginx.conf` of a folder, with the files beside it, until the test ends. */
export async function startSite(
  t: TestContext,
  product: Product,
  source: string,
  { host, origins }: SiteOptions,
): Promise<Site> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'weir-site-'));
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, 'logs'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const write = (name: string, text: string): void => {
    writeFileSync(join(folder, name), placed(text, port, folder, origins));
  };
  for (const name of readdirSync(source)) {
    if (!name.endsWith('.ts')) write(name, readFileSync(join(source, name), 'utf8'));
  }
  const conf = readFileSync(join(folder, 'nginx.conf'), 'utf8');
  const reloadIt = await START[product](t, conf, folder, port);
  return {
    port,
    folder,
    ask: (path, question = {}) => ask(port, path, { host, ...question }),
    write,
    reload: reloadIt,
  };
}

function placed(
  text: string,
  port: number,
  folder: string,
  origins: Readonly<Record<string, string>>,
): string {
  let now = text
    .replace(/^(\s*)listen (?:\[::\]:)?80\b/gm, `$1listen 127.0.0.1:${port}`)
    .replaceAll('/etc/nginx', folder);
  for (const [from, to] of Object.entries(origins)) now = now.replaceAll(from, to);
  return now;
}

type Start = (
  t: TestContext,
  conf: string,
  folder: string,
  port: number,
) => Promise<() => Promise<void>>;

const START: Readonly<Record<Product, Start>> = { weir: startWithWeir, nginx: startWithNginx };

/** So that a reload tells when it is done. */
const LOG = 'error_log stderr notice;';

async function startWithWeir(
  t: TestContext,
  conf: string,
  folder: string,
  port: number,
): Promise<() => Promise<void>> {
  const file = join(folder, 'weir-main.conf');
  writeFileSync(file, `${LOG} ${conf}`);
  // Its own `-p` and `-c` come first; the last ones count.
  const weir: Weir = await startWeir({
    conf: '',
    portCount: 0,
    readyPorts: [port],
    args: ['-p', folder, '-c', file],
  });
  t.after(() => weir.stop());
  await weir.waitForLine(/weir serves with/);
  return () => reload(weir);
}

async function startWithNginx(
  t: TestContext,
  conf: string,
  folder: string,
  port: number,
): Promise<() => Promise<void>> {
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => {
    mkdirSync(join(folder, `${name}_temp`));
    return `${name}_temp_path ${join(folder, `${name}_temp`)};`;
  });
  const file = join(folder, 'nginx-main.conf');
  // Workers are asked to end with the master, and one is enough.
  const text = conf
    .replace(/^http \{/m, `http { access_log off; ${paths.join(' ')}`)
    .replace(/^worker_processes .*$/m, 'worker_processes 1;');
  writeFileSync(file, `daemon off; pid ${join(folder, 'pid')}; ${LOG} ${text}`);
  const args = ['-p', folder, '-c', file, '-e', 'stderr'];
  const child: ChildProcess = spawn(findPeer('nginx') ?? 'nginx', args, {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr?.on('data', (bytes: Buffer) => {
    said += bytes.toString();
  });
  t.after(async () => {
    if (child.exitCode !== null) return;
    child.kill('SIGTERM');
    await once(child, 'exit');
  });
  while (!(await accepts(port))) if (child.exitCode !== null) throw new Error(said);
  return async () => {
    child.kill('SIGHUP');
  };
}

function ask(port: number, path: string, question: Question & { host: string }): Promise<Answer> {
  const { body, from = '127.0.0.1', headers = {}, host, method = 'GET' } = question;
  return new Promise((resolve, reject) => {
    const target = {
      host: '127.0.0.1',
      port,
      path,
      method,
      agent: false,
      localAddress: from,
      headers: { Host: host, ...headers },
    };
    const sent = request(target, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
      });
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
      });
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** What `work` gives for each, with at most so many at a time. */
export async function atMost<T, R>(
  count: number,
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += count) {
    results.push(...(await Promise.all(items.slice(at, at + count).map(work))));
  }
  return results;
}

/** What an origin tells of a request. */
export interface Seen {
  readonly origin: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A server of Node that tells what it saw, and its name. */
export interface Origin {
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  readonly server: Server;
}

/** Starts an origin of that name until the test ends. */
export async function startOrigin(t: TestContext, name: string): Promise<Origin> {
  const server = createServer((incoming, response) => {
    let body = '';
    incoming.setEncoding('utf8').on('data', (piece: string) => {
      body += piece;
    });
    incoming.on('end', () => {
      const { headers, method, url } = incoming;
      response.setHeader('Content-Type', 'application/json');
      response.setHeader('X-Origin', name);
      response.end(JSON.stringify({ origin: name, method, url, headers, body }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

/** What the origin that answered saw. */
export function seenIn({ body }: Answer): Seen {
  return JSON.parse(body) as Seen;
}
