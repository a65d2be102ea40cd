/** A trace → the fields of an answer: one structured field (RFC 9651) per part, and Proxy-Status. */

import type { FailureCode } from '#src/base/failure.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import { where } from '#src/explain/directive-index.ts';
import type { TraceEvent, TryEvent, Verdict, Written } from '#src/explain/trace.ts';
import { MAX_FIELDS } from '#src/http/header-map.ts';
import { type ListMember, listOf } from '#src/http/structured-fields.ts';
import { proxyError } from './proxy-error.ts';

/** Clients take heads of 16 KB: all fields together stay below. */
const MAX_CHARS = 1_200;
const MAX_CANDIDATES_CHARS = 4_000;

/** One part: what follows `Weir-Explain-`, and its members. */
type Part = readonly [name: string, members: readonly ListMember[], maxChars?: number];

/** Adds them to the head of the answer. A head that is full gets none. */
export function addTrace(
  exchange: Exchange,
  listenKey: string,
  events: readonly TraceEvent[],
): void {
  const { fields } = exchange.response;
  const parts = partsOf(exchange, listenKey, events);
  if (fields.count + parts.length + 1 > MAX_FIELDS) return;
  for (const [name, members, maxChars = MAX_CHARS] of parts) {
    if (members.length > 0) fields.append(0, `Weir-Explain-${name}`, listOf(members, maxChars));
  }
  fields.append(0, 'Proxy-Status', listOf([proxyStatus(exchange, events)], MAX_CHARS));
}

function partsOf(exchange: Exchange, listenKey: string, events: readonly TraceEvent[]): Part[] {
  const { reason } = exchange;
  const members = (part: (event: TraceEvent) => readonly ListMember[]) => events.flatMap(part);
  let picks = 0;
  return [
    ['Listener', [{ item: listenKey, parameters: {} }]],
    ['Server', members((event) => (event.kind === 'server' ? [serverMember(event)] : []))],
    ['Location', members((one) => (one.kind === 'location' ? [verdictMember(one.chosen)] : []))],
    ['Rewrites', members(rewriteMembers)],
    ['Faults', members(faultMembers)],
    ['Upstream', members(upstreamMembers)],
    [
      'Candidates',
      members((event) => {
        if (event.kind !== 'pick') return [];
        picks += 1;
        return candidateMembers(event, picks);
      }),
      MAX_CANDIDATES_CHARS,
    ],
    ['Tries', members((event) => (event.kind === 'try' ? [tryMember(event)] : []))],
    ['Reason', reason === '' ? [] : [{ item: { token: reason }, parameters: {} }]],
  ];
}

function at({ place }: Written): string {
  return where(place);
}

function serverMember({ chosen, name }: Extract<TraceEvent, { kind: 'server' }>): ListMember {
  return { item: name, parameters: { at: at(chosen), because: chosen.because } };
}

function verdictMember(verdict: Verdict): ListMember {
  return { item: verdict.text, parameters: { at: at(verdict), because: verdict.because } };
}

/** In order: steps, and what `error_page` led to. */
function rewriteMembers(event: TraceEvent): ListMember[] {
  if (event.kind === 'page') {
    return [{ item: event.text, parameters: { at: at(event), result: event.target } }];
  }
  if (event.kind !== 'step') return [];
  const { depth, outcome, result, text } = event;
  const parameters = {
    at: at(event),
    outcome: { token: outcome },
    depth: depth === 0 ? undefined : depth,
    result: result === '' ? undefined : result,
  };
  return [{ item: text, parameters }];
}

function faultMembers(event: TraceEvent): ListMember[] {
  if (event.kind !== 'fault') return [];
  const { because, isInjected, text } = event;
  return [{ item: text, parameters: { at: at(event), injected: isInjected, because } }];
}

function upstreamMembers(event: TraceEvent): ListMember[] {
  if (event.kind !== 'pick') return [];
  const { means, policy, upstream, upstreamAt } = event;
  const score = means === '' ? undefined : means;
  return [{ item: upstream, parameters: { at: where(upstreamAt), policy, score } }];
}

/** The one that was picked stands first: where there are many, the last are cut off. */
function candidateMembers(
  { candidates }: Extract<TraceEvent, { kind: 'pick' }>,
  pick: number,
): ListMember[] {
  const picked = candidates.filter(({ isPicked }) => isPicked);
  return [...picked, ...candidates.filter(({ isPicked }) => !isPicked)].map((candidate) => {
    const { because, endpoint, inFlight, isPicked, score, tie, weight } = candidate;
    const figures = { score, tie, weight, 'in-flight': inFlight };
    return { item: endpoint, parameters: { pick, picked: isPicked, ...figures, because } };
  });
}

function tryMember({ endpoint, failure, status, tookMs }: TryEvent): ListMember {
  const ms = Math.round(tookMs);
  const parameters = {
    status: Number(status) || undefined,
    ms,
    failure: failure && token(failure),
  };
  return { item: endpoint, parameters };
}

function token(text: string): { readonly token: string } {
  return { token: text };
}

/** RFC 9209: what the last try came to, or what we answered ourselves for. */
function proxyStatus({ reason }: Exchange, events: readonly TraceEvent[]): ListMember {
  const last = events.findLast((event) => event.kind === 'try');
  const failure: FailureCode | undefined = reason === '' ? last?.failure : reason;
  const isAnswer = last !== undefined && last.failure === undefined;
  const parameters = {
    'next-hop': last?.endpoint,
    'received-status': isAnswer ? Number(last.status) || undefined : undefined,
    error: failure === undefined ? undefined : token(proxyError(failure)),
    details: failure,
  };
  return { item: token('weir'), parameters };
}
