/** All directives, gathered from the folders that declare them, and what else nginx knows. */
import {
  accessLogDirectives,
  logFileCacheDirectives,
  logFormatDirectives,
} from '#src/exchange/directives.ts';
import { explainDirectives } from '#src/exchange/explain-directives.ts';
import { realIpDirectives } from '#src/exchange/real-ip-directives.ts';
import {
  functionBalancerDirectives,
  functionDirectives,
  functionHandlerDirectives,
  functionVariableDirectives,
} from '#src/functions/directives.ts';
import { clientDirectives, listenDirectives } from '#src/listeners/http/directives.ts';
import { proxyDirectives, proxyPassDirectives } from '#src/proxy/directives.ts';
import {
  contentDirectives,
  errorPageDirectives,
  handlerDirectives,
  routingBlocks,
  serverDirectives,
} from '#src/routing/directives.ts';
import { rewriteDirectives, rewriteLogDirectives } from '#src/routing/rewrite-directives.ts';
import type { Context, Directive, DirectiveSet } from '#src/schema/directive.ts';
import { upstreamBlocks, upstreamDirectives } from '#src/upstream/directives.ts';
import { providerDirectives } from '#src/upstream/discovery/provider-directives.ts';
import { healthDirectives, matchDirectives } from '#src/upstream/health/directives.ts';
import { judgeDirectives } from '#src/upstream/judge-directives.ts';
import { policyDirectives } from '#src/upstream/policy-directives.ts';
import { resolverDirectives } from '#src/upstream/resolver-directives.ts';
import { tableDirectives } from '#src/variables/table-directives.ts';
import {
  errorLogDirectives,
  eventsDirectives,
  mainBlocks,
  mainDirectives,
} from './main-directives.ts';
import { INERT_DIRECTIVES, type InertDirective, NOT_BUILT_YET } from './nginx-directives.ts';

/** One chapter of docs/directives.md. */
export interface Chapter {
  readonly title: string;
  readonly sets: readonly DirectiveSet[];
}

/** Every directive that this version acts on, in the order of the reference. */
export const CHAPTERS: readonly Chapter[] = [
  {
    title: 'Processes',
    sets: [mainDirectives, errorLogDirectives, mainBlocks, eventsDirectives],
  },
  { title: 'Servers and locations', sets: [routingBlocks, listenDirectives, serverDirectives] },
  { title: 'Rewriting', sets: [rewriteDirectives, rewriteLogDirectives] },
  { title: 'Answers without an upstream', sets: [handlerDirectives, contentDirectives] },
  { title: 'Errors', sets: [errorPageDirectives] },
  { title: 'The client side', sets: [clientDirectives] },
  { title: 'The address of the client', sets: [realIpDirectives] },
  { title: 'Explaining answers', sets: [explainDirectives] },
  { title: 'Passing on', sets: [proxyPassDirectives, proxyDirectives] },
  {
    title: 'Upstreams',
    sets: [
      upstreamBlocks,
      upstreamDirectives,
      judgeDirectives,
      policyDirectives,
      resolverDirectives,
      providerDirectives,
    ],
  },
  { title: 'Health checks', sets: [healthDirectives, matchDirectives] },
  { title: 'Variables from tables', sets: [tableDirectives] },
  {
    title: 'Functions (weir.config.ts)',
    sets: [
      functionHandlerDirectives,
      functionDirectives,
      functionVariableDirectives,
      functionBalancerDirectives,
    ],
  },
  { title: 'Access log', sets: [accessLogDirectives, logFormatDirectives, logFileCacheDirectives] },
];

/** What a name means in one context. */
export type Known =
  | { readonly kind: 'built'; readonly directive: Directive }
  | { readonly kind: 'inert'; readonly directive: InertDirective }
  | { readonly kind: 'not-built' };

const NOT_BUILT: Known = { kind: 'not-built' };

/** Name → context → meaning. */
const byName = new Map<string, Map<string, Known>>();

function register(name: string, contexts: readonly string[], known: Known): void {
  const entries = byName.get(name) ?? new Map<string, Known>();
  byName.set(name, entries);
  for (const context of contexts) {
    // What is built is registered first and wins over what is only known.
    if (!entries.has(context)) entries.set(context, known);
  }
}

for (const { sets } of CHAPTERS) {
  for (const directive of sets.flatMap((set) => Object.values(set))) {
    register(directive.name, directive.contexts, { kind: 'built', directive });
  }
}
for (const directive of INERT_DIRECTIVES) {
  register(directive.name, directive.contexts, { kind: 'inert', directive });
}
for (const { contexts, names } of NOT_BUILT_YET) {
  for (const name of names) register(name, contexts, NOT_BUILT);
}

/** What the name means in that context; undefined when it has no place there. */
export function findDirective(name: string, context: Context): Known | undefined {
  return byName.get(name)?.get(context);
}

/** Where the name may stand; empty when nobody knows it. */
export function contextsOf(name: string): readonly string[] {
  return [...(byName.get(name)?.keys() ?? [])];
}

/** The names that may stand in a context: what a mistyped one is compared with. */
export function namesIn(context: Context): readonly string[] {
  return [...byName].filter(([, entries]) => entries.has(context)).map(([name]) => name);
}
