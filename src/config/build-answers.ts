/** What a level says about the fields of answers: `add_header` and `proxy_redirect`. */
import type { AddedField } from '#src/exchange/added-fields.ts';
import { makesRoomFor } from '#src/exchange/added-trailers.ts';
import type { Exchange } from '#src/exchange/exchange.ts';
import { functionDirectives } from '#src/functions/directives.ts';
import type { FunctionHost } from '#src/functions/function-host.ts';
import { responseFilter } from '#src/functions/response-filter.ts';
import type { ClientSettings } from '#src/listeners/http/directives.ts';
import { answerDirectives } from '#src/proxy/answer-directives.ts';
import { proxyPassDirectives } from '#src/proxy/directives.ts';
import { faultDirectives } from '#src/proxy/fault-directives.ts';
import type { ProxyPassArgument } from '#src/proxy/proxy-arguments.ts';
import type {
  AddHeaderArgument,
  Rewrite,
  RewriteArgument,
} from '#src/proxy/rewriting-arguments.ts';
import type { LocationMatch } from '#src/routing/model.ts';
import type { ComplexValue } from '#src/schema/complex-value.ts';
import type { Problems } from '#src/schema/problem.ts';
import { compileSettings, Keeper, parseNode, type Scope } from '#src/schema/scope.ts';

/** Settings of the client side, with what `add_header` and `add_trailer` add. */
export type AnsweringSettings = ClientSettings & {
  readonly addedFields?: readonly AddedField[];
  readonly addedTrailers?: readonly AddedField[];
};

const NONE: readonly AddedField[] = [];
/** Of each level that has some, so that the locations below share them. */
const ADDED = new Keeper<readonly AddedField[]>();
const TRAILERS = new Keeper<readonly AddedField[]>();
/** Settings with added fields, by both: thousands of locations inherit the same. */
const withAdded = new WeakMap<ClientSettings, Map<readonly AddedField[], AnsweringSettings>>();

/** The settings, together with the fields that hold in the scope. */
export function answeringSettings(
  client: ClientSettings,
  scope: Scope,
  functions: FunctionHost,
  problems: Problems,
): AnsweringSettings {
  const headers = addedIn(scope, answerDirectives.addedFields, problems);
  const addedTrailers = addedIn(scope, answerDirectives.addedTrailers, problems);
  const addedFields = withFilters(headers, scope, functions, problems);
  if (addedTrailers.length > 0) {
    const all = [...addedFields, makesRoomFor(addedTrailers)];
    return Object.freeze({ ...client, addedFields: all, addedTrailers });
  }
  if (addedFields.length === 0) return client;
  const byAdded = withAdded.get(client) ?? new Map<readonly AddedField[], AnsweringSettings>();
  withAdded.set(client, byAdded);
  const settings = byAdded.get(addedFields) ?? Object.freeze({ ...client, addedFields });
  byAdded.set(addedFields, settings);
  return settings;
}

/** In front of them what `response_filter` does; the same array where there is none. */
function withFilters(
  added: readonly AddedField[],
  scope: Scope,
  functions: FunctionHost,
  problems: Problems,
): readonly AddedField[] {
  const { responseFilters } = compileSettings(functionDirectives, scope, problems);
  if (responseFilters.length === 0) return added;
  return [...responseFilters.map((ref) => responseFilter(ref, functions)), ...added];
}

/** nginx 1.29.3: the own ones, and behind them those of the level above when they are inherited. */
function addedIn(
  scope: Scope,
  directive: AddingDirective,
  problems: Problems,
): readonly AddedField[] {
  const isHeader = directive === answerDirectives.addedFields;
  const keeper = isHeader ? ADDED : TRAILERS;
  const known = scope.kept(keeper);
  if (known !== undefined) return known;
  const inherit = isHeader ? answerDirectives.addedInherit : answerDirectives.addedTrailersInherit;
  const own = scope
    .own(directive.name)
    .map((node) => parseNode<AddHeaderArgument>(directive, node, scope, problems))
    .filter((field) => field !== undefined);
  const [node] = scope.occurrences(inherit);
  const mode = node === undefined ? 'on' : parseNode<string>(inherit, node, scope, problems);
  const inherits = mode === 'merge' || (mode === 'on' && own.length === 0);
  const { parent } = scope;
  const above = inherits && parent !== undefined ? addedIn(parent, directive, problems) : NONE;
  return own.length === 0 ? above : scope.keep(keeper, [...own, ...above]);
}

