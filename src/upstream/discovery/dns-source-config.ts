/** `server name resolve` → what is asked for, checked. */
import { isIP } from 'node:net';
import { parseAddress } from '#src/base/address.ts';
import { isDnsName } from '#src/codecs/dns/dns-message.ts';
import { reportInvalid } from '#src/schema/arguments.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import { placeOfWord } from '#src/schema/tree.ts';
import type { DnsSettings, DnsSourceConfig } from '#src/upstream/endpoint/source-config.ts';
import type { ResolverConfig } from '#src/upstream/resolver-argument.ts';
import type { ServerArgument } from '#src/upstream/server-argument.ts';

const DEFAULT_PORT = 80;

/** `resolver` and `resolver_timeout` where the upstream stands. */
export interface ResolverAround {
  readonly resolver: ResolverConfig | undefined;
  readonly resolverTimeoutMs: number;
}

/** Whether there is a name to look up: `resolve` of an address means nothing, as in nginx. */
export function isLookedUp({ address, resolve }: ServerArgument): boolean {
  const parsed = parseAddress(address.text, DEFAULT_PORT);
  return resolve && (parsed === undefined || (parsed.kind === 'tcp' && isIP(parsed.host) === 0));
}

/** Undefined after reporting what is wrong. */
export function dnsSourceOf(
  server: ServerArgument,
  { resolver, resolverTimeoutMs }: ResolverAround,
  context: ParseContext,
): DnsSourceConfig | undefined {
  const { address: word, resolve: _, service, ...traits } = server;
  const { node, problems } = context;
  const place = placeOfWord(node, word);
  const address = parseAddress(word.text, DEFAULT_PORT);
  const host = address?.kind === 'tcp' ? address.host.toLowerCase().replace(/\.$/, '') : '';
  if (address?.kind !== 'tcp' || !isDnsName(host)) {
    return reportInvalid(context, word, 'address', 'with "resolve" it is a host name');
  }
  if (service !== '' && /:\d+$/.test(word.text)) {
    const advice = 'the SRV records of "service" have the ports';
    problems.emerg(place, `service upstream server "${word.text}" may not have port`, advice);
    return undefined;
  }
  // RFC 2782; with a dot in it, it is taken as it is, as in nginx.
  const prefix = (
    service.includes('.') || service === '' ? service : `_${service}._tcp`
  ).toLowerCase();
  if (prefix !== '' && !isDnsName(`${prefix}.${host}`)) {
    problems.emerg(place, `no name can be asked for as "${prefix}.${host}"`);
    return undefined;
  }
  if (resolver === undefined) {
    const advice = 'add "resolver" to the upstream or to "http"';
    problems.emerg(place, `no resolver defined to resolve ${host}`, advice);
    return undefined;
  }
  const settings = settingsOf(resolver, resolverTimeoutMs);
  const { port } = address;
  return {
    kind: 'dns',
    host,
    port,
    service: prefix,
    server: word.text,
    traits,
    resolver: settings,
    place,
  };
}

function settingsOf(
  { ipv4, ipv6, servers, validMs }: ResolverConfig,
  timeoutMs: number,
): DnsSettings {
  return { servers, validMs: validMs ?? null, ipv4, ipv6, timeoutMs };
}
