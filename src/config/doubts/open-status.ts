/** Pages about the edge itself that everybody can read. */
import type { Address } from '#src/base/address.ts';
import { type ListenArgument, listenDirectives } from '#src/listeners/http/directives.ts';
import { handlerDirectives } from '#src/routing/directives.ts';
import type { Problems } from '#src/schema/problem.ts';
import { parseNode, type Scope } from '#src/schema/scope.ts';
import type { ConfigNode } from '#src/schema/tree.ts';

const { api, stubStatus, statusJson } = handlerDirectives;

/** What may keep somebody out; what exactly it does is not looked at. */
const GUARDS: ReadonlySet<string> = new Set(['allow', 'deny', 'auth_basic', 'auth_request']);

/** Warns of status pages, and of the API, of a server that listens on every address, when nothing guards them. */
export function doubtOpenStatus(scope: Scope, problems: Problems): void {
  for (const { name } of [stubStatus, statusJson, api]) {
    const [node] = scope.own(name);
    if (node === undefined || isGuarded(scope)) continue;
    const writes = name === api.name && node.words[0]?.text === 'write=on';
    if (writes && listensBeyond(scope, problems)) {
      const message = 'nothing says who may change upstreams by "api write=on"';
      const advice =
        'access rules (allow, deny) are not built yet: changes are taken from this machine only';
      problems.warn(node, message, advice);
    }
    const listen = openListen(scope, problems);
    if (listen === undefined) continue;
    const message = `"${name}" is open to everybody: ${listen}`;
    problems.warn(node, message, 'put it into a server of its own that listens on 127.0.0.1');
  }
}

function isGuarded(scope: Scope): boolean {
  if (scope.own('internal').length > 0) return true;
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
    if (level.nodes.some((node) => GUARDS.has(node.name) || isRefusal(node))) return true;
  }
  return false;
}

/** `if (…) { return 403; }` */
function isRefusal({ name, block = [] }: ConfigNode): boolean {
  return name === 'if' && block.some((inner) => inner.name === 'return');
}

/** How its server listens on all addresses; undefined when it does not. */
function openListen(scope: Scope, problems: Problems): string | undefined {
  const server = serverOf(scope);
  if (server === undefined) return undefined;
  const directive = listenDirectives.listens;
  const nodes = server.occurrences(directive);
  if (nodes.length === 0) return 'its server has no "listen", and so listens on every address';
  for (const node of nodes) {
    const listen = parseNode<ListenArgument>(directive, node, server, problems);
    if (listen?.addresses.some(isWildcard) === true)
      return `"listen ${node.words[0]?.text}" means every address`;
  }
  return undefined;
}

/** Whether somebody on another machine may reach its server. */
function listensBeyond(scope: Scope, problems: Problems): boolean {
  const server = serverOf(scope);
  if (server === undefined) return false;
  const directive = listenDirectives.listens;
  const nodes = server.occurrences(directive);
  if (nodes.length === 0) return true;
  return nodes.some((node) => {
    const listen = parseNode<ListenArgument>(directive, node, server, problems);
    return listen?.addresses.some((address) => !isHere(address)) ?? false;
  });
}

function isHere(address: Address): boolean {
  if (address.kind === 'unix') return true;
  return address.host === '::1' || address.host.startsWith('127.');
}

function serverOf(scope: Scope): Scope | undefined {
  let server: Scope | undefined = scope;
  while (server !== undefined && server.context !== 'server') server = server.parent;
  return server;
}

function isWildcard(address: Address): boolean {
  return address.kind === 'tcp' && (address.host === '0.0.0.0' || /^[0:]+$/.test(address.host));
}
