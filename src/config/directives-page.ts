/** docs/directives.md as the declarations have it; `WEIR_UPDATE_DOCS=1` makes its test write it. */

import { renderReference } from '#src/schema/reference.ts';
import { INERT_DIRECTIVES, NOT_BUILT_YET } from './nginx-directives.ts';
import { CHAPTERS, findDirective } from './registry.ts';

const INTRO = `
# Directives

Generated from the declarations in the source; do not edit (src/config/directives-page.ts).

These are the directives of nginx.conf that this version of Weir acts on. Names, contexts,
arguments and inheritance are those of nginx 1.31; where we differ, [differences.md](differences.md)
says how and why. A directive that an inner block does not have is taken from the nearest block
around it, whole. Times take \`ms\`, \`s\`, \`m\`, \`h\`, \`d\`, \`w\`, \`M\` and \`y\` (\`1h 30m\`; a bare
number counts seconds), sizes \`k\`, \`m\` and \`g\`. Texts marked \`string\` or \`value\` take
\`$names\`: [variables.md](variables.md).

\`include file | pattern;\` stands anywhere; relative names begin at the folder of the main file.
`;

/** The text of docs/directives.md. */
export function renderDirectivesPage(): string {
  return renderReference(INTRO, CHAPTERS, [
    {
      title: 'Without effect',
      text: 'These tune parts of nginx that Weir has not. They are checked, and `weir -t` names them.',
      names: INERT_DIRECTIVES.map(({ name }) => name),
    },
    {
      title: 'Not built yet',
      text: 'Using one of these is a problem that says so; nothing is silently ignored.',
      names: NOT_BUILT_YET.flatMap(({ names }) => names).filter(isNowhereBuilt),
    },
  ]);
}

function isNowhereBuilt(name: string): boolean {
  return ALL_CONTEXTS.every((context) => findDirective(name, context)?.kind !== 'built');
}

const ALL_CONTEXTS = [
  ...(['main', 'events', 'http', 'server', 'location', 'upstream', 'match'] as const),
  ...(['server-if', 'location-if'] as const),
];
