/** `weir ctl`'s way to the API of a running Weir. */
import { request } from 'node:http';
import { resolve } from 'node:path';
import type { Address } from '#src/base/address.ts';
import { formatAddress } from '#src/base/address.ts';
import { apiListensOf } from '#src/config/api-listen-argument.ts';
import { type ConfigPlace, loadConfiguration } from './configuration.ts';

/** Longest that an answer may take, in milliseconds: during a reload changes wait. */
const PATIENCE_MS = 30_000;

/** What cannot be done, for people. */
export class CtlError extends Error {}

/** A peer of an upstream in the API, as far as it is shown. */
export interface Peer {
  readonly id: number;
  readonly server: string;
  readonly name: string;
  readonly backup: boolean;
  readonly weight: number;
  readonly state: string;
  readonly degraded?: boolean;
  readonly active: number;
  readonly max_conns?: number;
  readonly requests: number;
  readonly fails: number;
  readonly header_time?: number;
}

/** An upstream in the API, as far as it is shown. */
export interface UpstreamView {
  readonly peers: readonly Peer[];
  readonly queue?: { readonly size: number; readonly max_size: number };
}

/** Where the API of that configuration is asked. @throws CtlError when it is nowhere */
export async function findApi(place: ConfigPlace, socket: string | undefined): Promise<Address> {
  if (socket !== undefined) return { kind: 'unix', path: resolve(socket) };
  const { model, problems } = await loadConfiguration(place);
  if (model === undefined) {
    const first = problems.find(({ severity }) => severity === 'emerg');
    throw new CtlError(
      `${place.file} cannot be read: ${first?.message ?? 'no model'}; name the socket by --socket`,
    );
  }
  const { apiListens, pidFile } = model.main;
  const all = apiListensOf(apiListens, pidFile);
  const best = all.find(({ mayWrite }) => mayWrite) ?? all[0];
  if (best === undefined) {
    throw new CtlError('this configuration has no API ("api_listen off", or no pid file)');
  }
  return best.address;
}

/** The API of one Weir. */
export class CtlClient {
  readonly #address: Address;

  constructor(address: Address) {
    this.#address = address;
  }

  /** All upstreams by name. */
  async upstreams(): Promise<Readonly<Record<string, UpstreamView>>> {
    return (await this.ask('GET', 'http/upstreams')) as Record<string, UpstreamView>;
  }

  async upstream(name: string): Promise<UpstreamView> {
    return (await this.ask('GET', upstreamPath(name))) as UpstreamView;
  }

  /** The peer with that address or ID. @throws CtlError that names those there are */
  async peer(upstream: string, server: string): Promise<Peer> {
    const { peers } = await this.upstream(upstream);
    const found = peers.find((peer) => {
      return peer.server === server || peer.name === server || String(peer.id) === server;
    });
    if (found !== undefined) return found;
    const known = peers.map((peer) => peer.server).join(', ');
    throw new CtlError(`upstream "${upstream}" has no server "${server}"; it has: ${known}`);
  }

  /**
   * The value that the API answers below `/api/9/`.
   * @throws CtlError with its text when it is an error, or when nobody answers
   */
  async ask(method: string, path: string, value?: object): Promise<unknown> {
    const { body, status } = await this.#send(method, `/api/9/${path}`, value);
    const answer: unknown = JSON.parse(body);
    if (status < 400) return answer;
    const { error } = answer as { error?: { text?: string; code?: string } };
    throw new CtlError(`${error?.text ?? body} (${status} ${error?.code ?? ''})`);
  }

  #send(
    method: string,
    path: string,
    value: object | undefined,
  ): Promise<{ status: number; body: string }> {
    const text = value === undefined ? '' : JSON.stringify(value);
    const address = this.#address;
    const where =
      address.kind === 'unix'
        ? { socketPath: address.path }
        : { host: address.host, port: address.port };
    return new Promise((resolve, reject) => {
      const headers = { 'content-length': Buffer.byteLength(text) };
      const sent = request({ ...where, method, path, headers, agent: false }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (piece: string) => {
          body += piece;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
        response.on('error', reject);
      });
      sent.setTimeout(PATIENCE_MS, () => sent.destroy(new CtlError('no answer came')));
      sent.on('error', (error: NodeJS.ErrnoException) => reject(this.#explained(error)));
      sent.end(text);
    });
  }

  #explained(error: NodeJS.ErrnoException): Error {
    const where = formatAddress(this.#address);
    switch (error.code) {
      case 'ENOENT':
      case 'ECONNREFUSED':
        return new CtlError(
          `nobody answers on ${where}: Weir does not run with this configuration`,
        );
      case 'EACCES':
        return new CtlError(`${where} may not be opened: run this as the user that started Weir`);
      default:
        return error instanceof CtlError ? error : new CtlError(`${where}: ${error.message}`);
    }
  }
}

/** Of an upstream, below `/api/9/`. */
export function upstreamPath(name: string): string {
  return `http/upstreams/${encodeURIComponent(name)}`;
}
