/** Data path. Addresses as numbers → text, spelled as nginx does. */
import { IPV4, IPV6, type IpAddress, UNIX } from './ip-address.ts';

const GROUPS = 8;
/** The last group of an IPv4-mapped prefix (RFC 4291 §2.5.5.2). */
const MAPPED = 0xffff;

/** `192.0.2.1`, `2001:db8::1`, `unix:`; nothing for what is no address. */
export function addressText(address: IpAddress): string {
  if (address.family === IPV4) return ipv4Text(address.v4);
  if (address.family === IPV6) return ipv6Text(address);
  return address.family === UNIX ? 'unix:' : '';
}

/** 4 or 16 bytes in network order, one char each; nothing for what is no IP address. */
export function addressBytes({ family, words }: IpAddress): string {
  let bytes = '';
  if (family !== IPV4 && family !== IPV6) return bytes;
  for (let i = family === IPV4 ? 3 : 0; i < 4; i++) {
    const word = words[i] as number;
    bytes += String.fromCharCode(word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255);
  }
  return bytes;
}

function ipv4Text(word: number): string {
  return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
}

/** RFC 5952 §4, with nginx's choice of what is shown with an IPv4 address at its end. */
function ipv6Text(address: IpAddress): string {
  const { start, length } = longestGap(address);
  const endsWithIpv4 = start === 0 && showsIpv4(address, length);
  const end = endsWithIpv4 ? GROUPS - 2 : GROUPS;
  let text = start === 0 ? ':' : '';
  for (let i = 0; i < end; ) {
    if (i === start) {
      text += ':';
      i += length;
      continue;
    }
    text += groupOf(address, i).toString(16);
    if (i < GROUPS - 1) text += ':';
    i++;
  }
  return endsWithIpv4 ? text + ipv4Text(address.v4) : text;
}

/** The first of the longest runs of at least two groups of zeros; none starts at −1. */
function longestGap(address: IpAddress): { readonly start: number; readonly length: number } {
  let start = -1;
  let length = 1;
  let run = 0;
  for (let i = 0; i < GROUPS; i++) {
    run = groupOf(address, i) === 0 ? run + 1 : 0;
    if (run > length) {
      length = run;
      start = i - run + 1;
    }
  }
  return { start, length };
}

/** Of an address that begins with so many groups of zeros. */
function showsIpv4(address: IpAddress, zeros: number): boolean {
  if (zeros === GROUPS - 3) return groupOf(address, 5) === MAPPED;
  if (zeros === GROUPS - 2) return true;
  const last = groupOf(address, GROUPS - 1);
  return zeros === GROUPS - 1 && last >>> 8 !== 0 && (last & 255) !== 1;
}

function groupOf({ words }: IpAddress, i: number): number {
  const word = words[i >> 1] as number;
  return i % 2 === 0 ? word >>> 16 : word & 0xffff;
}
