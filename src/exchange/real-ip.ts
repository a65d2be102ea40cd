/**
 * Data path. `real_ip`: a trusted proxy says who its client is. From then on that is the address of
 * the exchange; an untrusted client's word changes nothing, nor does what is no address.
 */

import { F_X_FORWARDED_FOR, fieldIdOf } from '#src/http/field-names.ts';
import type { HeaderMap } from '#src/http/header-map.ts';
import {
  chooseForwarded,
  FORWARDED_ALL,
  FORWARDED_NONE,
  type TrustedProxies,
} from '#src/tables/geo-table.ts';
import { IpAddress, UNIX } from '#src/tables/ip-address.ts';
import { addressText } from '#src/tables/ip-text.ts';
import type { Exchange } from './exchange.ts';

/** What `facts.remoteAddress` says of a unix socket. */
export const UNIX_PEER = 'unix:';

/** Where the address stands. */
export interface RealIpSource {
  /** Lower case. */
  readonly name: string;
  /** All fields of that name make one list; else only the first one counts. */
  readonly isList: boolean;
}

const address = new IpAddress();

/** The client's address: the one of its connection, unless `real_ip` found another. */
export function clientAddressOf({ downstream, realAddress }: Exchange): string | undefined {
  return realAddress === '' ? downstream?.facts.remoteAddress : realAddress;
}

/** The client's port; 0 for a unix socket, and where `real_ip` found an address without one. */
export function clientPortOf({ downstream, realAddress, realPort }: Exchange): number | undefined {
  return realAddress === '' ? downstream?.facts.remotePort : realPort;
}

/** Whether the client of an exchange is among those; `real_ip` of its server has been asked. */
export function isTrusted(exchange: Exchange, trusted: TrustedProxies): boolean {
  const text = clientAddressOf(exchange) ?? '';
  if (!address.parse(text) && text === UNIX_PEER) address.family = UNIX;
  return trusted.has(address);
}

/** What `set_real_ip_from`, `real_ip_header` and `real_ip_recursive` of one level make. */
export class RealIp {
  readonly #trusted: TrustedProxies;
  readonly #name: string;
  readonly #id: number;
  readonly #isList: boolean;
  readonly #isRecursive: boolean;

  constructor(trusted: TrustedProxies, { isList, name }: RealIpSource, isRecursive: boolean) {
    this.#trusted = trusted;
    this.#name = name;
    this.#id = isList ? F_X_FORWARDED_FOR : fieldIdOf(name);
    this.#isList = isList;
    this.#isRecursive = isRecursive;
  }

  /** Once it has found an address that one stays, whatever location comes next. */
  apply(exchange: Exchange): void {
    const { downstream, request, realAddress } = exchange;
    if (realAddress !== '' || downstream === undefined) return;
    const { fields } = request;
    if (this.#id !== 0 && fields.countOf(this.#id) === 0) return;
    const peer = downstream.facts.remoteAddress;
    if (!address.parse(peer) && peer === UNIX_PEER) address.family = UNIX;
    const isFound = this.#isList ? this.#chooseFromList(fields) : this.#chooseFromFirst(fields);
    if (!isFound) return;
    exchange.realAddress = addressText(address);
    exchange.realPort = address.port;
  }

  #chooseFromFirst(fields: HeaderMap): boolean {
    const value = this.#id === 0 ? fields.lookUp(this.#name) : fields.get(this.#id);
    return value !== undefined && this.#choose(value) !== FORWARDED_NONE;
  }

  /** From the last field to the first, as each proxy adds itself at the end. */
  #chooseFromList(fields: HeaderMap): boolean {
    let isFound = false;
    for (let index = fields.count - 1; index >= 0; index--) {
      if (fields.idAt(index) !== this.#id) continue;
      const outcome = this.#choose(fields.valueAt(index));
      if (outcome !== FORWARDED_NONE) isFound = true;
      if (outcome !== FORWARDED_ALL || !this.#isRecursive) break;
    }
    return isFound;
  }

  #choose(value: string): number {
    return chooseForwarded(address, value, this.#trusted, this.#isRecursive);
  }
}
