/** The words of `resolver`. */
import { isIP } from 'node:net';
import { formatAddress, parseAddress } from '#src/base/address.ts';
import { parseTimeWord, reportInvalid } from '#src/schema/arguments.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import type { Word } from '#src/schema/tree.ts';
import { resolveAddresses } from './resolve-address.ts';

/** One `resolver`: who is asked for the addresses of names, and what is done with the answers. */
export interface ResolverConfig {
  /** Name servers, `address:port`; never empty. */
  readonly servers: readonly string[];
  /** `valid=`: how long an answer is used, in milliseconds; undefined: as long as it says (TTL). */
  readonly validMs: number | undefined;
  /** Which families are asked for; at least one. */
  readonly ipv4: boolean;
  readonly ipv6: boolean;
}

type Draft = { -readonly [Key in Exclude<keyof ResolverConfig, 'servers'>]: ResolverConfig[Key] };

const DNS_PORT = 53;

/** Reads a `resolver` line; undefined after reporting what is wrong with it. */
export function parseResolver(
  words: readonly Word[],
  context: ParseContext,
): ResolverConfig | undefined {
  const draft: Draft = { validMs: undefined, ipv4: true, ipv6: true };
  const servers: string[] = [];
  let isGood = true;
  for (const word of words) {
    if (/^(valid|ipv[46]|status_zone)=/.test(word.text)) {
      if (!readParameter(word, draft, context)) isGood = false;
      continue;
    }
    const found = serversAt(word, context);
    if (found === undefined) isGood = false;
    else servers.push(...found);
  }
  const [first] = words;
  if (!isGood || first === undefined) return undefined;
  if (servers.length === 0) return reportInvalid(context, first, 'parameter', 'name a server');
  if (!draft.ipv4 && !draft.ipv6) {
    const advice = '"ipv4" and "ipv6" cannot both be "off"';
    return reportInvalid(context, words.at(-1) ?? first, 'parameter', advice);
  }
  return { servers, ...draft };
}

/** False after reporting a problem. */
function readParameter(word: Word, draft: Draft, context: ParseContext): boolean {
  const { text } = word;
  if (text.startsWith('valid=')) {
    draft.validMs = parseTimeWord({ ...word, text: text.slice('valid='.length) }, context);
    return draft.validMs !== undefined;
  }
  if (/^ipv[46]=(on|off)$/.test(text)) {
    draft[text.startsWith('ipv4') ? 'ipv4' : 'ipv6'] = text.endsWith('=on');
    return true;
  }
  // The counters of nginx Plus: accepted, as there is nothing to count into.
  if (/^status_zone=./.test(text)) return true;
  reportInvalid(context, word, 'parameter', 'write ipv4= or ipv6= with "on" or "off"');
  return false;
}

function serversAt(word: Word, context: ParseContext): readonly string[] | undefined {
  if (word.text.startsWith('unix:')) return reportInvalid(context, word, 'address');
  const use = { what: 'resolver', defaultPort: DNS_PORT, names: [] };
  return resolveAddresses(word.text, word, use, context)?.map(formatAddress);
}

/** The host name in a word of `resolver` that has to be looked up; undefined when there is none. */
export function resolverHostOf(text: string): string | undefined {
  if (text.includes('=')) return undefined;
  const address = parseAddress(text, DNS_PORT);
  return address?.kind === 'tcp' && isIP(address.host) === 0 ? address.host : undefined;
}
