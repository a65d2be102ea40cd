/** Data path. IPv4 and IPv6 addresses as text → numbers, without allocating, and back. */
import { COLON, DIGIT_0, DOT, HEX_VALUE } from '#src/bytes/ascii.ts';

/** The families of `IpAddress`; `NO_FAMILY` when the text was no address. */
export const NO_FAMILY = 0;
/** The peer of a unix socket: an address without a number. */
export const UNIX = 1;
export const IPV4 = 4;
export const IPV6 = 6;

const LEFT_BRACKET = 0x5b;
const MAX_OCTET = 255;
const MAX_OCTET_DIGITS = 3;
const MAX_GROUP_DIGITS = 4;
const GROUPS = 8;
const NOT_HEX = 255;
/** The third word of an IPv4 address within IPv6 (RFC 4291 §2.5.5.2). */
const MAPPED = 0xffff;
const MAX_PORT = 65_535;

/** One address, to be filled again and again. */
export class IpAddress {
  family: typeof NO_FAMILY | typeof UNIX | typeof IPV4 | typeof IPV6 = NO_FAMILY;
  /** What `parseWithPort` found; 0 without one. */
  port = 0;
  /** 128 bits, the highest first; an IPv4 address is the last word, and the others are 0. */
  readonly words = new Uint32Array(4);
  readonly #groups = new Uint16Array(GROUPS);

  /** An IPv4 address as a number; of no meaning for others. */
  get v4(): number {
    return this.words[3] as number;
  }

  /**
   * text[start..end) as `1.2.3.4` or an IPv6 address without brackets, zone or port (RFC 4291
   * §2.2). False, and no family, when it is neither.
   */
  parse(text: string, start = 0, end = text.length): boolean {
    this.family = NO_FAMILY;
    const { words } = this;
    // Not `fill`: a call of a built-in costs more than the four.
    words[0] = words[1] = words[2] = words[3] = 0;
    const v4 = parseIpv4(text, start, end);
    if (v4 >= 0) {
      words[3] = v4;
      this.family = IPV4;
      return true;
    }
    if (!this.#parseIpv6(text, start, end)) return false;
    for (let i = 0; i < 4; i++) {
      const high = this.#groups[2 * i] as number;
      words[i] = high * 0x10000 + (this.#groups[2 * i + 1] as number);
    }
    this.family = IPV6;
    return true;
  }

  /**
   * As `parse`, but also with a port: `1.2.3.4:80`, `[::1]:80`. As in nginx
   * (`ngx_parse_addr_port`), brackets need a port and may hold IPv4.
   */
  parseWithPort(text: string, start: number, end: number): boolean {
    this.port = 0;
    if (this.parse(text, start, end)) return true;
    const isBracketed = text.charCodeAt(start) === LEFT_BRACKET;
    const colon = isBracketed ? text.indexOf(']', start) + 1 : text.indexOf(':', start);
    if (colon <= start || colon >= end || text.charCodeAt(colon) !== COLON) return false;
    const port = parsePort(text, colon + 1, end);
    if (port === 0) return false;
    const isGood = isBracketed
      ? this.parse(text, start + 1, colon - 1)
      : this.parse(text, start, colon);
    if (isGood) this.port = port;
    return isGood;
  }

  /** An IPv4 address within IPv6 (`::ffff:1.2.3.4`); `v4` is what it is there. */
  get isMapped(): boolean {
    const { words } = this;
    return this.family === IPV6 && words[0] === 0 && words[1] === 0 && words[2] === MAPPED;
  }

  /** An IPv4 address within IPv6 becomes IPv4. */
  unmap(): void {
    if (!this.isMapped) return;
    this.words[2] = 0;
    this.family = IPV4;
  }

  copyFrom(other: IpAddress): void {
    this.family = other.family;
    this.port = other.port;
    this.words.set(other.words);
  }

  #parseIpv6(text: string, start: number, end: number): boolean {
    const groups = this.#groups;
    let at = start;
    let count = 0;
    let gap = -1;
    if (text.charCodeAt(at) === COLON) {
      if (at + 1 >= end || text.charCodeAt(at + 1) !== COLON) return false;
      gap = 0;
      at += 2;
    } else if (at >= end) return false;
    while (at < end) {
      if (count === GROUPS) return false;
      const first = at;
      let value = 0;
      let code = 0;
      for (; at < end; at++) {
        code = text.charCodeAt(at);
        const digit = HEX_VALUE[code] ?? NOT_HEX;
        if (digit === NOT_HEX || at - first === MAX_GROUP_DIGITS) break;
        value = value * 16 + digit;
      }
      if (at < end && code === DOT) {
        const v4 = count > GROUPS - 2 ? -1 : parseIpv4(text, first, end);
        if (v4 < 0) return false;
        groups[count++] = v4 >>> 16;
        groups[count++] = v4 & 0xffff;
        at = end;
        break;
      }
      if (at === first) return false;
      groups[count++] = value;
      if (at === end) break;
      if (code !== COLON || ++at === end) return false;
      if (text.charCodeAt(at) === COLON) {
        if (gap >= 0) return false;
        gap = count;
        at++;
      }
    }
    if (gap < 0) return count === GROUPS;
    if (count === GROUPS) return false;
    // What stands behind `::` goes to the end.
    let to = GROUPS - 1;
    for (let from = count - 1; from >= gap; from--, to--) groups[to] = groups[from] as number;
    for (; to >= gap; to--) groups[to] = 0;
    return true;
  }
}

/** text[start..end) as `1.2.3.4`: a number below 2^32; −1 when it is something else. */
export function parseIpv4(text: string, start: number, end: number): number {
  let address = 0;
  let octet = 0;
  let digits = 0;
  let dots = 0;
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    const digit = code - DIGIT_0;
    if (digit >= 0 && digit <= 9) {
      octet = octet * 10 + digit;
      if (++digits > MAX_OCTET_DIGITS || octet > MAX_OCTET) return -1;
    } else if (code === DOT && digits > 0 && dots < 3) {
      address = address * 256 + octet;
      octet = 0;
      digits = 0;
      dots++;
    } else {
      return -1;
    }
  }
  return dots === 3 && digits > 0 ? address * 256 + octet : -1;
}

/** The number text[start..end) from 1 to 65535; else 0. */
function parsePort(text: string, start: number, end: number): number {
  let port = 0;
  for (let at = start; at < end; at++) {
    const digit = text.charCodeAt(at) - DIGIT_0;
    if (digit < 0 || digit > 9) return 0;
    port = port * 10 + digit;
    if (port > MAX_PORT) return 0;
  }
  return port;
}
