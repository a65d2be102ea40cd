/**
 * What really holds: every block with its defaults written out and, in servers and locations, what they
 * inherit. The result is a tree again; read and made effective once more, it is the same.
 */

import { CHAPTERS } from '#src/config/registry.ts';
import type { ConfigTree } from '#src/config/tree.ts';
import { DEFAULT_TYPES } from '#src/routing/types-argument.ts';
import type { Context, Directive } from '#src/schema/directive.ts';
import type { Scope } from '#src/schema/scope.ts';
import type { ConfigNode } from '#src/schema/tree.ts';
import { absolutePaths } from './paths.ts';
import { withoutSecrets } from './secrets.ts';

const ALL = CHAPTERS.flatMap(({ sets }) => sets.flatMap((set) => Object.values<Directive>(set)));

/** What is run in the order of the file; the same place in it is kept. */
const STEPS: ReadonlySet<string> = new Set(['return', 'rewrite', 'set', 'if', 'break']);

/** The directives of a context that are no block and no step: their order means nothing. */
function settingsOf(context: Context): readonly Directive[] {
  return ALL.filter(({ name, contexts, opens }) => {
    return contexts.includes(context) && opens === undefined && !STEPS.has(name);
  });
}

/** The tree of what holds, secrets masked and paths absolute. `main` is the checked scope of `tree`. */
export function effectiveNodes(main: Scope, tree: ConfigTree): readonly ConfigNode[] {
  const nodes = new Effective(tree).block(main);
  return absolutePaths(withoutSecrets(nodes), main.tools);
}

class Effective {
  readonly #tree: ConfigTree;

  constructor(tree: ConfigTree) {
    this.#tree = tree;
  }

  /** The nodes of one block. */
  block(scope: Scope): ConfigNode[] {
    const settings = settingsOf(scope.context).flatMap((directive) => {
      return this.#setting(directive, scope);
    });
    const parts = scope.nodes.flatMap((node) => this.#part(node, scope));
    return [...settings, ...this.#missingBlocks(scope), ...parts];
  }

  /** The lines of one directive that hold here. */
  #setting(directive: Directive, scope: Scope): readonly ConfigNode[] {
    const { name, argument } = directive;
    if (name === 'add_header') return addedHeaders(directive, scope);
    if (name === 'add_header_inherit') return [line(name, [inheritMode(scope)])];
    const nodes = scope.occurrences(directive);
    // What the top level says is for lines about no request, too: it stands there alone.
    if (name === 'error_log' && scope !== scope.top && nodes === scope.top.own(name)) return [];
    if (nodes.length > 0) return nodes;
    const words = this.#unwritten(name, scope) ?? argument.default;
    // Its default means the `proxy_pass` beside it, and does so by itself.
    if (name === 'proxy_redirect' || words === undefined) return [];
    return words.length === 0 || words.length < argument.minWords ? [] : [line(name, words)];
  }

  /** What holds without a line and is no default of the declaration. */
  #unwritten(name: string, scope: Scope): readonly string[] | undefined {
    if (name === 'listen') return [`0.0.0.0:${this.#tree.defaultPort}`];
    if (name === 'server_name') return [''];
    if (name === 'access_log') return ['off'];
    return name === 'error_log' && scope === scope.top ? [this.#tree.errorLog, 'error'] : undefined;
  }

  /** Blocks that hold though nobody wrote them. */
  #missingBlocks(scope: Scope): readonly ConfigNode[] {
    if (scope.context === 'main' && scope.own('events').length === 0) {
      const events = { ...line('events', []), block: [] };
      return [{ ...events, block: this.block(scope.inside('events', events)) }];
    }
    if (scope.context !== 'http' || scope.own('types').length > 0) return [];
    const byType = Map.groupBy(DEFAULT_TYPES, ([, type]) => type);
    const block = [...byType].map(([type, entries]) => {
      return line(
        type,
        entries.map(([extension]) => extension),
      );
    });
    return [{ ...line('types', []), block }];
  }

  /** A block or a step, in its place of the file. */
  #part(node: ConfigNode, scope: Scope): readonly ConfigNode[] {
    const directive = ALL.find(({ name, contexts }) => {
      return name === node.name && contexts.includes(scope.context);
    });
    if (directive === undefined) return []; // it has no effect
    const { opens } = directive;
    if (opens === undefined) return STEPS.has(node.name) ? [node] : [];
    // Lines of tables are data. An `if` takes what it does not say itself from around it.
    if (opens === 'types' || node.name === 'if') return [node];
    return [{ ...node, block: this.block(scope.inside(opens, node)) }];
  }
}

/** As build-answers.ts has it: the own ones, then those of the level above when they are inherited. */
function addedHeaders(directive: Directive, scope: Scope): readonly ConfigNode[] {
  const own = scope.own(directive.name);
  const mode = modeOf(scope);
  const inherits = mode === 'merge' || (mode === 'on' && own.length === 0);
  return inherits && scope.parent !== undefined
    ? [...own, ...addedHeaders(directive, scope.parent)]
    : own;
}

function modeOf(scope: Scope): string {
  for (let level: Scope | undefined = scope; level !== undefined; level = level.parent) {
    const [node] = level.own('add_header_inherit');
    if (node !== undefined) return node.words[0]?.text ?? 'on';
  }
  return 'on';
}

/** What was merged is written out, and must not be merged again. */
function inheritMode(scope: Scope): string {
  return modeOf(scope) === 'on' ? 'on' : 'off';
}

function line(name: string, words: readonly string[]): ConfigNode {
  const place = { line: 0, column: 0 };
  return { name, words: words.map((text) => ({ text, ...place })), file: '', ...place };
}
