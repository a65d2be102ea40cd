/** The words of `listen`. */
import type { Address } from '#src/base/address.ts';
import { parseInteger, reportInvalid } from '#src/schema/arguments.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import { reportNotBuilt } from '#src/schema/not-built.ts';
import { didYouMean } from '#src/schema/suggestion.ts';
import type { Word } from '#src/schema/tree.ts';
import { resolveAddresses } from '#src/upstream/resolve-address.ts';

/** One `listen` line. A name may have several addresses. */
export interface ListenArgument {
  readonly word: Word;
  readonly addresses: readonly Address[];
  readonly isDefault: boolean;
  /** Undefined when the line does not say; an address takes it from the line that does. */
  readonly backlog: number | undefined;
}

const BUILT = ['default_server', 'default', 'backlog=', 'reuseport', 'bind', 'ipv6only=on'];

/** Parameters of nginx that this version has not: named, so that none is ignored. */
const NOT_BUILT = [
  'ssl',
  'http2',
  'quic',
  'proxy_protocol',
  'setfib',
  'fastopen',
  'rcvbuf',
  'sndbuf',
  'accept_filter',
  'deferred',
  'ipv6only',
  'so_keepalive',
  'multipath',
];

/** Reads a `listen` line; undefined after reporting what is wrong with it. */
export function parseListen(
  words: readonly Word[],
  context: ParseContext,
): ListenArgument | undefined {
  const [word, ...parameters] = words;
  if (word === undefined) return undefined;
  const addresses = listenAddresses(word, context);
  let isGood = addresses !== undefined;
  let isDefault = false;
  let backlog: number | undefined;
  for (const parameter of parameters) {
    const { text } = parameter;
    if (text === 'default_server' || text === 'default') {
      isDefault = true;
    } else if (text.startsWith('backlog=')) {
      const value = { ...parameter, text: text.slice('backlog='.length) };
      backlog = parseInteger(value, context, { min: 1, max: 65_535 });
      if (backlog === undefined) isGood = false;
    } else if (text !== 'reuseport' && text !== 'bind' && text !== 'ipv6only=on') {
      reportParameter(parameter, context);
      isGood = false;
    }
  }
  return isGood && addresses !== undefined ? { word, addresses, isDefault, backlog } : undefined;
}

/** `80`, `*:80` and `*` are all IPv4 addresses, as in nginx; `[::]:80` is for IPv6 only. */
function listenAddresses(word: Word, context: ParseContext): readonly Address[] | undefined {
  let { text } = word;
  if (/^\d+$/.test(text)) text = `0.0.0.0:${text}`;
  else if (text === '*' || text.startsWith('*:')) text = `0.0.0.0${text.slice(1)}`;
  if (/:\d+-\d+$/.test(text)) {
    const what = `port range in "listen ${word.text}"`;
    return reportNotBuilt(what, word, context, 'write one "listen" per port');
  }
  return resolveAddresses(text, word, { what: 'listen', defaultPort: 80, names: [] }, context);
}

function reportParameter(word: Word, context: ParseContext): void {
  const name = word.text.split('=')[0] ?? '';
  if (NOT_BUILT.includes(name)) {
    reportNotBuilt(`parameter "${word.text}" of "listen"`, word, context);
    return;
  }
  const advice = didYouMean(word.text, [...BUILT, ...NOT_BUILT]);
  reportInvalid(context, word, 'parameter', advice ?? `known are ${BUILT.join(', ')}`);
}
