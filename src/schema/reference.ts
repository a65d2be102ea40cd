/** The declarations of directives → docs/directives.md. */
import type { Context, Directive, DirectiveSet } from './directive.ts';

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
    for (const directive of sets.flatMap((set) => Object.values(set))) {
      parts.push(renderDirective(directive));
    }
  }
  for (const { title, text, names } of lists) {
    const sorted = [...new Set(names)].sort();
    parts.push(`## ${title}`, text, sorted.map((name) => `\`${name}\``).join(', '));
  }
  return `${parts.join('\n\n')}\n`;
}

function renderDirective(directive: Directive): string {
  const { name, argument, contexts, repeat, inherit, opens, doc } = directive;
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
  return context === 'main' ? 'top level' : `\`${context}\``;
}
