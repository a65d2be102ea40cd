/** Data path. How much of an IP address counts: its first bits, IPv4 and IPv6 apart. */

import type { BalancerKind } from '#src/upstream/balancers/balancer.ts';
import { checkKeyWords } from '#src/upstream/balancers/key-words.ts';

const FAMILIES = [
  { name: 'ipv4_prefix=', bits: 32 },
  { name: 'ipv6_prefix=', bits: 128 },
] as const;

/** The first `bits` bits of an address: whole bytes, and a part of the last one. */
export class Prefix {
  readonly bytes: number;
  /** The bits of the last byte that count. */
  readonly lastMask: number;

  constructor(bits: number) {
    this.bytes = Math.ceil(bits / 8);
    this.lastMask = (0xff00 >> (bits - 8 * (this.bytes - 1))) & 0xff;
  }
}

/** What the words say of the family, or else `usual`. */
export function prefixOf(words: readonly string[], family: 4 | 6, usual: number): Prefix {
  const { bits, name } = FAMILIES[family === 4 ? 0 : 1];
  const word = words.find((text) => text.startsWith(name));
  return new Prefix((word === undefined ? undefined : bitsOf(word, name, bits)) ?? usual);
}

/** As `checkKeyWords` without a key, with prefixes beside. */
export function checkPrefixWords(
  words: readonly string[],
): ReturnType<NonNullable<BalancerKind['check']>> {
  const seen = new Set<string>();
  const others: number[] = [];
  for (const [at, word] of words.entries()) {
    const family = FAMILIES.find(({ name }) => word.startsWith(name));
    if (family === undefined) {
      others.push(at);
      continue;
    }
    const { bits, name } = family;
    if (seen.has(name)) return { at, advice: 'it stands there twice' };
    seen.add(name);
    if (bitsOf(word, name, bits) === undefined) {
      return { at, advice: `write 1 to ${bits}, as in ${name}${bits / 2}: the bits that count` };
    }
  }
  const fault = checkKeyWords(
    others.map((at) => words[at] as string),
    0,
    [],
    FAMILIES.map(({ name }) => `${name}bits`),
  );
  return fault === undefined ? undefined : { ...fault, at: others[fault.at] as number };
}

function bitsOf(word: string, name: string, most: number): number | undefined {
  const text = word.slice(name.length);
  const bits = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  return bits >= 1 && bits <= most ? bits : undefined;
}