type AddingDirective = typeof answerDirectives.addedFields | typeof answerDirectives.addedTrailers;

/** nginx: `off` stands alone in its level. */
const ALONE_WHEN_OFF = [
  answerDirectives.redirects,
  answerDirectives.cookieDomains,
  answerDirectives.cookiePaths,
  answerDirectives.cookieFlags,
  faultDirectives.faults,
];

/** Reports `off` beside others of its name in the scope. */
export function checkOffStandsAlone(scope: Scope, problems: Problems): void {
  for (const { name } of ALONE_WHEN_OFF) {
    const nodes = scope.own(name);
    const [, second] = nodes;
    if (second === undefined) continue;
    const isOff = nodes.some(({ words }) => words.length === 1 && words[0]?.text === 'off');
    if (isOff) problems.emerg(second, `"${name}" directive is duplicate`, '"off" stands alone');
  }
}

/**
 * The `proxy_redirect`s of a location with that `proxy_pass`; `pass` undefined: it has none.
 * `around`: what holds in the locations around it, whose default is inherited as nginx does.
 */
export function buildRedirects(
  scope: Scope,
  match: LocationMatch,
  pass: ProxyPassArgument | undefined,
  around: readonly Rewrite[],
  problems: Problems,
): readonly Rewrite[] {
  const { redirects: directive } = answerDirectives;
  const nodes = scope.occurrences(directive);
  const passAt = scope.nodes.findIndex(({ name }) => name === proxyPassDirectives.pass.name);
  const rewrites: Rewrite[] = [];
  let isOff = false;
  for (const node of nodes) {
    const value = parseNode<RewriteArgument>(directive, node, scope, problems);
    if (value === 'off') isOff = true;
    else if (value === 'default') {
      const at = scope.nodes.indexOf(node);
      // That of a location around this one means its `proxy_pass` there.
      if (at < 0 && around.length > 0) return pass === undefined ? [] : around;
      if (passAt < 0 || at < passAt) {
        const message =
          '"proxy_redirect default" should be placed after the "proxy_pass" directive';
        problems.emerg(node, message);
      } else if (pass?.url !== undefined) {
        const message = '"proxy_redirect default" cannot be used with "proxy_pass" with variables';
        problems.emerg(node, message, 'write what is to be replaced, or "proxy_redirect off"');
      } else if (pass !== undefined) rewrites.push(defaultRedirect(match, pass));
    } else if (value !== undefined) rewrites.push(value);
  }
  if (pass === undefined || isOff) return [];
  if (nodes.length > 0) return rewrites;
  if (around.length > 0 || pass.url !== undefined) return around;
  return [defaultRedirect(match, pass)];
}

/** The URL of `proxy_pass` becomes the path of the location; without a URI, both are their root. */
function defaultRedirect({ kind, path }: LocationMatch, pass: ProxyPassArgument): Rewrite {
  const url = pass.word.text;
  if (pass.uri === undefined) {
    return { pattern: constant(`${url}/`), regex: undefined, replacement: constant('/') };
  }
  const hasPath = kind === 'exact' || kind === 'prefix';
  return {
    pattern: constant(url),
    regex: undefined,
    replacement: constant(hasPath ? path : ''),
  };
}

function constant(text: string): ComplexValue<Exchange> {
  const bytes = Buffer.from(text, 'utf8').toString('latin1');
  return { constant: bytes, isOfConnection: true, evaluate: () => bytes };
}
