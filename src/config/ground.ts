/** What a tree is compiled with, in the master and, once more, in each thread. */
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import type { Clock } from '#src/base/clock.ts';
import type { FunctionHost } from '#src/functions/function-host.ts';
import { routingBlocks } from '#src/routing/directives.ts';
import type { ParseTools } from '#src/schema/directive.ts';
import type { Place, Problems } from '#src/schema/problem.ts';
import { compileSettings, Scope } from '#src/schema/scope.ts';
import {
  type PatternCompiler,
  VariableCompiler,
  type VariableWatch,
} from '#src/variables/compiler.ts';
import { declareTables } from '#src/variables/table-directives.ts';
import { declareFunctions } from './build-functions.ts';
import { errorLogDirectives, eventsDirectives, mainDirectives } from './main-directives.ts';
import type { MainSettings, Model } from './model.ts';
import type { ConfigTree } from './tree.ts';

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
  /** Of regular expressions. */
  readonly compilePattern: PatternCompiler;
  readonly problems: Problems;
  readonly watch?: VariableWatch | undefined;
  readonly onMapEntry?: ((place: Place) => void) | undefined;
}

/** Makes all variables known: whatever uses one may stand before the block that defines it. */
export function layGround(
  tree: ConfigTree,
  facts: Pick<Model, 'settableNames' | 'changesAddresses'>,
  { clock, compilePattern, functions, problems, watch, onMapEntry }: GroundOptions,
): Ground {
  const { changesAddresses: changesAddress, settableNames: names } = facts;
  const environment = { clock, hostname: hostname(), pid: process.pid, changesAddress };
  const variables = new VariableCompiler(environment, compilePattern, watch);
  variables.expect(names);
  const tools = parseTools(tree, variables, functions, compilePattern);
  const scope = Scope.main(tree.nodes, onMapEntry === undefined ? tools : { ...tools, onMapEntry });
  const node = scope.own(routingBlocks.http.name)[0];
  if (node === undefined) return { scope, http: undefined, variables };
  const http = scope.inside('http', node);
  declareFunctions(http, variables, functions, problems);
  declareTables(http, variables, problems);
  return { scope, http, variables };
}

function parseTools(
  tree: ConfigTree,
  variables: VariableCompiler,
  functions: FunctionHost,
  compilePattern: PatternCompiler,
): ParseTools {
  const { patterns } = variables;
  return {
    ...(patterns === undefined ? {} : { compilePattern: patterns }),
    patternProblem: (source, caseless) => {
      const compiled = compilePattern(source, { caseless });
      return 'problem' in compiled ? compiled.problem : undefined;
    },
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
