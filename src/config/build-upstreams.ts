/** `upstream` blocks, and the upstreams that `proxy_pass` with an address implies. */
import { type Address, formatAddress } from '#src/base/address.ts';
import type { ProxyPassArgument } from '#src/proxy/proxy-arguments.ts';
import type { ParseContext } from '#src/schema/directive.ts';
import { type Place, type Problems, placeOf } from '#src/schema/problem.ts';
import { compileSettings, parseNode, type Scope } from '#src/schema/scope.ts';
import { type ConfigNode, placeOfWord } from '#src/schema/tree.ts';
import type { RetryBudgetConfig } from '#src/shared/retry-budgets.ts';
import {
  type UpstreamSettings,
  upstreamBlocks,
  upstreamDirectives,
} from '#src/upstream/directives.ts';
import { isLookedUp } from '#src/upstream/discovery/dns-source-config.ts';
import { rampedBy } from '#src/upstream/endpoint/ramped.ts';
import { namesOf, type SourceConfig } from '#src/upstream/endpoint/source-config.ts';
import {
  type EndpointConfig,
  type EndpointTraits,
  type PoolConfig,
  type UpstreamConfig,
  USUAL_POLICY,
  USUAL_TRAITS,
} from '#src/upstream/endpoint/upstream-config.ts';
import { judgeDirectives, judgesOf } from '#src/upstream/judge-directives.ts';
import { resolveAddresses } from '#src/upstream/resolve-address.ts';
import type { ServerArgument } from '#src/upstream/server-argument.ts';
import { buildPolicy } from './build-policy.ts';
import { buildSources } from './build-sources.ts';
import { buildSticky } from './build-sticky.ts';
import { UpstreamZones } from './build-zones.ts';
import { firstAt } from './check.ts';

const DEFAULT_PORT = 80;
/** For endpoints that an upstream without a `zone` learns: as many as with one of 128k. */
const LEARNED_PLACES = 64;

/** The upstreams of a model in the order of their ids. */
export class UpstreamList {
  readonly #all: UpstreamConfig[] = [];
  readonly #ids = new Map<string, number>();
  /** Lower case: nginx compares names of upstreams without case. */
  readonly #blocks = new Map<string, { name: string; place: Place }>();

  /** Those of a model, each at its id. */
  static of(upstreams: readonly UpstreamConfig[]): UpstreamList {
    const list = new UpstreamList();
    for (const upstream of upstreams) {
      const { implicit, name, place } = upstream;
      if (!implicit) list.claim(name, place);
      list.add(implicit ? implicitKey(name) : name, upstream);
    }
    return list;
  }

  get all(): readonly UpstreamConfig[] {
    return this.#all;
  }

