/** From a place of the model back to what was written there, and to the levels around it. */

import { findDirective } from '#src/config/registry.ts';
import type { Context, Directive, ParseTools } from '#src/schema/directive.ts';
import type { Place } from '#src/schema/problem.ts';
import { Scope } from '#src/schema/scope.ts';
import type { ConfigNode } from '#src/schema/tree.ts';

interface Entry {
  readonly node: ConfigNode;
  /** Of its block; undefined when it has none. */
  readonly inside: Scope | undefined;
}

/** Nothing is parsed here: only asked where it stands. */
const NO_TOOLS: ParseTools = {
  compileComplex: () => undefined,
  resolvePath: (path) => path,
  resolveHost: () => [],
};

export class DirectiveIndex {
  readonly #entries = new Map<string, Entry>();
  readonly #lines = new Map<string, ConfigNode>();
  readonly #byName = new Map<string, ConfigNode[]>();

  constructor(nodes: readonly ConfigNode[]) {
    this.#add(Scope.main(nodes, NO_TOOLS));
  }

  #add(scope: Scope): void {
    for (const node of scope.nodes) {
      const opens = opensOf(node, scope.context);
      const inside = opens === undefined ? undefined : scope.inside(opens, node);
      const key = keyOf(node);
      // Lines of tables are no directives; only their text is asked for.
      if (node.name === 'map') this.#addLines(node.block ?? []);
      // What is included twice stands twice at one place: the first will do for its text.
      if (!this.#entries.has(key)) {
        this.#entries.set(key, { node, inside });
        const same = this.#byName.get(node.name);
        if (same === undefined) this.#byName.set(node.name, [node]);
        else same.push(node);
      }
      if (inside !== undefined) this.#add(inside);
    }
  }

  #addLines(lines: readonly ConfigNode[]): void {
    for (const node of lines) this.#lines.set(keyOf(node), node);
  }

  /** What is written there, without its block; '' when nothing is. */
  textAt(place: Place): string {
    const node = this.#entries.get(keyOf(place))?.node ?? this.#lines.get(keyOf(place));
    if (node === undefined) return '';
    const text = [shown(node.name), ...node.words.map((word) => shown(word.text))].join(' ');
    return node.name === 'if' ? text.replace(/ \)$/, ')') : text;
  }

  /** The directives that hold in the block that begins there, by nginx's inheritance. */
  holdingIn(place: Place, directive: Directive): readonly ConfigNode[] {
    return this.#entries.get(keyOf(place))?.inside?.occurrences(directive) ?? [];
  }

  /** Those of a name in the very block. */
  ownIn(place: Place, name: string): readonly ConfigNode[] {
    return this.#entries.get(keyOf(place))?.inside?.own(name) ?? [];
  }

  /** Every directive of a name, in the order of the files. */
  named(name: string): readonly ConfigNode[] {
    return this.#byName.get(name) ?? [];
  }
}

function opensOf(node: ConfigNode, context: Context): Context | undefined {
  if (node.block === undefined) return undefined;
  const known = findDirective(node.name, context);
  return known?.kind === 'built' ? known.directive.opens : undefined;
}

/** Quotes only where the file must have had some. */
function shown(word: string): string {
  return word === '' || /[\s;{}"']/.test(word) ? `"${word.replaceAll('"', '\\"')}"` : word;
}

/** The same for the same place. */
export function keyOf({ file, line, column }: Place): string {
  return `${file}\0${line}\0${column}`;
}

/** `file:line`, as everywhere; a file below the folder is named from there. */
export function where({ file, line }: Place, folder = ''): string {
  const near =
    folder !== '' && file.startsWith(`${folder}/`) ? file.slice(folder.length + 1) : file;
  return line > 0 ? `${near}:${line}` : near;
}
