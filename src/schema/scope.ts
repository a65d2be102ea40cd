/** A block with the blocks around it, and nginx's rule for what applies inside. */
import type { Context, Directive, DirectiveSet, ParseTools, SettingsOf } from './directive.ts';
import { type Place, type Problems, placeOf } from './problem.ts';
import type { ConfigNode } from './tree.ts';

/** What one occurrence means to the directive that was asked about it. */
interface ParsedNode {
  readonly directive: Directive;
  readonly value: unknown;
}

const NONE: readonly ConfigNode[] = [];

/** A key of `Scope.keep`, and the type of what is kept. */
export class Keeper<T> {
  /** For the type alone. */
  declare readonly kept: T;
}

/** One block of the tree and the chain of blocks around it. */
export class Scope {
  readonly context: Context;
  /** The directive that opens the block; undefined for the whole file. */
  readonly node: ConfigNode | undefined;
  readonly nodes: readonly ConfigNode[];
  readonly parent: Scope | undefined;
  readonly tools: ParseTools;
  /** Meanings already worked out; shared by all scopes of one tree, so each is told off once. */
  readonly parsed: Map<ConfigNode | Directive, ParsedNode>;
  /** Settings that were compiled, by those around them and the first node; shared as `parsed` is. */
  readonly additions: Map<object, Map<ConfigNode | undefined, Addition[]>>;
  // There is one of these per block: maps are made when they are needed.
  #settings: Map<DirectiveSet, object> | undefined = undefined;
  #byName: Map<string, ConfigNode[]> | undefined = undefined;
  #inside: Map<ConfigNode, Scope> | undefined = undefined;
  #kept: Map<object, unknown> | undefined = undefined;

  private constructor(
    context: Context,
    node: ConfigNode | undefined,
    nodes: readonly ConfigNode[],
    parent: Scope | undefined,
    tools: ParseTools,
  ) {
    this.context = context;
    this.node = node;
    this.nodes = nodes;
    this.parent = parent;
    this.tools = tools;
    this.parsed = parent?.parsed ?? new Map();
    this.additions = parent?.additions ?? new Map();
  }

  /** The scope of the whole configuration. */
  static main(nodes: readonly ConfigNode[], tools: ParseTools): Scope {
    return new Scope('main', undefined, nodes, undefined, tools);
  }

  /** The scope of a block that stands in this one; the same each time. */
  inside(context: Context, node: ConfigNode): Scope {
    this.#inside ??= new Map();
    const known = this.#inside.get(node);
    if (known?.context === context) return known;
    const scope = new Scope(context, node, node.block ?? [], this, this.tools);
    this.#inside.set(node, scope);
    return scope;
  }

  /** What is in that block is compiled: nothing of its scope is kept. */
  forget(node: ConfigNode): void {
    this.#inside?.delete(node);
  }

  /** The scope of the whole configuration that this one is in. */
  get top(): Scope {
    return this.parent === undefined ? this : this.parent.top;
  }

  /** The directives of that name in this very block, in order; the same array each time. */
  own(name: string): readonly ConfigNode[] {
    this.#byName ??= Map.groupBy(this.nodes, (node) => node.name);
    return this.#byName.get(name) ?? NONE;
  }

  /** Settings compiled for this very block, if they are not those of the block around it. */
  settingsOf(set: DirectiveSet): object | undefined {
    return this.#settings?.get(set);
  }

  keepSettings(set: DirectiveSet, settings: object): void {
    this.#settings ??= new Map();
    this.#settings.set(set, settings);
  }

  /** What a builder has kept with the block, by a key of its own; undefined when it has not. */
  kept<T>(key: Keeper<T>): T | undefined {
    return this.#kept?.get(key) as T | undefined; // `keep` takes nothing else for that key
  }

  keep<T>(key: Keeper<T>, value: T): T {
    this.#kept ??= new Map();
    this.#kept.set(key, value);
    return value;
  }

  /**
   * The occurrences that apply here. nginx's rule: the nearest level that has any wins whole, so
   * an array directive is inherited only by a level that has none of its own.
   */
  occurrences(directive: Directive): readonly ConfigNode[] {
    for (let scope: Scope | undefined = this; scope !== undefined; scope = scope.parent) {
      if (directive.contexts.includes(scope.context)) {
        const own = scope.own(directive.name);
        if (own.length > 0) return own;
      }
      if (directive.inherit === false) return NONE;
    }
    return NONE;
  }

  /** Where the value that applies here was written; undefined when it is the default. */
  placeOf(directive: Directive): Place | undefined {
    const [node] = this.occurrences(directive);
    return node === undefined ? undefined : placeOf(node);
  }
}

/** The values that hold in `scope`, complete with defaults. Problems are reported once per place. */
export function compileSettings<D extends DirectiveSet>(
  set: D,
  scope: Scope,
  problems: Problems,
): SettingsOf<D> {
  const known = scope.settingsOf(set) ?? compileAll(set, scope, problems);
  // Each value comes from the directive under the same key, which is what SettingsOf says.
  return known as SettingsOf<D>;
}

