/** `server` and `location` blocks → virtual servers, and the addresses they listen on. */
import { type Address, formatAddress } from '#src/base/address.ts';
import type { LogFileConfig } from '#src/exchange/directives.ts';
import type { FunctionHost } from '#src/functions/function-host.ts';
import { type ListenArgument, listenDirectives } from '#src/listeners/http/directives.ts';
import { routingBlocks, serverDirectives } from '#src/routing/directives.ts';
import type {
  HostName,
  ListenConfig,
  Location,
  LocationMatch,
  ServerContent,
  ServerListen,
  VirtualServer,
} from '#src/routing/model.ts';
import type { ServerName } from '#src/routing/server-name-argument.ts';
import { type Place, type Problems, placeOf } from '#src/schema/problem.ts';
import { parseNode, type Scope } from '#src/schema/scope.ts';
import { type ConfigNode, placeOfWord } from '#src/schema/tree.ts';
import { systemTempDirectory } from '#src/spool/temp-path-argument.ts';
import { MapTable } from '#src/tables/map-table.ts';
import type { CheckConfig } from '#src/upstream/health/check-config.ts';
import type { VariableCompiler } from '#src/variables/compiler.ts';
import { buildLocation } from './build-location.ts';
import { buildLog, buildLogFormats, LogTable } from './build-logs.ts';
import { locationsIn } from './build-rewrites.ts';
import type { UpstreamList } from './build-upstreams.ts';
import { firstAt } from './check.ts';
import type { Model } from './model.ts';
import type { ConfigTree } from './tree.ts';

/** What compiling servers needs. */
export interface HttpContext {
  readonly scope: Scope;
  readonly upstreams: UpstreamList;
  readonly variables: VariableCompiler;
  readonly problems: Problems;
  readonly tree: ConfigTree;
  readonly functions: FunctionHost;
  /** What `via on` calls us. */
  readonly pseudonym: string;
}

/** What compiling locations needs. */
export interface LocationContext extends HttpContext {
  readonly logs: LogTable;
  /** Collects those of all locations. */
  readonly healthChecks: CheckConfig[];
  /** Counts locations. */
  readonly numbers: { next: number };
}

/** nginx's default on Linux. */
const DEFAULT_BACKLOG = 511;

/** What the locations of all servers share. `files`: as for `LogTable`. */
export function locationContext(
  http: HttpContext,
  files: readonly LogFileConfig[] = [],
): LocationContext {
  const { scope, problems, variables } = http;
  const logs = new LogTable(buildLogFormats(scope, variables, problems), files);
  return { ...http, logs, healthChecks: [], numbers: { next: 0 } };
}

/** What `http` gives a model. */
export type Served = Pick<
  Model,
  | 'listens'
  | 'servers'
  | 'healthChecks'
  | 'logFiles'
  | 'accessLogFiles'
  | 'errorLogFiles'
  | 'tempDirectories'
>;

/** Compiles every `server` of `http`. */
export function buildServers(http: HttpContext): Served {
  const { scope, problems } = http;
  const context = locationContext(http);
  // A server may override it or there may be none: its problems are told all the same.
  buildLog(scope, context.logs, problems);
  const listens = new ListenTable(problems);
  const drafts: ServerDraft[] = [];
  for (const node of scope.own(routingBlocks.server.name)) {
    if (node.block === undefined) continue;
    const inside = scope.inside('server', node);
    const names = buildNames(inside, problems); // first: their captures are variables of the rest
    const content = buildContent(node, context);
    // An object of its own: a file that is included twice gives the same node twice.
    const place = placeOf(node);
    const keys = listens.take(inside, place, http.tree.defaultPort);
    drafts.push({ names, keys, place, content });
  }
  for (const { keys, names } of drafts) listens.claimNames(keys, names);
  const servers = drafts.map((draft) => finish(draft, listens));
  const all = servers.flatMap((server) => {
    return [server.fallback, ...server.locations, ...server.conditional];
  });
  const { healthChecks } = context;
  const tempDirectories = tempDirectoriesOf(all);
  return { listens: listens.all, servers, healthChecks, ...logsOf(all), tempDirectories };
}

const ALL_PATHS: LocationMatch = {
  kind: 'prefix',
  path: '/',
  pattern: undefined,
  stopsSearch: false,
};

/** Compiles what is in a `server` of `http`. */
export function buildContent(node: ConfigNode, context: LocationContext): ServerContent {
  const inside = context.scope.inside('server', node);
  const fallback = buildLocation(inside, ALL_PATHS, undefined, node, context);
  const locations = buildLocations(inside, context);
  const conditional = locations.flatMap(({ rewrites }) => locationsIn(rewrites?.steps ?? []));
  return { locations, conditional, fallback };
}

