/** Which `listen` a request comes in on: what the kernel decides, and what only the network knows. */

import { isIP } from 'node:net';
import { type Address, formatAddress } from '#src/base/address.ts';
import type { ListenConfig } from '#src/routing/model.ts';
import { type AskedRequest, UnusableRequest, type WireRequest } from './asked-request.ts';

/** A listening address with the reason why it is the one. */
export interface ListenerChoice {
  readonly listen: ListenConfig;
  readonly because: string;
  /** Keys of those that could have been meant, too. */
  readonly others: readonly string[];
}

const ANY = new Set(['0.0.0.0', '::']);

/** @throws UnusableRequest when nothing listens there, with what does */
export function chooseListener(
  listens: readonly ListenConfig[],
  asked: AskedRequest,
  request: WireRequest,
): ListenerChoice {
  const fitting =
    asked.listen === undefined ? atUrl(listens, request) : named(listens, asked.listen);
  const [listen, ...others] = fitting;
  if (listen === undefined) {
    const isAddress = isIP(request.host) !== 0;
    const address: Address = { kind: 'tcp', host: request.host, port: request.port };
    const byUrl = isAddress ? formatAddress(address) : `port ${request.port}`;
    const where = asked.listen ?? byUrl;
    const keys = listens.map(({ key }) => key).join(', ') || 'nothing';
    const advice = 'say another port in the URL, or which of them with --listen';
    throw new UnusableRequest(`nothing listens on ${where}; what listens: ${keys}. ${advice}`);
  }
  return {
    listen,
    because: reasonOf(listen, asked, request),
    others: others.map(({ key }) => key),
  };
}

/** Those that the URL can lead to, the likeliest first. */
function atUrl(listens: readonly ListenConfig[], { host, port }: WireRequest): ListenConfig[] {
  const here = listens.filter(({ address }) => address.kind === 'tcp' && address.port === port);
  const family = isIP(host);
  // The kernel: a socket bound to the very address comes before one that takes any.
  const exact = here.filter(({ address }) => address.kind === 'tcp' && address.host === host);
  if (exact.length > 0) return exact;
  const any = here.filter((listen) => takes(listen, family));
  if (family !== 0) return any;
  return [...any, ...here.filter((listen) => !any.includes(listen))];
}

function takes({ address, ipv6Only }: ListenConfig, family: number): boolean {
  if (address.kind !== 'tcp' || !ANY.has(address.host)) return false;
  if (family === 0) return true;
  if (address.host === '0.0.0.0') return family === 4;
  return family === 6 || !ipv6Only;
}

/** `8080`, `127.0.0.1:8080`, `*:8080`, `unix:/path`. */
function named(listens: readonly ListenConfig[], text: string): ListenConfig[] {
  const key = text.replace(/^\*:/, '0.0.0.0:');
  if (!/^\d+$/.test(key)) return listens.filter((listen) => listen.key === key);
  const port = Number(key);
  return listens.filter(({ address }) => address.kind === 'tcp' && address.port === port);
}

function reasonOf({ address }: ListenConfig, asked: AskedRequest, request: WireRequest): string {
  if (asked.listen !== undefined) return 'it was asked for';
  if (address.kind === 'unix') return 'it was asked for';
  if (address.host === request.host) return 'it is the address of the URL';
  if (ANY.has(address.host)) return `it takes port ${request.port} of any address`;
  return `it has port ${request.port}; "${request.host}" must lead to it`;
}
