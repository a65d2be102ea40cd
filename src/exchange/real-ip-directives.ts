/** `set_real_ip_from`, `real_ip_header`, `real_ip_recursive`: whose word about the client counts. */
import { custom, flag, reportInvalid } from '#src/schema/arguments.ts';
import { directives, HTTP_SERVER_LOCATION, type ParseContext } from '#src/schema/directive.ts';
import { reportNotBuilt } from '#src/schema/not-built.ts';
import { placeOfWord, type Word } from '#src/schema/tree.ts';
import { type Network, parseNetwork } from '#src/tables/geo-networks.ts';
import type { RealIpSource } from './real-ip.ts';
import { UNIX_PEER } from './real-ip.ts';

/** Who is trusted: whoever comes over a unix socket, or the networks of an address or a host. */
export type TrustedSource = 'unix' | readonly Network[];

/** The argument of every directive that says who is trusted. */
export const trustedArgument = custom<TrustedSource>({
  usage: 'address | CIDR | host | unix:',
  minWords: 1,
  maxWords: 1,
  parse: parseTrusted,
});

/** The directives of real_ip; each is inherited for itself, as in nginx. */
export const realIpDirectives = directives({
  from: {
    name: 'set_real_ip_from',
    contexts: HTTP_SERVER_LOCATION,
    argument: trustedArgument,
    repeat: true,
    doc: 'A proxy in front of Weir that is trusted to name its client (`real_ip_header`). May stand several times. Of `http` and `server` it holds from the start of a request, of a `location` once `rewrite` and `return` are done. A host name is looked up when the configuration is read.',
  },
  source: {
    name: 'real_ip_header',
    contexts: HTTP_SERVER_LOCATION,
    argument: custom({
      usage: 'field',
      minWords: 1,
      maxWords: 1,
      default: ['X-Real-IP'],
      parse: parseSource,
    }),
    doc: 'The field in which a trusted proxy names its client. Of `X-Forwarded-For`, spelled so, all fields make one list; of any other field the first one counts. What is no address changes nothing.',
  },
  isRecursive: {
    name: 'real_ip_recursive',
    contexts: HTTP_SERVER_LOCATION,
    argument: flag({ default: 'off' }),
    doc: 'Off: the last address of the list is the client. On: the last one that is not trusted itself, or the first one when all are.',
  },
});

/** Reads one address, network, host or `unix:`; undefined after reporting why it is none. */
function parseTrusted([word]: readonly Word[], context: ParseContext): TrustedSource | undefined {
  if (word === undefined) return undefined;
  const { node, problems, tools } = context;
  const { text } = word;
  if (text === UNIX_PEER) return 'unix';
  const place = placeOfWord(node, word);
  const network = parseNetwork(text);
  if (network !== undefined) {
    if (network.hadLowBits) problems.warn(place, `low address bits of ${text} are meaningless`);
    return [network];
  }
  if (!/^[\w.-]+$/.test(text) || /^[\d.]+$/.test(text)) {
    const advice = 'write an address, a network as in "192.0.2.0/24", a host name or "unix:"';
    return reportInvalid(context, word, 'address', advice);
  }
  const addresses = tools.resolveHost(text);
  if (addresses.length === 0) {
    const advice = `"${text}" is in neither DNS nor /etc/hosts`;
    problems.emerg(place, `host not found in ${node.name} "${text}"`, advice);
    return undefined;
  }
  return addresses.map(parseNetwork).filter((found) => found !== undefined);
}

function parseSource([word]: readonly Word[], context: ParseContext): RealIpSource | undefined {
  if (word === undefined) return undefined;
  const { text } = word;
  if (text === 'proxy_protocol') {
    return reportNotBuilt('"real_ip_header proxy_protocol"', word, context);
  }
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(text)) return reportInvalid(context, word, 'field name');
  // As in nginx, a list only in this very spelling.
  return { name: text.toLowerCase(), isList: text === 'X-Forwarded-For' };
}