/** All files that something is logged to. */
function logsOf(
  locations: readonly Location[],
): Pick<Served, 'logFiles' | 'accessLogFiles' | 'errorLogFiles'> {
  const accesses = new Set<LogFileConfig>();
  const errors = new Set<string>();
  for (const log of new Set(locations.map((location) => location.log))) {
    for (const { output } of log.accessLogs) if (output.kind === 'file') accesses.add(output.file);
  }
  for (const own of new Set(locations.map(({ errorLogs }) => errorLogs))) {
    for (const { target } of own ?? []) {
      if (typeof target === 'string' && target !== 'stderr') errors.add(target);
    }
  }
  const paths = [...accesses].map(({ path }) => path);
  const logFiles = [...new Set([...paths, ...errors])];
  return { logFiles, accessLogFiles: [...accesses], errorLogFiles: [...errors] };
}

/** Those that were chosen: what the system has for all is not ours to create. */
function tempDirectoriesOf(locations: readonly Location[]): string[] {
  const used = locations.flatMap(({ client, proxy }) => [client.bodyTempPath, proxy.tempPath]);
  const system = systemTempDirectory();
  return [...new Set(used)].filter((path) => path !== system);
}

/** A server before it is known which one is the default of each address. */
interface ServerDraft {
  readonly names: readonly ServerNameAt[];
  readonly keys: readonly string[];
  readonly place: Place;
  readonly content: ServerContent;
}

interface ServerNameAt extends HostName {
  readonly place: Place;
}

function finish(draft: ServerDraft, table: ListenTable): VirtualServer {
  const { names, keys, place, content } = draft;
  const { conditional, fallback, locations } = content;
  const listens: ServerListen[] = keys.map((key) => {
    return { key, isDefault: table.defaultOf(key) === place };
  });
  const isLogged = [...locations, ...conditional, fallback].some(({ log }) => {
    return log.accessLogs.length > 0;
  });
  return {
    names: names.map(({ name, pattern }) => ({ name, pattern })),
    listens,
    ...content,
    isLogged,
    place,
  };
}

function buildNames(scope: Scope, problems: Problems): ServerNameAt[] {
  const directive = serverDirectives.names;
  const nodes = scope.occurrences(directive);
  const names = nodes.flatMap((node) => {
    const parsed = parseNode<readonly ServerName[]>(directive, node, scope, problems) ?? [];
    return parsed.map(({ name, pattern, word }) => {
      return { name, pattern, place: placeOfWord(node, word) };
    });
  });
  const own = new Map(names.map((entry) => [entry.name, entry]));
  if (nodes.length > 0) return [...own.values()];
  return scope.node === undefined ? [] : [{ name: '', pattern: undefined, place: scope.node }];
}

/** Those that stand in `around`, and those in them, each behind the one it stands in. */
function buildLocations(around: Scope, context: LocationContext, outer?: Location): Location[] {
  const directive = routingBlocks.location;
  const firsts = new Map<string, Place>();
  const locations: Location[] = [];
  for (const node of around.own(directive.name)) {
    if (node.block === undefined) continue;
    const match = parseNode<LocationMatch>(directive, node, around, context.problems);
    const scope = around.inside('location', node);
    // A location that cannot match is compiled all the same, for the problems inside it.
    const location = buildLocation(scope, match ?? NO_MATCH, outer, node, context);
    const inner = buildLocations(scope, context, location);
    if (match === undefined || !mayStandIn(outer, match, node, context.problems)) continue;
    const key = `${match.kind} ${match.path}`;
    const first = firsts.get(key);
    if (first !== undefined && match.kind !== 'regex') {
      const message = `duplicate location "${match.path}"`;
      context.problems.emerg(node, message, firstAt(first, node));
      continue;
    }
    firsts.set(key, node);
    locations.push(location, ...inner);
  }
  return locations;
}

const NO_MATCH: LocationMatch = { kind: 'exact', path: '', pattern: undefined, stopsSearch: false };

/** nginx: what is inside a location must be able to match where that one does. */
function mayStandIn(
  outer: Location | undefined,
  match: LocationMatch,
  node: ConfigNode,
  problems: Problems,
): boolean {
  const fault = outer === undefined ? undefined : faultInside(outer.match, match);
  if (outer === undefined || fault === undefined) return true;
  const file = outer.place.file === node.file ? '' : ` of ${outer.place.file}`;
  problems.emerg(node, fault, `that one is in line ${outer.place.line}${file}`);
  return false;
}

