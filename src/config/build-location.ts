/** One `location` (or the level of a `server`) with everything that holds in it. */

import type { Exchange } from '#src/exchange/exchange.ts';
import { functionHandlerDirectives } from '#src/functions/directives.ts';
import { clientDirectives } from '#src/listeners/http/directives.ts';
import { proxyDirectives, proxyPassDirectives } from '#src/proxy/directives.ts';
import type { ProxyPassArgument } from '#src/proxy/proxy-arguments.ts';
import type { Rewrite } from '#src/proxy/rewriting-arguments.ts';
import {
  type ContentSettings,
  contentDirectives,
  errorPageDirectives,
  handlerDirectives,
} from '#src/routing/directives.ts';
import type {
  ApiHandler,
  Handler,
  Location,
  LocationMatch,
  ProxyHandler,
  ReturnHandler,
} from '#src/routing/model.ts';
import type { Step } from '#src/routing/rewrite-steps.ts';
import { DEFAULT_TYPES } from '#src/routing/types-argument.ts';
import type { ComplexValue } from '#src/schema/complex-value.ts';
import type { Directive, ParseTools } from '#src/schema/directive.ts';
import { type Place, Problems, placeOf } from '#src/schema/problem.ts';
import { compileSettings, parseNode, type Scope } from '#src/schema/scope.ts';
import { type ConfigNode, placeOfWord } from '#src/schema/tree.ts';
import { answeringSettings, buildRedirects, checkOffStandsAlone } from './build-answers.ts';
import { buildDeadline } from './build-deadline.ts';
import { buildErrorPages } from './build-error-pages.ts';
import { buildExplain } from './build-explain.ts';
import { buildFunctions } from './build-functions.ts';
import { buildHealthChecks } from './build-health.ts';
import { buildErrorLogs, buildLog } from './build-logs.ts';
import { buildRealIp } from './build-real-ip.ts';
import { type BuildIf, buildSteps, rewritesOf } from './build-rewrites.ts';
import { buildRunTimeProxy } from './build-run-time-proxy.ts';
import type { LocationContext } from './build-servers.ts';
import { upstreamOf } from './build-upstreams.ts';

/** Compiles one level. Problems of inherited directives are told once, where they are written. */
export function buildLocation(
  scope: Scope,
  match: LocationMatch,
  outer: Location | undefined,
  place: Place,
  context: LocationContext,
): Location {
  const { problems } = context;
  // An `if` in a location has what is written in it, and the rest of what is around it.
  const buildIf: BuildIf = (inside, node) => {
    if (scope.context !== 'location') return undefined;
    const location = buildLocation(inside, match, outer, node, context);
    return location.handler.kind === 'none' ? { ...location, ...answering() } : location;
  };
  const answering = (): Pick<Location, 'functions' | 'handler' | 'redirects'> => ({
    functions: buildFunctions(scope, client, problems),
    handler: buildHandler(scope, match, [], context),
    redirects: redirectsIn(scope, match, outer, problems),
  });
  const client = answeringSettings(
    compileSettings(clientDirectives, scope, problems),
    scope,
    context.functions,
    problems,
  );
  const proxy = compileSettings(proxyDirectives, scope, problems);
  const content = buildContent(scope, context);
  const log = buildLog(scope, context.logs, problems);
  checkOffStandsAlone(scope, problems);
  const steps = scope.context === 'location-if' ? [] : buildSteps(scope, buildIf, problems);
  const handler = buildHandler(scope, match, steps, context);
  buildHealthChecks(scope, handler, proxy, context);
  // Request paths are strings of one char per byte; so must be what they are compared with.
  const path = Buffer.from(match.path, 'utf8').toString('latin1');
  return {
    number: context.numbers.next++,
    match: { ...match, path },
    outer,
    place: placeOf(place),
    handler,
    client,
    content,
    log,
    errorLogs: buildErrorLogs(scope, problems),
    errorPages: buildErrorPages(scope, problems),
    realIp: buildRealIp(scope, problems),
    explain: buildExplain(scope, problems),
    isInternal:
      outer?.isInternal === true || scope.own(errorPageDirectives.internal.name).length > 0,
    proxy,
    deadline: buildDeadline(proxy),
    functions: buildFunctions(scope, client, problems),
    rewrites: handler.kind === 'return' ? undefined : rewritesOf(steps, scope, problems),
    redirects: redirectsIn(scope, match, outer, problems),
    setRate: setRateOf(scope),
    via: proxy.via === 'on' ? context.pseudonym : proxy.via === 'off' ? '' : proxy.via,
  };
}

function passIn(scope: Scope, problems: Problems): ProxyPassArgument | undefined {
  const node = ownNode(scope, proxyPassDirectives.pass);
  return node && parseNode<ProxyPassArgument>(proxyPassDirectives.pass, node, scope, problems);
}

/** Of each configuration: whether it gives `$limit_rate` a value is one answer for all locations. */
const setRates = new WeakMap<ParseTools, { readonly value: ComplexValue<Exchange> | undefined }>();

