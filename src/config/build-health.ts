/** `health_check` of a location, with the `match` block it names → what is checked, and how. */
import { PRODUCT, VERSION } from '#src/base/version.ts';
import type { ProxySettings } from '#src/proxy/directives.ts';
import type { Handler } from '#src/routing/model.ts';
import type { Problems } from '#src/schema/problem.ts';
import { compileSettings, parseNode, type Scope } from '#src/schema/scope.ts';
import { didYouMean } from '#src/schema/suggestion.ts';
import { type ConfigNode, placeOfWord } from '#src/schema/tree.ts';
import type { CheckArgument } from '#src/upstream/health/check-argument.ts';
import type { CheckConfig, MatchConfig } from '#src/upstream/health/check-config.ts';
import { healthDirectives, matchDirectives } from '#src/upstream/health/directives.ts';
import { parseLocalAddress } from '#src/upstream/local-address.ts';
import type { LocationContext } from './build-servers.ts';
import { firstAt } from './check.ts';

/** Adds the checks of a location to those of the context. */
export function buildHealthChecks(
  scope: Scope,
  handler: Handler,
  proxy: ProxySettings,
  context: LocationContext,
): void {
  if (scope.context !== 'location') return;
  const { healthChecks, problems, upstreams } = context;
  for (const node of scope.own(healthDirectives.checks.name)) {
    const check = parseNode<CheckArgument>(healthDirectives.checks, node, scope, problems);
    if (check === undefined) continue;
    const match = matchOf(check, node, scope, problems);
    const id = handler.kind === 'proxy' ? handler.upstream : undefined;
    const upstream = id === undefined ? undefined : upstreams.all[id];
    if (
      id === undefined ||
      upstream === undefined ||
      upstream.implicit ||
      handler.kind !== 'proxy'
    ) {
      const advice = 'write "proxy_pass http://NAME;" with the name of an "upstream" beside it';
      problems.emerg(node, '"health_check" has no upstream to check', advice);
      continue;
    }
    if (match === undefined) continue;
    const name = nameOf(check);
    const known = healthChecks.filter((other) => other.upstream === id);
    const config: CheckConfig = {
      upstream: id,
      name,
      ...settingsOf(check),
      match,
      request: check.kind === 'tcp' ? '' : requestOf(check, handler.hostHeader, proxy),
      connectTimeoutMs: proxy.connectTimeoutMs,
      answerTimeoutMs: proxy.readTimeoutMs,
      local: localOf(proxy),
      place: { file: node.file, line: node.line, column: node.column },
    };
    const same = known.filter((other) => other.name === name || other.name.startsWith(`${name} #`));
    healthChecks.push(
      same.length === 0 ? config : { ...config, name: `${name} #${same.length + 1}` },
    );
  }
}

/** Reports what is wrong with `match` blocks, those that nothing uses as well. */
export function checkMatches(http: Scope, problems: Problems): void {
  const firsts = new Map<string, ConfigNode>();
  for (const node of http.own(healthDirectives.matches.name)) {
    const name = node.words[0]?.text ?? '';
    const first = firsts.get(name);
    if (first !== undefined) {
      problems.emerg(node, `duplicate match "${name}"`, firstAt(first, node));
      continue;
    }
    firsts.set(name, node);
    if (node.block?.length === 0) problems.emerg(node, `match "${name}" has no tests`);
  }
}

/** Null without a `match=`; undefined after reporting why there is none. */
function matchOf(
  check: CheckArgument,
  node: ConfigNode,
  scope: Scope,
  problems: Problems,
): MatchConfig | null | undefined {
  const { kind, match: word } = check;
  if (word === undefined) return null;
  const http = enclosing(scope, 'http');
  const blocks = http?.own(healthDirectives.matches.name) ?? [];
  const block = blocks.find(({ words }) => words[0]?.text === word.text);
  if (http === undefined || block?.block === undefined) {
    const names = blocks.map(({ words }) => words[0]?.text ?? '');
    const message = `match "${word.text}" is not found`;
    problems.emerg(placeOfWord(node, word), message, didYouMean(word.text, names));
    return undefined;
  }
  const inside = http.inside('match', block);
  const settings = compileSettings(matchDirectives, inside, problems);
  const foreign = block.block.find(({ name }) => {
    return TCP_TESTS.includes(name) ? kind === 'http' : kind === 'tcp';
  });
  if (foreign !== undefined) {
    const message = `"health_check" with match "${word.text}" cannot do "${foreign.name}"`;
    const advice =
      kind === 'http' ? '"send" and "expect" are for "type=tcp"' : '"type=tcp" gets no HTTP answer';
    problems.emerg(placeOfWord(node, word), message, advice);
    return undefined;
  }
  return {
    name: word.text,
    status: settings.status ?? null,
    headers: settings.headers,
    bodies: settings.bodies,
    degraded: settings.degraded,
    required: settings.required.flat(),
    send: settings.send ?? '',
    expect: settings.expect ?? null,
  };
}

const TCP_TESTS: readonly string[] = [matchDirectives.send.name, matchDirectives.expect.name];

function enclosing(scope: Scope, context: Scope['context']): Scope | undefined {
  let found: Scope | undefined = scope;
  while (found !== undefined && found.context !== context) found = found.parent;
  return found;
}

/** The same in the next generation, unless the check has become another one. */
function nameOf({ kind, match, port, uri }: CheckArgument): string {
  const what = kind === 'tcp' ? 'tcp' : uri;
  return `${what}${port === 0 ? '' : ` port=${port}`}${match ? ` match=${match.text}` : ''}`;
}

function settingsOf({ match: _, uri: _uri, ...rest }: CheckArgument) {
  return rest;
}

/** Ours to write, or without meaning in a request that has no body and asks for no protocol. */
const OWN_FIELDS = [
  'connection',
  'upgrade',
  'content-length',
  'transfer-encoding',
  'te',
  'trailer',
  'expect',
];

/**
 * As the location would send it, as far as that is known without a request: fields with variables
 * are empty then, as in nginx, and left out; Host is what it is without a directive.
 */
function requestOf(check: CheckArgument, hostHeader: string, proxy: ProxySettings): string {
  const fields = new Map<string, string>([
    ['Host', hostHeader],
    ['User-Agent', `${PRODUCT}/${VERSION} (health check)`],
  ]);
  for (const [name, { constant }] of proxy.setHeaders) {
    const lower = name.toLowerCase();
    if (OWN_FIELDS.includes(lower)) continue;
    if (lower === 'host' && (constant === undefined || constant === '')) continue;
    for (const known of fields.keys()) if (known.toLowerCase() === lower) fields.delete(known);
    if (constant !== undefined && constant !== '') fields.set(name, constant);
  }
  const isOld = proxy.httpVersion === '1.0';
  if (check.keepaliveMs === 0) fields.set('Connection', 'close');
  else if (isOld) fields.set('Connection', 'keep-alive');
  const lines = [...fields].map(([name, value]) => `${name}: ${value}\r\n`);
  return `GET ${check.uri} HTTP/1.${isOld ? 0 : 1}\r\n${lines.join('')}\r\n`;
}

function localOf({ bind }: ProxySettings): CheckConfig['local'] {
  // Transparent addresses belong to clients.
  if (bind === undefined || bind === 'off' || bind.isTransparent) return null;
  const { constant } = bind.address;
  return (constant === undefined ? undefined : parseLocalAddress(constant)) ?? null;
}
