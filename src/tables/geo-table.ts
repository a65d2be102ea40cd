/** Data path. `geo`: from an address to the index of a value. */
import { SPACE } from '#src/bytes/ascii.ts';
import { IPV4, IPV6, IpAddress, NO_FAMILY, UNIX } from './ip-address.ts';
import { type Ipv4Steps, type Ipv6Steps, NO_VALUE } from './steps.ts';

const COMMA = 0x2c;

/** Where nginx looks for what is no address, and IPv6 with `ranges`: 255.255.255.255. */
const NOWHERE = 0xffff_ffff;

/** Whose word about the client counts. */
export class TrustedProxies {
  readonly #v4: Ipv4Steps;
  readonly #v6: Ipv6Steps;
  readonly #trustsUnix: boolean;

  /** Any value means trusted. */
  constructor(v4: Ipv4Steps, v6: Ipv6Steps, trustsUnix = false) {
    this.#v4 = v4;
    this.#v6 = v6;
    this.#trustsUnix = trustsUnix;
  }

  has(address: IpAddress): boolean {
    const { family } = address;
    if (family === NO_FAMILY) return false;
    if (family === UNIX) return this.#trustsUnix;
    const isIpv6 = family === IPV6 && !address.isMapped;
    const value = isIpv6 ? this.#v6.find(address.words) : this.#v4.find(address.v4);
    return value !== NO_VALUE;
  }
}

const candidate = new IpAddress();

/** What `chooseForwarded` has found. */
export const FORWARDED_NONE = 0; // the address is what it was
export const FORWARDED_ALL = 1; //  what stands first was taken: a field before this one may go on
export const FORWARDED_SOME = 2; // another address was taken, and that is the last word

/**
 * The client's address by nginx's rule (`ngx_http_get_forwarded_addr`, as real_ip has it): while
 * `address` is a trusted proxy, the last address of `forwarded` takes its place; only once, or
 * with `isRecursive` as long as it is trusted. What is no address ends the search. Says which of
 * the FORWARDED_ it was.
 */
export function chooseForwarded(
  address: IpAddress,
  forwarded: string,
  trusted: TrustedProxies,
  isRecursive: boolean,
): number {
  let found = FORWARDED_NONE;
  for (let end = forwarded.length; trusted.has(address); ) {
    // The first char is never taken for a separator: `,1.2.3.4` is no address to nginx either.
    while (end > 1 && isSeparator(forwarded.charCodeAt(end - 1))) end--;
    let start = end;
    while (start > 1 && !isSeparator(forwarded.charCodeAt(start - 1))) start--;
    if (start === 1) start = 0;
    if (start === end || !candidate.parseWithPort(forwarded, start, end)) return found;
    if (candidate.family === IPV4 && candidate.v4 === NOWHERE) return found;
    address.copyFrom(candidate);
    if (!isRecursive || start === 0) return FORWARDED_ALL;
    found = FORWARDED_SOME;
    end = start - 1;
  }
  return found;
}

function isSeparator(code: number): boolean {
  return code === SPACE || code === COMMA;
}

/** What `GeoTable` is made of. */
export interface GeoTableParts {
  readonly v4: Ipv4Steps;
  /** Undefined with `ranges`, which knows IPv4 only. */
  readonly v6: Ipv6Steps | undefined;
  /** Undefined when nobody's X-Forwarded-For counts. */
  readonly proxies: TrustedProxies | undefined;
  readonly isRecursive: boolean;
}

export class GeoTable {
  readonly #v4: Ipv4Steps;
  readonly #v6: Ipv6Steps | undefined;
  readonly #proxies: TrustedProxies | undefined;
  readonly #isRecursive: boolean;
  readonly #address = new IpAddress();

  constructor({ v4, v6, proxies, isRecursive }: GeoTableParts) {
    this.#v4 = v4;
    this.#v6 = v6;
    this.#proxies = proxies;
    this.#isRecursive = isRecursive;
  }

  /** Whether `find` looks at its second argument. */
  get usesForwarded(): boolean {
    return this.#proxies !== undefined;
  }

  /**
   * The index of the value for an address as text; `forwarded` is X-Forwarded-For. `NO_VALUE` when
   * nothing was said about that address.
   */
  find(text: string | undefined, forwarded: string | undefined): number {
    const address = this.#address;
    if (text === undefined || !address.parse(text)) return this.#v4.find(NOWHERE);
    if (forwarded !== undefined && this.#proxies !== undefined) {
      chooseForwarded(address, forwarded, this.#proxies, this.#isRecursive);
    }
    address.unmap();
    if (address.family !== IPV6) return this.#v4.find(address.v4);
    return this.#v6 === undefined ? this.#v4.find(NOWHERE) : this.#v6.find(address.words);
  }
}