function setRateOf({ tools }: Scope): ComplexValue<Exchange> | undefined {
  let known = setRates.get(tools);
  if (known === undefined) {
    const nowhere = { file: '', line: 0, column: 0 };
    // The name is known exactly when something sets it.
    const value = tools.compileComplex('$limit_rate', nowhere, new Problems());
    known = { value: value as ComplexValue<Exchange> | undefined };
    setRates.set(tools, known);
  }
  return known.value;
}

function redirectsIn(
  scope: Scope,
  match: LocationMatch,
  outer: Location | undefined,
  problems: Problems,
): readonly Rewrite[] {
  let around: readonly Rewrite[] = [];
  if (scope.context === 'location-if' && scope.parent !== undefined) {
    around = redirectsIn(scope.parent, match, outer, problems);
  }
  for (let at = outer; at !== undefined && around.length === 0; at = at.outer) {
    around = at.redirects;
  }
  return buildRedirects(scope, match, passIn(scope, problems), around, problems);
}

function buildContent(scope: Scope, { problems }: LocationContext): ContentSettings {
  const { defaultType, types } = compileSettings(contentDirectives, scope, problems);
  if (types.length === 0) return { defaultType, types: DEFAULT_TYPES };
  return { defaultType, types: new Map(types.flatMap((map) => [...map])) };
}

function buildHandler(
  scope: Scope,
  match: LocationMatch,
  steps: readonly Step[],
  context: LocationContext,
): Handler {
  const { problems } = context;
  const pass = ownNode(scope, proxyPassDirectives.pass);
  const stub = ownNode(scope, handlerDirectives.stubStatus);
  const json = ownNode(scope, handlerDirectives.statusJson);
  const api = ownNode(scope, handlerDirectives.api);
  const own = ownNode(scope, functionHandlerDirectives.handler);
  const [first, second] = [pass, own, stub, json, api].filter((node) => node !== undefined);
  if (first !== undefined && second !== undefined) {
    const message = `"${second.name}" and "${first.name}" cannot both answer here`;
    problems.emerg(second, message, `"${first.name}" is in line ${first.line}`);
  }
  // Compiled even where `return` wins, for the problems it may have.
  const proxy = pass === undefined ? undefined : buildProxy(pass, scope, match, context);
  // What nothing comes before needs no step, unless it comes before all locations of a server.
  const [step] = steps;
  if (step?.kind === 'return' && scope.context !== 'server')
    return winningReturn(step.handler, first, context);
  if (proxy !== undefined) return proxy;
  if (own !== undefined) return { kind: 'function' };
  if (stub !== undefined) return { kind: 'status', format: 'stub' };
  if (json !== undefined) return { kind: 'status', format: 'json' };
  if (api !== undefined) {
    const handler = parseNode<ApiHandler>(handlerDirectives.api, api, scope, problems);
    return handler ?? { kind: 'none' };
  }
  return { kind: 'none' };
}

function ownNode(scope: Scope, directive: Directive): ConfigNode | undefined {
  return scope.occurrences(directive)[0];
}

/** As in nginx, `return` comes before whatever else would answer. */
function winningReturn(
  answer: ReturnHandler,
  loser: ConfigNode | undefined,
  { problems }: LocationContext,
): ReturnHandler {
  if (loser !== undefined) {
    problems.warn(loser, `"${loser.name}" is never reached`, '"return" answers before it');
  }
  return answer;
}

function buildProxy(
  node: ConfigNode,
  scope: Scope,
  match: LocationMatch,
  { upstreams, problems }: LocationContext,
): ProxyHandler | undefined {
  const pass = parseNode<ProxyPassArgument>(proxyPassDirectives.pass, node, scope, problems);
  if (pass === undefined) return undefined;
  if (pass.url !== undefined) return buildRunTimeProxy(pass, scope, upstreams, node, problems);
  const upstream = upstreamOf(pass, upstreams, scope, { node, problems, tools: scope.tools });
  const prefixless = prefixlessKind(scope, match);
  if (pass.uri !== undefined && prefixless !== undefined) {
    const message = `"proxy_pass" cannot have a URI in ${prefixless}`;
    problems.emerg(placeOfWord(node, pass.word), message, 'no prefix of the path was matched');
    return undefined;
  }
  if (upstream === undefined) return undefined;
  const { authority } = pass;
  const uri = pass.uri === undefined ? undefined : Buffer.from(pass.uri, 'utf8').toString('latin1');
  if (authority.startsWith('unix:')) {
    return { kind: 'proxy', upstream, target: undefined, uri, hostHeader: 'localhost', port: '' };
  }
  // nginx leaves the default port out of $proxy_host.
  const port = /:(\d+)$/.exec(authority)?.[1] ?? '80';
  const hostHeader = authority.replace(/:(80)?$/, '');
  return { kind: 'proxy', upstream, target: undefined, uri, hostHeader, port };
}

/** What the block is when it has no prefix that a URI could replace; nginx counts `if` among them. */
function prefixlessKind({ context }: Scope, { kind }: LocationMatch): string | undefined {
  if (kind === 'named') return 'a named location';
  if (kind === 'regex') return 'a location by regular expression';
  return context === 'location-if' ? 'an "if"' : undefined;
}
