/**
 * A model on its way from the master, which has read, checked and built it, to the threads that serve
 * it. Of thousands of servers a thread meets few at a time, so it is given what tells servers apart,
 * and of each server the nodes: it compiles a server when somebody asks for what is in it.
 */
import type { Clock } from '#src/base/clock.ts';
import { invariant } from '#src/base/invariant.ts';
import type { FunctionHost } from '#src/functions/function-host.ts';
import { routingBlocks, serverDirectives } from '#src/routing/directives.ts';
import type {
  HostName,
  Location,
  ServerContent,
  ServerListen,
  VirtualServer,
} from '#src/routing/model.ts';
import { type Place, Problems } from '#src/schema/problem.ts';
import type { Scope } from '#src/schema/scope.ts';
import type { ConfigNode } from '#src/schema/tree.ts';
import { mapTexts } from '#src/upstream/endpoint/sticky-config.ts';
import type { PolicyConfig, UpstreamConfig } from '#src/upstream/endpoint/upstream-config.ts';
import type { PatternCompiler } from '#src/variables/compiler.ts';
import { buildContent, type LocationContext, locationContext } from './build-servers.ts';
import { UpstreamList } from './build-upstreams.ts';
import { buildMain, layGround } from './ground.ts';
import type { Model } from './model.ts';
import { NodePacker, PackedNodes } from './packed-tree.ts';
import type { ConfigTree } from './tree.ts';

/** What of a model is plain data, and the same for each thread. */
type PlainPart = Omit<Model, 'main' | 'servers'>;

interface Head extends PlainPart {
  /** All but the nodes. */
  readonly tree: Omit<ConfigTree, 'nodes'>;
  readonly texts: readonly string[];
  /** Where the outermost nodes are; `http` is without its servers. */
  readonly outermost: readonly number[];
  readonly servers: readonly PackedServer[];
}

interface PackedServer {
  /** Where its node is. */
  readonly node: number;
  /** As in the model; those that begin with "~" are compiled again. */
  readonly names: readonly string[];
  readonly listens: readonly ServerListen[];
  readonly isLogged: boolean;
  readonly place: Place;
}

/** The length of the head stands in front of it; the nodes are behind it. */
const LENGTH_BYTES = 4;

/** A model that was built of `tree`, with the nodes of its servers. */
export function packModel({ nodes, ...tree }: ConfigTree, model: Model): Buffer {
  const packer = new NodePacker();
  const http = nodes.find(({ name }) => name === routingBlocks.http.name);
  const inHttp = http?.block ?? [];
  const built = inHttp.filter(isServer);
  invariant(built.length === model.servers.length, 'every server of the model has its block');
  const outermost = nodes.map((node) => {
    if (node !== http) return packer.add(node);
    return packer.add({ ...node, block: inHttp.filter((inner) => !isServer(inner)) });
  });
  const servers = model.servers.map(({ isLogged, listens, names, place }, at) => ({
    node: packer.add(built[at] as ConfigNode),
    names: names.map(({ name }) => name),
    listens,
    isLogged,
    place,
  }));
  const { main: _, ...plain } = { ...model, upstreams: model.upstreams.map(withoutCompiled) };
  const head: Head = { ...plain, tree, outermost, servers, texts: packer.texts };
  const text = Buffer.from(JSON.stringify(head));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(text.length);
  return Buffer.concat([length, text, packer.bytes]);
}

/** What is compiled is no data; each thread compiles it again. */
export function withoutCompiled(upstream: UpstreamConfig): UpstreamConfig {
  const { policy, queue, sticky } = upstream;
  const bare = {
    ...upstream,
    policy: { ...policy, key: null },
    sticky: sticky && mapTexts(sticky, ({ text }) => ({ text, value: null })),
  };
  return queue ? { ...bare, queue: { ...queue, priority: null } } : bare;
}

function isServer({ name, block }: ConfigNode): boolean {
  return name === routingBlocks.server.name && block !== undefined;
}

/** What `packModel` gave, in a thread. */
export class PackedModel {
  readonly #head: Head;
  readonly #nodes: PackedNodes;
  /** Of the servers of the model that `open` gave. */
  readonly #places = new WeakMap<VirtualServer, number>();

  /** `bytes` may be memory that threads share; they are read as long as the model is used. */
  constructor(bytes: Buffer) {
    const headEnd = LENGTH_BYTES + bytes.readUInt32LE(0);
    this.#head = JSON.parse(bytes.toString('utf8', LENGTH_BYTES, headEnd)) as Head;
    this.#nodes = new PackedNodes(bytes.subarray(headEnd), this.#head.texts);
  }

  /** Of weir.config.ts. */
  get program(): ConfigTree['program'] {
    return this.#head.tree.program;
  }

  /** There are regular expressions in it. */
  get hasPatterns(): boolean {
    return this.#head.hasPatterns;
  }

