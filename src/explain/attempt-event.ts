/** A request on its way to an endpoint → what was sent there and where each field comes from. */

import { proxyDirectives } from '#src/proxy/directives.ts';
import type { Location } from '#src/routing/model.ts';
import { type Place, placeOf } from '#src/schema/problem.ts';
import type { WireRequest } from './asked-request.ts';
import type { DirectiveIndex } from './directive-index.ts';
import type { AttemptEvent, SentField } from './trace.ts';
import type { WireMessage } from './wire-text.ts';

/** Where it goes. */
export interface TriedUpstream {
  readonly name: string;
  /** Addresses of all. */
  readonly endpoints: readonly string[];
  readonly place: Place;
}

/** What one attempt consists of. */
export interface AttemptFacts {
  readonly upstream: TriedUpstream;
  /** Address of the endpoint. */
  readonly endpoint: string;
  /** Undefined: it refused the connection. */
  readonly message: WireMessage | undefined;
  /** What the client had sent. */
  readonly asked: WireRequest;
  readonly location: Location;
}

/** The event of an attempt. */
export function attemptEvent(facts: AttemptFacts, index: DirectiveIndex): AttemptEvent {
  const { asked, endpoint, location, message, upstream } = facts;
  const [method = '', target = '', protocol = ''] = (message?.startLine ?? '').split(' ');
  const sent = message?.fields ?? [];
  const names = new Set(sent.map(([name]) => name.toLowerCase()));
  return {
    kind: 'attempt',
    upstream: upstream.name,
    upstreamAt: upstream.place,
    endpoint,
    endpoints: upstream.endpoints,
    isRefused: message === undefined,
    method,
    target,
    protocol,
    fields: sent.map(([name, value]) => ({
      name,
      value,
      ...sourceOf(name, asked, location, index),
    })),
    body: message?.body ?? '',
    dropped:
      message === undefined
        ? []
        : asked.fieldNames.filter((name) => !names.has(name.toLowerCase())),
  };
}

function sourceOf(
  name: string,
  { fieldNames }: WireRequest,
  { place }: Location,
  index: DirectiveIndex,
): Pick<SentField, 'source' | 'at'> {
  const isIt = (other: string | undefined) => other?.toLowerCase() === name.toLowerCase();
  const node = index
    .holdingIn(place, proxyDirectives.setHeaders)
    .find(({ words }) => isIt(words[0]?.text));
  if (node !== undefined) {
    const place = placeOf(node);
    return { source: 'set', at: { text: index.textAt(place), place } };
  }
  const isOfClient = !isIt('host') && fieldNames.some(isIt);
  return { source: isOfClient ? 'client' : 'weir', at: undefined };
}