/** What of a set need not be looked for in each block. */
interface SetFacts {
  readonly keysByName: ReadonlyMap<string, readonly string[]>;
  /** What never comes from an enclosing block. */
  readonly notInherited: readonly string[];
}

const FACTS = new WeakMap<DirectiveSet, SetFacts>();

function factsOf(set: DirectiveSet): SetFacts {
  const known = FACTS.get(set);
  if (known !== undefined) return known;
  const byName = Map.groupBy(Object.keys(set), (key) => set[key]?.name ?? '');
  const facts = {
    keysByName: byName,
    notInherited: Object.keys(set).filter((key) => set[key]?.inherit === false),
  };
  FACTS.set(set, facts);
  return facts;
}

/** Thousands of locations that say little of their own share the settings of their server. */
function compileAll(set: DirectiveSet, scope: Scope, problems: Problems): object {
  const { parent } = scope;
  const { keysByName, notInherited } = factsOf(set);
  if (parent === undefined) {
    const entries = Object.entries(set);
    const values = entries.map(([key, directive]) => [key, compileOne(directive, scope, problems)]);
    // Spread: these, too, shall have the shape that the copies below have. The data path reads them.
    const settings = Object.freeze({ ...(Object.fromEntries(values) as object) });
    scope.keepSettings(set, settings);
    return settings;
  }
  const around: object = compileSettings(set, parent, problems);
  const own = scope.nodes.filter(({ name }) => keysByName.has(name));
  if (own.length === 0 && notInherited.length === 0) {
    // The blocks in it ask again; locations are many and have few.
    if (scope.context !== 'location') scope.keepSettings(set, around);
    return around;
  }
  const alike = alikeIn(scope, around, own[0]);
  const known = alike.find(({ nodes }) => isSame(nodes, own))?.settings;
  if (known !== undefined) {
    scope.keepSettings(set, known);
    return known;
  }
  const settings: Record<string, unknown> = { ...around };
  const keys = new Set([...notInherited, ...own.flatMap(({ name }) => keysByName.get(name) ?? [])]);
  // No key is new: V8 takes an object that grows key by key for a dictionary.
  for (const key of keys) settings[key] = compileOne(set[key] as Directive, scope, problems);
  Object.freeze(settings);
  alike.push({ nodes: own, settings });
  scope.keepSettings(set, settings);
  return settings;
}

/** Settings by what they add to those around them: a file that many blocks include adds the same to each. */
interface Addition {
  readonly nodes: readonly ConfigNode[];
  readonly settings: object;
}

/** What was added to those settings, beginning with that node. */
function alikeIn(scope: Scope, around: object, first: ConfigNode | undefined): Addition[] {
  const byFirst = scope.additions.get(around) ?? new Map<ConfigNode | undefined, Addition[]>();
  scope.additions.set(around, byFirst);
  const alike = byFirst.get(first) ?? [];
  byFirst.set(first, alike);
  return alike;
}

function isSame(one: readonly ConfigNode[], other: readonly ConfigNode[]): boolean {
  return one.length === other.length && one.every((node, at) => node === other[at]);
}

function compileOne(directive: Directive, scope: Scope, problems: Problems): unknown {
  const values: unknown[] = [];
  for (const node of scope.occurrences(directive)) {
    const value = parseNode(directive, node, scope, problems);
    if (value !== undefined) values.push(value);
  }
  if (directive.repeat === true) return values;
  return values[0] ?? defaultOf(directive, scope, problems);
}

/** The meaning of one occurrence, worked out once; undefined when it has none. */
export function parseNode<T>(
  directive: Directive<T>,
  node: ConfigNode,
  scope: Scope,
  problems: Problems,
): T | undefined {
  const { parsed, tools } = scope;
  const known = parsed.get(node);
  // One file included in two kinds of block gives the same node to two directives of one name.
  // What was remembered for this directive is a T.
  if (known !== undefined && known.directive === directive) return known.value as T | undefined;
  const count = node.words.length;
  // A wrong number of words was reported when the tree was checked.
  const fits = count >= directive.argument.minWords && count <= directive.argument.maxWords;
  const context = { node, problems, tools };
  const value = fits ? directive.argument.parse(node.words, context) : undefined;
  parsed.set(node, { directive, value });
  return value;
}

function defaultOf(directive: Directive, scope: Scope, problems: Problems): unknown {
  const { parsed, tools } = scope;
  if (directive.argument.default === undefined) return undefined;
  const known = parsed.get(directive);
  if (known !== undefined) return known.value;
  const words = directive.argument.default.map((text) => ({ text, line: 0, column: 0 }));
  const node = { name: directive.name, words, file: '', line: 0, column: 0 };
  const value = directive.argument.parse(words, { node, problems, tools });
  parsed.set(directive, { directive, value });
  return value;
}
