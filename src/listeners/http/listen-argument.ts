/** The words of `listen`. */
import type { Address } from '#src/base/address.ts';
import type { SocketOptions } from '#src/base/socket-options.ts';
import { parseInteger, reportInvalid } from '#src/schema/arguments.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import { reportNotBuilt } from '#src/schema/not-built.ts';
import { didYouMean } from '#src/schema/suggestion.ts';
import { placeOfWord, type Word } from '#src/schema/tree.ts';
import { resolveAddresses } from '#src/upstream/resolve-address.ts';
import { isSocketOption, parseSocketOption } from './socket-option-argument.ts';

/** One `listen` line. A name may have several addresses. */
export interface ListenArgument {
  readonly word: Word;
  readonly addresses: readonly Address[];
  readonly isDefault: boolean;
  /** Undefined when the line does not say; an address takes it from the line that does. */
  readonly backlog: number | undefined;
  /** `ipv6only`; undefined when the line does not say. */
  readonly ipv6Only: boolean | undefined;
  /** Undefined when the line says none of them. */
  readonly socketOptions: SocketOptions | undefined;
}

const BUILT = [
  ...['default_server', 'default', 'backlog=', 'reuseport', 'bind', 'ipv6only='],
  ...['so_keepalive=', 'rcvbuf=', 'sndbuf=', 'deferred', 'fastopen='],
];

/** Parameters of nginx that this version has not: named, so that none is ignored. */
const NOT_BUILT = ['ssl', 'http2', 'quic', 'proxy_protocol'];

/** Of other systems, or of TCP that Weir does not speak. What clients see is the same without them. */
const INERT = ['setfib', 'accept_filter', 'multipath'];

const MAX_PORT = 65_535;
/** Ports of one range: each is a socket per thread. */
const MAX_PORTS = 1_000;

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
  let ipv6Only: boolean | undefined;
  let socketOptions: SocketOptions | undefined;
  for (const parameter of parameters) {
    const { text } = parameter;
    if (text === 'default_server' || text === 'default') {
      isDefault = true;
    } else if (text.startsWith('backlog=')) {
      const value = { ...parameter, text: text.slice('backlog='.length) };
      backlog = parseInteger(value, context, { min: 1, max: 65_535 });
      if (backlog === undefined) isGood = false;
    } else if (text === 'ipv6only=on' || text === 'ipv6only=off') {
      ipv6Only = text === 'ipv6only=on';
      if (!checkIpv6(addresses, parameter, context)) isGood = false;
    } else if (isSocketOption(text)) {
      const option = parseSocketOption(parameter, context);
      if (option === undefined) isGood = false;
      else socketOptions = { ...socketOptions, ...option };
    } else if (text !== 'reuseport' && text !== 'bind' && !isInert(parameter, context)) {
      reportParameter(parameter, context);
      isGood = false;
    }
  }
  if (!isGood || addresses === undefined) return undefined;
  return { word, addresses, isDefault, backlog, ipv6Only, socketOptions };
}

/** nginx: an address of IPv4 cannot say what is for IPv6. */
function checkIpv6(
  addresses: readonly Address[] | undefined,
  word: Word,
  context: ParseContext,
): boolean {
  if (addresses?.every((one) => one.kind === 'tcp' && one.host.includes(':')) !== false)
    return true;
  reportInvalid(context, word, 'parameter', 'the address is not one of IPv6');
  return false;
}

function isInert(word: Word, { node, problems }: ParseContext): boolean {
  if (!INERT.includes(nameOf(word))) return false;
  const message = `parameter "${word.text}" of "listen" has no effect in Weir`;
  problems.notice(placeOfWord(node, word), message);
  return true;
}

function nameOf({ text }: Word): string {
  return text.split('=')[0] ?? '';
}

/** `80`, `*:80` and `*` are all IPv4 addresses, as in nginx; `[::]:80` is for IPv6 only. `8000-8010` are eleven. */
function listenAddresses(word: Word, context: ParseContext): readonly Address[] | undefined {
  let { text } = word;
  if (/^\d+(?:-\d+)?$/.test(text)) text = `0.0.0.0:${text}`;
  else if (text === '*' || text.startsWith('*:')) text = `0.0.0.0${text.slice(1)}`;
  const range = /^(.*:)(\d+)-(\d+)$/.exec(text);
  if (range === null) return addressesOf(text, word, context);
  const [, host = '', first = '', last = ''] = range;
  const count = Number(last) - Number(first) + 1;
  // One port says what is wrong with both.
  if (Number(last) > MAX_PORT) return addressesOf(`${host}${last}`, word, context);
  if (!(count >= 1))
    return reportInvalid(context, word, 'port range', 'the first port is the lower one');
  if (count > MAX_PORTS) {
    return reportInvalid(
      context,
      word,
      'port range',
      `it has ${count} ports, at most ${MAX_PORTS} will do`,
    );
  }
  const ports = Array.from({ length: count }, (_, at) => Number(first) + at);
  const each = ports.map((port) => addressesOf(`${host}${port}`, word, context));
  return each.includes(undefined) ? undefined : each.flatMap((one) => one ?? []);
}

function addressesOf(
  text: string,
  word: Word,
  context: ParseContext,
): readonly Address[] | undefined {
  return resolveAddresses(text, word, { what: 'listen', defaultPort: 80, names: [] }, context);
}

function reportParameter(word: Word, context: ParseContext): void {
  if (NOT_BUILT.includes(nameOf(word))) {
    reportNotBuilt(`parameter "${word.text}" of "listen"`, word, context);
    return;
  }
  const advice = didYouMean(word.text, [...BUILT, ...NOT_BUILT]);
  reportInvalid(context, word, 'parameter', advice ?? `known are ${BUILT.join(', ')}`);
}
