/** Every directive of the tree against the registry: known here, well-formed, not repeated. */
import { type Context, nameOfContext } from '#src/schema/directive.ts';
import type { Place, Problems } from '#src/schema/problem.ts';
import { parseNode, type Scope } from '#src/schema/scope.ts';
import { didYouMean } from '#src/schema/suggestion.ts';
import { type ConfigNode, placeOfWord, type Word } from '#src/schema/tree.ts';
import { contextsOf, findDirective, type Known, namesIn } from './registry.ts';

/** Checks a block and the blocks in it, down to what the arguments mean. */
export function checkBlock(scope: Scope, problems: Problems): void {
  const firsts = new Map<string, ConfigNode>();
  for (const node of scope.nodes) {
    const known = findDirective(node.name, scope.context);
    if (known === undefined) {
      reportUnknown(node, scope.context, problems);
      continue;
    }
    if (known.kind === 'not-built') {
      problems.emerg(node, `"${node.name}" is not built yet in this version of Weir`);
      continue;
    }
    const first = firsts.get(node.name);
    if (first === undefined) firsts.set(node.name, node);
    else if (known.kind === 'built' && !known.directive.repeat && !known.directive.redefine) {
      problems.emerg(node, `"${node.name}" directive is duplicate`, firstAt(first, node));
    }
    checkNode(node, known, scope, problems);
  }
}

/** `the first is in line 3`, with the file when it is another one. */
export function firstAt(first: Place, now: Place): string {
  const file = first.file === now.file ? '' : ` of ${first.file}`;
  return `the first is in line ${first.line}${file}`;
}

function checkNode(
  node: ConfigNode,
  known: Exclude<Known, { kind: 'not-built' }>,
  scope: Scope,
  problems: Problems,
): void {
  const opens = known.kind === 'built' ? known.directive.opens : undefined;
  const lost = findLostSemicolon(node);
  const advice = lost === undefined ? undefined : `a ";" is missing after "${lost.before.text}"`;
  const place = lost === undefined ? node : placeOfWord(node, lost.before);
  if (node.block !== undefined && opens === undefined) {
    problems.emerg(place, `directive "${node.name}" is not terminated by ";"`, advice);
    return;
  }
  if (node.block === undefined && opens !== undefined) {
    problems.emerg(place, `directive "${node.name}" has no opening "{"`, advice);
    return;
  }
  const { minWords, maxWords } =
    known.kind === 'built' ? known.directive.argument : known.directive;
  const count = node.words.length;
  if (count < minWords || count > maxWords) {
    const message = `invalid number of arguments in "${node.name}" directive`;
    problems.emerg(place, message, advice ?? expected(known, minWords, maxWords, count));
  } else if (lost !== undefined) {
    const message = `"${lost.word.text}" begins a line but is read as an argument of "${node.name}"`;
    problems.emerg(placeOfWord(node, lost.before), message, advice);
  } else if (known.kind === 'inert') {
    problems.notice(node, `"${node.name}" has no effect in Weir`);
  }
  // Its meaning is kept: whoever asks for it later gets it, and its problems were told here.
  if (known.kind === 'built') parseNode(known.directive, node, scope, problems);
  // The lines of `types` are data, not directives.
  if (opens !== undefined && opens !== 'types') checkBlock(scope.inside(opens, node), problems);
}

/** A word at the start of a line that is a directive: the line before has no `;`. */
function findLostSemicolon(node: ConfigNode): { before: Word; word: Word } | undefined {
  let before: Word = { text: node.name, line: node.line, column: node.column };
  for (const word of node.words) {
    if (word.line > before.line && contextsOf(word.text).length > 0) return { before, word };
    before = word;
  }
  return undefined;
}

function expected(known: Known, minWords: number, maxWords: number, count: number): string {
  if (known.kind === 'built' && known.directive.argument.usage !== '') {
    return `it takes: ${known.directive.argument.usage}`;
  }
  if (minWords === maxWords) return `it takes ${minWords}, not ${count}`;
  return `it takes ${minWords} to ${maxWords}, not ${count}`;
}

function reportUnknown(node: ConfigNode, context: Context, problems: Problems): void {
  const contexts = contextsOf(node.name);
  if (contexts.length > 0) {
    const where = contexts.map((name) => {
      return name === 'main' ? 'the top level' : nameOfContext(name, '"');
    });
    const advice = `it belongs in ${listed(where)}`;
    problems.emerg(node, `"${node.name}" directive is not allowed here`, advice);
    return;
  }
  const advice = didYouMean(node.name, namesIn(context));
  problems.emerg(node, `unknown directive "${node.name}"`, advice);
}

/** `a`, `a or b`, `a, b or c`. */
function listed(items: readonly string[]): string {
  const last = items.at(-1) ?? '';
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} or ${last}`;
}
