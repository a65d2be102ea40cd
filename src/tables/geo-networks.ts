/** Networks in CIDR notation → steps; the longest prefix wins, as in nginx's radix trees. */
import { DIGIT_0 } from '#src/bytes/ascii.ts';
import { IPV4, IPV6, IpAddress } from './ip-address.ts';
import { type Ipv4Steps, Ipv4StepsBuilder, Ipv6Steps, NO_VALUE } from './steps.ts';

/** A network; its words are 0 behind the prefix. */
export interface Network {
  readonly family: typeof IPV4 | typeof IPV6;
  /** As of `IpAddress`. */
  readonly words: readonly [number, number, number, number];
  /** 0 to 32, or to 128. */
  readonly prefix: number;
  /** What was written had bits behind the prefix; they mean nothing. */
  readonly hadLowBits: boolean;
}

const V4_BITS = 32;
const V6_BITS = 128;
/** Above any prefix length of IPv4: a start and a prefix make one number. */
const PREFIX_SPACE = 64;
const ALL = 0xffff_ffff;

const address = new IpAddress();

/** Reads `1.2.3.0/24`, `1.2.3.4`, `2001:db8::/32`; undefined when it is none. */
export function parseNetwork(text: string): Network | undefined {
  const slash = text.indexOf('/');
  if (!address.parse(text, 0, slash < 0 ? text.length : slash)) return undefined;
  const family = address.family === IPV4 ? IPV4 : IPV6;
  const bits = family === IPV4 ? V4_BITS : V6_BITS;
  const prefix = slash < 0 ? bits : parsePrefix(text, slash + 1);
  if (prefix > bits) return undefined;
  const held = address.words;
  const length = prefix + V6_BITS - bits;
  const words = [
    ((held[0] as number) & maskOf(length, 0)) >>> 0,
    ((held[1] as number) & maskOf(length, 1)) >>> 0,
    ((held[2] as number) & maskOf(length, 2)) >>> 0,
    ((held[3] as number) & maskOf(length, 3)) >>> 0,
  ] as const;
  const [a, b, c, d] = words;
  const hadLowBits = a !== held[0] || b !== held[1] || c !== held[2] || d !== held[3];
  return { family, words, prefix, hadLowBits };
}

/** Infinity when text[start…) is no number of at most three digits. */
function parsePrefix(text: string, start: number): number {
  const digits = text.length - start;
  if (digits < 1 || digits > 3) return Number.POSITIVE_INFINITY;
  let prefix = 0;
  for (let at = start; at < text.length; at++) {
    const digit = text.charCodeAt(at) - DIGIT_0;
    if (digit < 0 || digit > 9) return Number.POSITIVE_INFINITY;
    prefix = prefix * 10 + digit;
  }
  return prefix;
}

/** The bits of word `i` of four that belong to a prefix of 128 bits. */
function maskOf(prefix: number, i: number): number {
  const bits = prefix - i * V4_BITS;
  if (bits <= 0) return 0;
  return bits >= V4_BITS ? ALL : (ALL << (V4_BITS - bits)) >>> 0;
}

interface Entry {
  readonly network: Network;
  readonly value: number;
}

/** Networks with the same first 53 bits: most often one, else by their whole key. */
type Group = Entry | Map<string, Entry>;

/** Gathers networks, each with the index of a value. */
export class GeoNetworks {
  /** Start and prefix in one number → value. */
  readonly #v4 = new Map<number, number>();
  /** By the first 53 bits, which are a number. */
  readonly #v6 = new Map<number, Group>();

  /** Enters a network; returns the value it had before, or `NO_VALUE`. The last one holds. */
  add(network: Network, value: number): number {
    if (network.family === IPV4) {
      const key = keyOfIpv4(network);
      const before = this.#v4.get(key);
      this.#v4.set(key, value);
      return before ?? NO_VALUE;
    }
    return this.#addIpv6({ network, value })?.value ?? NO_VALUE;
  }

