/** Data path. IPv4 and IPv6 addresses as text → numbers, without allocating. */
import { COLON, DIGIT_0, DOT, HEX_VALUE } from '#src/bytes/ascii.ts';

/** The families of `IpAddress`; `NO_FAMILY` when the text was no address. */
export const NO_FAMILY = 0;
export const IPV4 = 4;
export const IPV6 = 6;

const LEFT_BRACKET = 0x5b;
const RIGHT_BRACKET = 0x5d;
const MAX_OCTET = 255;
const MAX_OCTET_DIGITS = 3;
const MAX_GROUP_DIGITS = 4;
const GROUPS = 8;
const NOT_HEX = 255;
/** The third word of an IPv4 address within IPv6 (RFC 4291 §2.5.5.2). */
const MAPPED = 0xffff;
/** The longest port, as `:65535`. */
const MAX_PORT_DIGITS = 5;
const MAX_PORT = 65_535;

/** One address, to be filled again and again. */
export class IpAddress {
  family: typeof NO_FAMILY | typeof IPV4 | typeof IPV6 = NO_FAMILY;
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

  /** As `parse`, but also with a port: `1.2.3.4:80`, `[::1]:80`, `[::1]`. The port is dropped. */
  parseWithPort(text: string, start: number, end: number): boolean {
    if (this.parse(text, start, end)) return true;
    if (text.charCodeAt(start) === LEFT_BRACKET) {
      const close = text.indexOf(']', start);
      if (close < 0 || close >= end || text.charCodeAt(close) !== RIGHT_BRACKET) return false;
      const isAlone = close + 1 === end;
      if (!isAlone && !isPort(text, close + 1, end)) return false;
      return this.parse(text, start + 1, close) && this.family === IPV6;
    }
    const colon = text.lastIndexOf(':', end - 1);
    if (colon <= start || !isPort(text, colon, end)) return false;
    const v4 = parseIpv4(text, start, colon);
    if (v4 < 0) return false;
    this.words[3] = v4;
    this.family = IPV4;
    return true;
  }

  /** An IPv4 address within IPv6 (`::ffff:1.2.3.4`) becomes IPv4. */
  unmap(): void {
    const { words } = this;
    if (this.family !== IPV6 || words[0] !== 0 || words[1] !== 0 || words[2] !== MAPPED) return;
    words[2] = 0;
    this.family = IPV4;
  }

  copyFrom(other: IpAddress): void {
    this.family = other.family;
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

/** Whether text[colon..end) is `:` and a port. */
function isPort(text: string, colon: number, end: number): boolean {
  if (text.charCodeAt(colon) !== COLON) return false;
  const digits = end - colon - 1;
  if (digits < 1 || digits > MAX_PORT_DIGITS) return false;
  let port = 0;
  for (let at = colon + 1; at < end; at++) {
    const digit = text.charCodeAt(at) - DIGIT_0;
    if (digit < 0 || digit > 9) return false;
    port = port * 10 + digit;
  }
  return port >= 1 && port <= MAX_PORT;
}
