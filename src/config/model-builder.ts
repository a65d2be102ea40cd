/** The tree → the model that runs: contexts, inheritance, defaults, all problems at once. Pure. */
import { type Clock, SystemClock } from '#src/base/clock.ts';
import { FunctionHost } from '#src/functions/function-host.ts';
import { type Place, type Problem, Problems } from '#src/schema/problem.ts';
import type { Scope } from '#src/schema/scope.ts';
import type { PatternCompiler, VariableWatch } from '#src/variables/compiler.ts';
import { checkDeadlines } from './build-deadline.ts';
import { explainsAnywhere } from './build-explain.ts';
import { checkMatches } from './build-health.ts';
import { changesAddresses } from './build-real-ip.ts';
import { buildServers, type Served } from './build-servers.ts';
import { buildUpstreams, UpstreamList } from './build-upstreams.ts';
import { checkBlock } from './check.ts';
import { buildMain, layGround } from './ground.ts';
import type { Model } from './model.ts';
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

/** What is loaded only where it is needed (build.ts has all of it). */
export interface ModelTools {
  /** Of regular expressions. */
  readonly compilePattern: PatternCompiler;
  /** Takes cryptography. */
  identify(tree: ConfigTree): Identity;
}

/** What tells configurations, and instances, apart. */
export type Identity = Pick<Model, 'hash' | 'pseudonym'>;

/**
 * Checks a tree and compiles it. `clock` is what `$request_time` and its like read: a thread gives
 * the one that stamps its exchanges, and `functions` that can be called. `watch` is told of every
 * variable that is read, `onMapEntry` of every line of a `map` that has given a value.
 */
export function buildModelWith(
  { compilePattern, identify }: ModelTools,
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
  const identity = identify(tree);
  const { pseudonym } = identity;
  let hasPatterns = false;
  const compile: PatternCompiler = (...what) => {
    hasPatterns = true;
    return compilePattern(...what);
  };
  const options = { clock, compilePattern: compile, functions, problems, watch, onMapEntry };
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
    served = buildServers({
      scope: http,
      upstreams,
      variables,
      problems,
      tree,
      functions,
      pseudonym,
    });
  }
  if (!problems.isFatal) inspect?.(scope, problems);
  if (problems.isFatal) return { model: undefined, problems: problems.list };
  const known = { ...facts, hasPatterns, ...identity };
  const model = { main, ...served, upstreams: upstreams.all, ...known };
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