  /**
   * The model, with servers that are compiled when what is in them is asked for. `clock` and
   * `functions` as for `buildModel`; where `hasPatterns` is false `compilePattern` is never called.
   */
  open(clock: Clock, functions: FunctionHost, compilePattern: PatternCompiler): Model {
    const { texts: _, outermost, servers, tree: bare, ...plain } = this.#head;
    const nodes = outermost.map((place) => this.#nodes.nodeAt(place));
    const tree = { ...bare, nodes };
    const problems = new Problems();
    const ground = layGround(tree, plain, { clock, compilePattern, functions, problems });
    const main = buildMain(ground.scope, tree, problems);
    const { http, variables } = ground;
    if (http === undefined) return { ...plain, main, servers: [] };
    const keyed = plain.upstreams.map((upstream) => withKey(upstream, http, problems));
    const upstreams = UpstreamList.of(keyed);
    const { pseudonym } = plain;
    const all = { scope: http, upstreams, variables, problems, tree, functions, pseudonym };
    const context = locationContext(all, plain.accessLogFiles);
    const read = (server: PackedServer) => this.#nodes.nodeAt(server.node);
    const waiting = servers.map((server) => {
      const names = server.names.map((name) => nameIn(server, name, context));
      const waiting = new WaitingServer(server, names, () => contentOf(read(server), context));
      this.#places.set(waiting, server.node);
      return waiting;
    });
    mustBeGood(problems);
    return { ...plain, upstreams: keyed, main, servers: waiting };
  }

  /** What is written, but for all other servers; `server` is one of the model that `open` gave. */
  nodesAround(server: VirtualServer): readonly ConfigNode[] {
    const place = this.#places.get(server);
    const own = place === undefined ? [] : [this.#nodes.nodeAt(place)];
    return this.#head.outermost.map((outer) => {
      const node = this.#nodes.nodeAt(outer);
      const isHttp = node.name === routingBlocks.http.name;
      return isHttp ? { ...node, block: [...(node.block ?? []), ...own] } : node;
    });
  }
}

function withKey(upstream: UpstreamConfig, http: Scope, problems: Problems): UpstreamConfig {
  const { place, policy, queue, sticky } = upstream;
  const compiled = (text: string): PolicyConfig['key'] => {
    if (text === '') return null;
    // The one compiler given to a tree compiles for the one subject of the program: an exchange.
    return (http.tools.compileComplex(text, place, problems) ?? null) as PolicyConfig['key'];
  };
  const keyed = {
    ...upstream,
    policy: { ...policy, key: compiled(policy.keyText) },
    sticky: sticky && mapTexts(sticky, ({ text }) => ({ text, value: compiled(text) })),
  };
  return queue ? { ...keyed, queue: { ...queue, priority: compiled(queue.priorityText) } } : keyed;
}

function nameIn({ place }: PackedServer, name: string, context: LocationContext): HostName {
  if (!name.startsWith('~')) return { name, pattern: undefined };
  const { names } = serverDirectives;
  const { problems, scope } = context;
  const words = [{ ...place, text: name }];
  const node = { name: names.name, words, ...place };
  const parsed = names.argument.parse(words, { node, problems, tools: scope.tools });
  return { name, pattern: parsed?.[0]?.pattern };
}

/** What is in a server; of what was made on the way nothing is kept but what others share. */
function contentOf(node: ConfigNode, context: LocationContext): ServerContent {
  const problems = new Problems();
  const content = buildContent(node, { ...context, problems });
  context.scope.forget(node);
  mustBeGood(problems);
  return content;
}

function mustBeGood(problems: Problems): void {
  if (!problems.isFatal) return;
  const [first] = problems.list.filter(({ severity }) => severity === 'emerg');
  throw new Error(`the master sent a configuration with problems: ${first?.message}`);
}

/** A server that is compiled when what is in it is asked for. */
class WaitingServer implements VirtualServer {
  readonly names: readonly HostName[];
  readonly listens: readonly ServerListen[];
  readonly isLogged: boolean;
  readonly place: Place;
  #compile: (() => ServerContent) | undefined;
  #content: ServerContent | undefined = undefined;

  constructor(
    { isLogged, listens, place }: PackedServer,
    names: readonly HostName[],
    compile: () => ServerContent,
  ) {
    this.names = names;
    this.listens = listens;
    this.isLogged = isLogged;
    this.place = place;
    this.#compile = compile;
  }

  get locations(): readonly Location[] {
    return this.#compiled().locations;
  }

  get conditional(): readonly Location[] {
    return this.#compiled().conditional;
  }

  get fallback(): Location {
    return this.#compiled().fallback;
  }

  #compiled(): ServerContent {
    if (this.#content !== undefined) return this.#content;
    invariant(this.#compile !== undefined, 'it is compiled once');
    this.#content = this.#compile();
    this.#compile = undefined;
    return this.#content;
  }
}
