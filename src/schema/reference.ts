/** The declarations of directives → docs/directives.md. */
import { type Context, type Directive, type DirectiveSet, nameOfContext } from './directive.ts';

/** Directives that are told of together. */
export interface ReferenceChapter {
  readonly title: string;
  readonly sets: readonly DirectiveSet[];
}

/** A name list at the end of the reference, such as that of what has no effect. */
export interface ReferenceList {
  readonly title: string;
  readonly text: string;
  readonly names: readonly string[];
}

/** The whole reference as Markdown. */
export function renderReference(
  intro: string,
  chapters: readonly ReferenceChapter[],
  lists: readonly ReferenceList[],
): string {
  const parts = [intro.trim()];
  for (const { title, sets } of chapters) {
    parts.push(`## ${title}`);
    const all = sets.flatMap((set) => Object.values(set));
    for (const same of Map.groupBy(all, ({ name }) => name).values()) {
      parts.push(renderDirective(same));
    }
  }
  for (const { title, text, names } of lists) {
    const sorted = [...new Set(names)].sort();
    parts.push(`## ${title}`, text, sorted.map((name) => `\`${name}\``).join(', '));
  }
  return `${parts.join('\n\n')}\n`;
}

/** `if` is declared once for each kind of block it stands in, and means the same. */
function renderDirective(same: readonly Directive[]): string {
  const [directive] = same;
  if (directive === undefined) return '';
  const { name, argument, repeat, inherit, opens, doc } = directive;
  const contexts = same.flatMap((one) => one.contexts);
  const end = opens === undefined ? ';' : opens === 'types' ? '' : ' { … }';
  const usage = argument.usage === '' ? '' : ` ${argument.usage}`;
  const rows = [`* Syntax: \`${name}${usage}${end}\``];
  const standard = argument.default?.join(' ');
  // None, or no words: the directive cannot be written that way.
  if (standard) rows.push(`* Default: \`${name} ${standard};\``);
  rows.push(`* Context: ${contexts.map(contextName).join(', ')}`);
  if (repeat === true) rows.push('* May stand several times in one block.');
  const isInherited = inherit !== false && contexts.length > 1;
  if (isInherited) rows.push('* Holds in inner blocks that have none of their own.');
  return `### ${name}\n\n${rows.join('\n')}\n\n${doc}`;
}

function contextName(context: Context): string {
  return context === 'main' ? 'top level' : nameOfContext(context, '`');
}
