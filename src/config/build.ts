/** The tree → the model that runs: contexts, inheritance, defaults, all problems at once. Pure. */
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { type Clock, SystemClock } from '#src/base/clock.ts';
import { FunctionHost } from '#src/functions/function-host.ts';
import { compilePattern } from '#src/pattern/pattern.ts';
import { routingBlocks } from '#src/routing/directives.ts';
import type { ParseTools } from '#src/schema/directive.ts';
import { type Place, type Problem, Problems } from '#src/schema/problem.ts';
import { compileSettings, Scope } from '#src/schema/scope.ts';
import type { ConfigNode } from '#src/schema/tree.ts';
import { VariableCompiler, type VariableWatch } from '#src/variables/compiler.ts';
import { declareTables } from '#src/variables/table-directives.ts';
import { checkDeadlines } from './build-deadline.ts';
import { explainsAnywhere } from './build-explain.ts';
import { declareFunctions } from './build-functions.ts';
import { checkMatches } from './build-health.ts';
import { changesAddresses } from './build-real-ip.ts';
import { buildServers, type Served } from './build-servers.ts';
import { buildUpstreams, UpstreamList } from './build-upstreams.ts';
import { checkBlock } from './check.ts';
import { errorLogDirectives, eventsDirectives, mainDirectives } from './main-directives.ts';
import type { MainSettings, Model } from './model.ts';
import { settableNames } from './settable-names.ts';
import type { ConfigTree } from './tree.ts';

/** What `buildModel` makes of a tree. */
export interface BuiltModel {
  /** Undefined exactly when a problem is an `emerg`. */
  readonly model: Model | undefined;
  readonly problems: readonly Problem[];
}

/** Called with a checked tree that has no fatal problem: what else there is to say about it. */
export type Inspect = (main: Scope, problems: Problems) => void;

/**
 * Checks a tree and compiles it. `clock` is what `$request_time` and its like read: a thread gives
 * the one that stamps its exchanges, and `functions` that can be called. `watch` is told of every
 * variable that is read, `onMapEntry` of every line of a `map` that has given a value.
 */
export function buildModel(
  tree: ConfigTree,
  clock: Clock = new SystemClock(),
  inspect?: Inspect,
  functions = new FunctionHost(tree.program?.functions ?? []),
  watch?: VariableWatch,
  onMapEntry?: (place: Place) => void,
): BuiltModel {
  const problems = new Problems();
  const facts = {
    settableNames: [...settableNames(tree.nodes)],
    changesAddresses: changesAddresses(tree.nodes),
    explains: explainsAnywhere(tree.nodes, problems),
  };
  checkDeadlines(tree.nodes, problems);
  const options = { clock, functions, problems, watch, onMapEntry };
  const { http, scope, variables } = layGround(tree, facts, options);
  checkBlock(scope, problems);
  const main = buildMain(scope, tree, problems);
  const upstreams = new UpstreamList();
  let served: Served = NOTHING_SERVED;
  if (http === undefined) {
    const advice = 'without one there is nothing to serve';
    problems.warn({ file: tree.file, line: 0, column: 0 }, 'no "http" section', advice);
  } else {
    buildUpstreams(http, upstreams, problems);
    checkMatches(http, problems);
    served = buildServers({ scope: http, upstreams, variables, problems, tree, functions });
  }
  if (!problems.isFatal) inspect?.(scope, problems);
  if (problems.isFatal) return { model: undefined, problems: problems.list };
  const model = { main, ...served, upstreams: upstreams.all, ...facts, hash: hashOf(tree) };
  return { model, problems: problems.list };
}

const NOTHING_SERVED: Served = {
  listens: [],
  servers: [],
  healthChecks: [],
  logFiles: [],
  accessLogFiles: [],
  errorLogFiles: [],
  tempDirectories: [],
};

/** What everything else is compiled with. */
interface Ground {
  readonly scope: Scope;
  /** The scope of the block `http`; undefined without one. */
  readonly http: Scope | undefined;
  readonly variables: VariableCompiler;
}

/** For `layGround`; as for `buildModel`. */
interface GroundOptions {
  readonly clock: Clock;
  readonly functions: FunctionHost;
  readonly problems: Problems;
  readonly watch?: VariableWatch | undefined;
  readonly onMapEntry?: ((place: Place) => void) | undefined;
}

/** Makes all variables known: whatever uses one may stand before the block that defines it. */
export function layGround(
  tree: ConfigTree,
  facts: Pick<Model, 'settableNames' | 'changesAddresses'>,
  { clock, functions, problems, watch, onMapEntry }: GroundOptions,
): Ground {
  const { changesAddresses: changesAddress, settableNames: names } = facts;
  const environment = { clock, hostname: hostname(), pid: process.pid, changesAddress };
  const variables = new VariableCompiler(environment, compilePattern, watch);
  variables.expect(names);
  const tools = parseTools(tree, variables, functions);
  const scope = Scope.main(tree.nodes, onMapEntry === undefined ? tools : { ...tools, onMapEntry });
  const node = scope.own(routingBlocks.http.name)[0];
  if (node === undefined) return { scope, http: undefined, variables };
  const http = scope.inside('http', node);
  declareFunctions(http, variables, functions, problems);
  declareTables(http, variables, problems);
  return { scope, http, variables };
}

/** First 12 hex digits of a SHA-256 over what the files say, comments and spacing apart. */
export function hashOf(tree: ConfigTree): string {
  const parts: string[] = [];
  addParts(tree.nodes, parts);
  for (const { text } of tree.program?.modules ?? []) parts.push(text);
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 12);
}

/** Names and words; what ends a directive or a block is no word that can be written. */
function addParts(nodes: readonly ConfigNode[], parts: string[]): void {
  for (const { name, words, block } of nodes) {
    parts.push(name);
    for (const { text } of words) parts.push(text);
    if (block === undefined) {
      parts.push('\0;');
      continue;
    }
    parts.push('\0{');
    addParts(block, parts);
    parts.push('\0}');
  }
}

function parseTools(
  tree: ConfigTree,
  variables: VariableCompiler,
  functions: FunctionHost,
): ParseTools {
  const { patterns } = variables;
  return {
    ...(patterns === undefined ? {} : { compilePattern: patterns }),
    compileComplex: (text, place, problems) => variables.compile(text, place, problems),
    slotOf: (name, place, problems) => variables.slotOf(name, place, problems),
    functionAt: (path) => functions.find(path),
    resolvePath: (path) => resolve(tree.prefix, path),
    resolveHost: (name) => (Object.hasOwn(tree.hosts, name) ? (tree.hosts[name] ?? []) : []),
  };
}

/** What stands outside of `http`. */
export function buildMain(scope: Scope, tree: ConfigTree, problems: Problems): MainSettings {
  const settings = compileSettings(mainDirectives, scope, problems);
  const [eventsNode] = scope.own('events');
  const eventsScope = eventsNode === undefined ? scope : scope.inside('events', eventsNode);
  const events = compileSettings(eventsDirectives, eventsScope, problems);
  const { user } = settings;
  const place = scope.placeOf(mainDirectives.user);
  return {
    ...settings,
    ...events,
    user: user === undefined || place === undefined ? undefined : { ...user, place },
    errorLogs: buildErrorLogs(scope, tree.errorLog, problems),
  };
}

/** Where lines go that are about no request. */
function buildErrorLogs(main: Scope, path: string, problems: Problems): MainSettings['errorLogs'] {
  const { errorLogs } = compileSettings(errorLogDirectives, main, problems);
  return errorLogs.length === 0 ? [{ target: path, level: 'error' }] : errorLogs;
}