  /** The names of `upstream` blocks, those with problems too: what a mistyped host may have meant. */
  get names(): readonly string[] {
    return [...this.#blocks.values()].map(({ name }) => name);
  }

  /** Where the block of that name stands. */
  placeOf(name: string): Place | undefined {
    return this.#blocks.get(name.toLowerCase())?.place;
  }

  /** Takes a name before its block is compiled. */
  claim(name: string, place: Place): void {
    this.#blocks.set(name.toLowerCase(), { name, place });
  }

  /** The id of what was added under that key. */
  idOf(key: string): number | undefined {
    return this.#ids.get(key.toLowerCase());
  }

  /** Adds one and returns its id. */
  add(key: string, upstream: UpstreamConfig): number {
    const id = this.#all.push(upstream) - 1;
    this.#ids.set(key.toLowerCase(), id);
    return id;
  }
}

/** Compiles every `upstream` block of `http`. */
export function buildUpstreams(http: Scope, list: UpstreamList, problems: Problems): void {
  const nodes = http.own(upstreamBlocks.upstream.name);
  const zones = new UpstreamZones(nodes);
  for (const node of nodes) {
    const name = node.words[0]?.text;
    if (name === undefined || node.block === undefined) continue;
    const first = list.placeOf(name);
    if (first !== undefined) {
      problems.emerg(node, `duplicate upstream "${name}"`, firstAt(first, node));
      continue;
    }
    list.claim(name, node);
    const scope = http.inside('upstream', node);
    const settings = compileSettings(upstreamDirectives, scope, problems);
    const judges = judgesOf(compileSettings(judgeDirectives, scope, problems));
    const endpoints = rampedBy(judges, buildEndpoints(scope, problems));
    const sources = buildSources(scope, problems);
    const { statePath } = settings;
    if (statePath !== undefined) {
      checkState(statePath, scope, node, name, problems);
    } else if (scope.own('server').length === 0 && sources.length === 0) {
      problems.emerg(node, `no servers are inside upstream "${name}"`);
    } else if (endpoints.length > 0 && endpoints.every(({ tier }) => tier > 0)) {
      const advice = 'all of them are "backup": whom would they stand in for?';
      problems.emerg(node, `no servers in upstream "${name}"`, advice);
    } else if (endpoints.length > 0 && endpoints.every((endpoint) => endpoint.down)) {
      problems.warn(node, `all servers of upstream "${name}" are down`);
    }
    const ownSlots = zones.slotsOf(scope, endpoints.length, problems);
    const slots = ownSlots ?? (sources.length > 0 ? endpoints.length + LEARNED_PLACES : undefined);
    const { concurrency, maxConns, queue } = settings;
    const isLimited = maxConns > 0 || concurrency !== undefined;
    const isKnown = statePath === undefined && sources.length === 0;
    if (queue && !isLimited && isKnown && endpoints.every(isUnlimited)) {
      const advice =
        'give them or the upstream "max_conns", or the upstream "concurrency adaptive"';
      problems.warn(
        node,
        `nothing ever waits in the queue of upstream "${name}": its servers take any number`,
        advice,
      );
    }
    list.add(name, {
      name,
      implicit: false,
      endpoints,
      ...(slots === undefined ? {} : { slots }),
      pool: poolOf(settings),
      policy: buildPolicy(scope, settings, endpoints, problems),
      queue: queue ?? null,
      maxConns,
      concurrency: concurrency ?? null,
      retryBudget: budgetOf(settings),
      judges,
      statePath: statePath ?? null,
      sticky: buildSticky(settings, list.all, problems),
      ...discoveryOf(sources),
      place: placeOf(node),
    });
  }
}

/** `state` stands for the `server` lines of the block: those there are come from its file. */
function checkState(
  path: string,
  scope: Scope,
  node: ConfigNode,
  name: string,
  problems: Problems,
): void {
  const line = scope.own('server').find(({ file }) => file !== path);
  if (line !== undefined) {
    const message = `"state" cannot be used along with "server" in upstream "${name}"`;
    problems.emerg(line, message, 'add the server by the API, or leave "state" out');
  }
  if (scope.own('zone').length === 0) {
    const message = `"state" needs a "zone" in upstream "${name}"`;
    problems.emerg(scope.own('state')[0] ?? node, message, `add "zone ${name} 64k;"`);
  }
}

/** Nothing where there is none: most upstreams have not. */
function discoveryOf(discovery: readonly SourceConfig[]) {
  return discovery.length === 0 ? {} : { discovery, sources: namesOf(discovery) };
}

function isUnlimited({ maxConns }: EndpointConfig): boolean {
  return maxConns === 0;
}

function buildEndpoints(scope: Scope, problems: Problems): EndpointConfig[] {
  const directive = upstreamDirectives.servers;
  const { tools } = scope;
  return scope.occurrences(directive).flatMap((node) => {
    const server = parseNode<ServerArgument>(directive, node, scope, problems);
    if (server === undefined || isLookedUp(server)) return [];
    const { address: word, resolve: _, service: _none, ...traits } = server;
    const use = { what: 'upstream', defaultPort: DEFAULT_PORT, names: [] };
    const addresses = resolveAddresses(word.text, word, use, { node, problems, tools }) ?? [];
    return addresses.map((address) => {
      return endpointAt(address, word.text, traits, placeOfWord(node, word));
    });
  });
}

function endpointAt(
  address: Address,
  server: string,
  traits: EndpointTraits,
  place: Place,
): EndpointConfig {
  return { address, name: formatAddress(address), server, ...traits, place };
}

function budgetOf({ retryBudget }: UpstreamSettings): RetryBudgetConfig | null {
  return retryBudget === 'off' ? null : retryBudget;
}

/** How connections of an upstream with these settings are kept. */
export function poolOf({
  maxIdle,
  maxRequests,
  maxAgeMs,
  idleTimeoutMs,
}: UpstreamSettings): PoolConfig {
  return { maxIdle, maxRequests, maxAgeMs, idleTimeoutMs };
}

/**
 * The id of the upstream that a `proxy_pass` means; undefined after reporting that there is none.
 * `context` is that of the `proxy_pass`, `scope` gives the defaults.
 */
export function upstreamOf(
  pass: ProxyPassArgument,
  list: UpstreamList,
  scope: Scope,
  context: ParseContext,
): number | undefined {
  const { authority, word } = pass;
  const { problems, node } = context;
  if (list.placeOf(authority) !== undefined) return list.idOf(authority);
  const name = authority.replace(/:\d*$/, '');
  if (name !== authority && list.placeOf(name) !== undefined) {
    const message = `upstream "${name}" may not have port ${authority.slice(name.length + 1)}`;
    const advice = 'ports belong to the servers of the upstream';
    problems.emerg(placeOfWord(node, word), message, advice);
    return undefined;
  }
  const use = { what: 'upstream', defaultPort: DEFAULT_PORT, names: list.names };
  const addresses = resolveAddresses(authority, word, use, context);
  if (addresses === undefined) return undefined;
  const key = implicitKey(authority);
  const known = list.idOf(key);
  if (known !== undefined) return known;
  const place = placeOfWord(node, word);
  const endpoints = addresses.map((address) => endpointAt(address, authority, USUAL_TRAITS, place));
  const settings = compileSettings(upstreamDirectives, scope, problems);
  const upstream = {
    name: authority,
    implicit: true,
    endpoints,
    pool: poolOf(settings),
    policy: USUAL_POLICY,
    retryBudget: budgetOf(settings),
    sticky: null,
    place,
  };
  return list.add(key, upstream);
}

/** Two spellings of one address share a pool: `127.0.0.1` and `127.0.0.1:80`. */
function implicitKey(authority: string): string {
  const hasPort = authority.startsWith('unix:') || /:\d*$/.test(authority);
  return `//${hasPort ? authority : `${authority}:80`}`;
}
