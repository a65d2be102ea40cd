/** The directives of looking up names while traffic flows. */
import { custom, time } from '#src/schema/arguments.ts';
import { directives, HTTP_SERVER_LOCATION, type SettingsOf } from '#src/schema/directive.ts';
import { parseResolver, type ResolverConfig } from './resolver-argument.ts';

const PLACES = [...HTTP_SERVER_LOCATION, 'upstream'] as const;

/** `resolver` and how long it may take. */
export const resolverDirectives = directives({
  resolver: {
    name: 'resolver',
    contexts: PLACES,
    argument: custom<ResolverConfig>({
      usage: 'address … [valid=time] [ipv4=on | off] [ipv6=on | off] [status_zone=zone]',
      minWords: 1,
      maxWords: 20,
      parse: parseResolver,
    }),
    doc: 'The name servers (`address[:port]`, port 53 when none is given) that are asked for hosts which variables in `proxy_pass` name, and for those of `server` lines with `resolve`. Of the former each proxy thread keeps an answer as long as its TTL says, or for `valid=`, and at most 1,000 of them; requests that want the same name at the same time wait for one question. `ipv4=off` and `ipv6=off` leave that family out. `status_zone=` is accepted. /etc/hosts is not read.',
  },
  resolverTimeoutMs: {
    name: 'resolver_timeout',
    contexts: PLACES,
    argument: time({ default: '30s', min: '1ms' }),
    doc: 'How long a request waits for the addresses of a name; then 502. For `resolve`: how long the name servers have, in turns, for one answer; then the last one stays.',
  },
});
/** Who looks up names in one location. */
export type ResolverSettings = SettingsOf<typeof resolverDirectives>;
