/** Host names of the configuration → addresses, by what was looked up when the files were read. */
import { isIP } from 'node:net';
import { type Address, parseAddress, parsePort } from '#src/base/address.ts';
import { reportInvalid } from '#src/schema/arguments.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import { didYouMean } from '#src/schema/suggestion.ts';
import { placeOfWord, type Word } from '#src/schema/tree.ts';

/** What a name in `directive` is called in messages: `host not found in upstream "x"`. */
export interface AddressUse {
  /** `upstream` or `listen`. */
  readonly what: string;
  readonly defaultPort: number;
  /** Names that are no hosts but could have been meant: those of the `upstream` blocks. */
  readonly names: readonly string[];
}

/**
 * The addresses of `host[:port]`, `[v6][:port]` or `unix:/path`; several when a name has several.
 * Undefined after reporting a malformed address, a bad port or an unknown host at `word`.
 */
export function resolveAddresses(
  text: string,
  word: Word,
  use: AddressUse,
  context: ParseContext,
): readonly Address[] | undefined {
  const address = parseAddress(text, use.defaultPort);
  if (address === undefined) return reportBadAddress(text, word, use, context);
  if (address.kind === 'unix') return [address];
  const { host, port } = address;
  if (isIP(host) !== 0) return [address];
  if (text.startsWith('[') || !isHostName(host)) {
    return reportBadAddress(text, word, use, context);
  }
  const found = context.tools.resolveHost(host);
  if (found.length > 0) return found.map((ip) => ({ kind: 'tcp', host: ip, port }));
  const message = `host not found in ${use.what} "${text}"`;
  const advice = didYouMean(host, use.names) ?? `"${host}" is in neither DNS nor /etc/hosts`;
  context.problems.emerg(placeOfWord(context.node, word), message, advice);
  return undefined;
}

/** The host name in `text` that has to be looked up; undefined for IP addresses and nonsense. */
export function hostNameOf(text: string): string | undefined {
  const address = parseAddress(text, 80);
  if (address?.kind !== 'tcp' || isIP(address.host) !== 0) return undefined;
  return isHostName(address.host) && !text.startsWith('[') ? address.host : undefined;
}

/** Letters, digits, `-`, `_` and dots: nothing that a mistyped address would also contain. */
function isHostName(host: string): boolean {
  return /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?$/i.test(host) && !/^[\d.]+$/.test(host);
}

function reportBadAddress(
  text: string,
  word: Word,
  use: AddressUse,
  context: ParseContext,
): undefined {
  const { node, problems } = context;
  const place = placeOfWord(node, word);
  const scheme = /^[a-z]+:\/\//i.exec(text)?.[0];
  if (scheme !== undefined) {
    reportInvalid(context, word, 'address', `write it without "${scheme}"`);
    return undefined;
  }
  const port = /:([^:\]]*)$/.exec(text)?.[1];
  if (port !== undefined && parsePort(port) === undefined && !text.startsWith('unix:')) {
    problems.emerg(place, `invalid port in ${use.what} "${text}"`, 'a port is 1 to 65535');
  } else if (text === '' || text.startsWith(':')) {
    problems.emerg(place, `no host in ${use.what} "${text}"`);
  } else {
    reportInvalid(context, word, 'address', 'write host:port, [v6 address]:port or unix:/path');
  }
  return undefined;
}