function faultInside(outer: LocationMatch, inner: LocationMatch): string | undefined {
  const [name, around] = [`location "${inner.path}"`, `location "${outer.path}"`];
  if (outer.kind === 'exact' || outer.kind === 'named')
    return `${name} cannot be inside the ${outer.kind} ${around}`;
  if (inner.kind === 'named') return `named ${name} can be on the server level only`;
  if (inner.kind === 'regex') return undefined;
  // Paths of finished locations hold one char per byte.
  const path = Buffer.from(inner.path, 'utf8').toString('latin1');
  return path.startsWith(outer.path) ? undefined : `${name} is outside ${around}`;
}

type ListenOptions = Pick<ListenArgument, 'isDefault' | 'backlog' | 'ipv6Only' | 'socketOptions'>;

const PLAIN_LISTEN: ListenOptions = {
  isDefault: false,
  backlog: undefined,
  ipv6Only: undefined,
  socketOptions: undefined,
};

/** The listening addresses of all servers: unique, each with one default server. */
class ListenTable {
  readonly #problems: Problems;
  readonly #all = new Map<string, ListenConfig & { hasOptions: boolean }>();
  readonly #defaults = new Map<string, { server: Place; place: Place; isExplicit: boolean }>();
  readonly #names = new Map<string, ClaimedNames>();

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  get all(): readonly ListenConfig[] {
    return [...this.#all.values()].map(({ hasOptions, ...listen }) => listen);
  }

  /** The place of the server that is the default of that address. */
  defaultOf(key: string): Place | undefined {
    return this.#defaults.get(key)?.server;
  }

  /** Enters the `listen`s of one server; returns their keys, each once. */
  take(scope: Scope, server: Place, defaultPort: number): string[] {
    const directive = listenDirectives.listens;
    const nodes = scope.occurrences(directive);
    const keys = new Map<string, Place>();
    if (nodes.length === 0) {
      const address: Address = { kind: 'tcp', host: '0.0.0.0', port: defaultPort };
      keys.set(this.#enter(address, PLAIN_LISTEN, server, server), server);
    }
    for (const node of nodes) {
      const listen = parseNode<ListenArgument>(directive, node, scope, this.#problems);
      for (const address of listen?.addresses ?? []) {
        const key = formatAddress(address);
        const first = keys.get(key);
        if (first !== undefined) {
          this.#problems.emerg(node, `a duplicate listen ${key}`, firstAt(first, node));
        } else if (listen !== undefined) {
          keys.set(this.#enter(address, listen, node, server), node);
        }
      }
    }
    return [...keys.keys()];
  }

  #enter(address: Address, listen: ListenOptions, place: Place, server: Place): string {
    const key = formatAddress(address);
    const known = this.#all.get(key);
    const { backlog, ipv6Only } = listen;
    const socketOptions = listen.socketOptions ?? known?.socketOptions;
    const setsOptions =
      backlog !== undefined || ipv6Only !== undefined || listen.socketOptions !== undefined;
    if (known?.hasOptions === true && setsOptions) {
      const message = `duplicate listen options for ${key}`;
      this.#problems.emerg(place, message, firstAt(known.place, place));
    }
    this.#all.set(key, {
      key,
      address,
      backlog: backlog ?? known?.backlog ?? DEFAULT_BACKLOG,
      ipv6Only: ipv6Only ?? known?.ipv6Only ?? true,
      ...(socketOptions === undefined ? {} : { socketOptions }),
      place: known?.place ?? placeOf(place),
      hasOptions: known?.hasOptions === true || setsOptions,
    });
    this.#enterDefault(key, listen.isDefault, place, server);
    return key;
  }

  /** The first server of an address is its default, unless another says that it is. */
  #enterDefault(key: string, isExplicit: boolean, place: Place, server: Place): void {
    const before = this.#defaults.get(key);
    if (before?.isExplicit === true && isExplicit) {
      const message = `a duplicate default server for ${key}`;
      this.#problems.emerg(place, message, firstAt(before.place, place));
    } else if (before === undefined || isExplicit) {
      this.#defaults.set(key, { server, place, isExplicit });
    }
  }

  /** Warns of names that an earlier server of the same address has: they never match. */
  claimNames(keys: readonly string[], names: readonly ServerNameAt[]): void {
    for (const key of keys) {
      const claimed = this.#names.get(key) ?? new ClaimedNames();
      this.#names.set(key, claimed);
      for (const { name, pattern, place } of names) {
        if (pattern !== undefined) continue;
        const first = claimed.places.get(name);
        claimed.places.set(name, first ?? place);
        if (claimed.table.addKey(name, 0) !== 'conflict') continue;
        const message = `conflicting server name "${name}" on ${key}, ignored`;
        const advice = first === undefined ? undefined : firstAt(first, place);
        this.#problems.warn(place, message, advice);
      }
    }
  }
}

/** The names of one address. */
class ClaimedNames {
  readonly table = new MapTable();
  readonly places = new Map<string, Place>();

  constructor() {
    this.table.useHostnames();
  }
}