  #addIpv6(entry: Entry): Entry | undefined {
    const rank = rankOf(entry.network);
    const group = this.#v6.get(rank);
    if (group === undefined || (!(group instanceof Map) && isSame(group.network, entry.network))) {
      this.#v6.set(rank, entry);
      return group;
    }
    const key = keyOfIpv6(entry.network);
    if (group instanceof Map) {
      const before = group.get(key);
      group.set(key, entry);
      return before;
    }
    this.#v6.set(
      rank,
      new Map([
        [keyOfIpv6(group.network), group],
        [key, entry],
      ]),
    );
    return undefined;
  }

  #deleteIpv6(network: Network): boolean {
    const rank = rankOf(network);
    const group = this.#v6.get(rank);
    if (group instanceof Map) return group.delete(keyOfIpv6(network));
    return group !== undefined && isSame(group.network, network) && this.#v6.delete(rank);
  }

  /** Takes that very network out; false when it was not there. */
  delete(network: Network): boolean {
    return network.family === IPV4
      ? this.#v4.delete(keyOfIpv4(network))
      : this.#deleteIpv6(network);
  }

  /** What was gathered, for IPv4. */
  finishIpv4(): Ipv4Steps {
    const keys = Float64Array.from(this.#v4.keys()).sort();
    const steps = new Ipv4StepsBuilder();
    const openEnds: number[] = [];
    const openValues: number[] = [];
    const closeBefore = (start: number): void => {
      for (let end = openEnds.at(-1); end !== undefined && end < start; end = openEnds.at(-1)) {
        openEnds.pop();
        openValues.pop();
        if (end < ALL) steps.step(end + 1, openValues.at(-1) ?? NO_VALUE);
      }
    };
    // Of networks with one start the larger comes first: whatever comes later lies inside it.
    for (const key of keys) {
      const start = Math.floor(key / PREFIX_SPACE);
      const prefix = key - start * PREFIX_SPACE;
      closeBefore(start);
      const value = this.#v4.get(key) ?? NO_VALUE;
      openEnds.push(start + 2 ** (V4_BITS - prefix) - 1);
      openValues.push(value);
      steps.step(start, value);
    }
    closeBefore(Number.POSITIVE_INFINITY);
    return steps.finish();
  }

  /** What was gathered, for IPv6. */
  finishIpv6(): Ipv6Steps {
    const starts = [0, 0, 0, 0];
    const values = [NO_VALUE];
    const open: { readonly after: Words | undefined; readonly value: number }[] = [];
    let last: Words = starts.slice();
    const step = (start: Words, value: number): void => {
      if (compare(start, last) === 0) values[values.length - 1] = value;
      else if (values[values.length - 1] !== value) {
        starts.push(start[0] as number, start[1] as number, start[2] as number, start[3] as number);
        values.push(value);
        last = start;
      }
    };
    const closeBefore = (start: Words | undefined): void => {
      for (let inner = open.at(-1); inner !== undefined; inner = open.at(-1)) {
        const { after } = inner;
        if (start !== undefined && (after === undefined || compare(after, start) > 0)) return;
        open.pop();
        if (after !== undefined) step(after, open.at(-1)?.value ?? NO_VALUE);
      }
    };
    const enter = ({ network, value }: Entry): void => {
      closeBefore(network.words);
      open.push({ after: wordsAfter(network), value });
      step(network.words, value);
    };
    // Numbers sort many times as fast as networks.
    for (const rank of Float64Array.from(this.#v6.keys()).sort()) {
      const group = this.#v6.get(rank) as Group;
      if (group instanceof Map) for (const one of [...group.values()].sort(byStart)) enter(one);
      else enter(group);
    }
    closeBefore(undefined);
    return new Ipv6Steps(starts, values);
  }
}

type Words = readonly number[];

function keyOfIpv4({ words, prefix }: Network): number {
  return words[3] * PREFIX_SPACE + prefix;
}

function keyOfIpv6({ words, prefix }: Network): string {
  return `${words[0]},${words[1]},${words[2]},${words[3]}/${prefix}`;
}

function isSame(a: Network, b: Network): boolean {
  return a.prefix === b.prefix && compare(a.words, b.words) === 0;
}

function rankOf({ words }: Network): number {
  return words[0] * 2 ** 21 + (words[1] >>> 11);
}

/** Of networks with one start the larger comes first. */
function byStart(a: Entry, b: Entry): number {
  return compare(a.network.words, b.network.words) || a.network.prefix - b.network.prefix;
}

function compare(a: Words, b: Words): number {
  for (let i = 0; i < 4; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The first address behind a network; undefined when it reaches the last one. */
function wordsAfter({ words, prefix }: Network): Words | undefined {
  const after: number[] = [...words];
  let at = Math.ceil(prefix / V4_BITS) - 1;
  if (at < 0) return undefined;
  let sum = (after[at] as number) + 2 ** (V4_BITS - (prefix - at * V4_BITS));
  while (sum > ALL) {
    after[at] = sum - ALL - 1;
    if (--at < 0) return undefined;
    sum = (after[at] as number) + 1;
  }
  after[at] = sum;
  return after;
}
