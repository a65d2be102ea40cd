/** docs/variables.md from what is told of the variables; `WEIR_UPDATE_DOCS=1` makes its test write it. */
import { NOT_BUILT_VARIABLES } from '#src/variables/not-built-variables.ts';
import { CAPTURES, VARIABLE_CHAPTERS, type VariableDoc } from '#src/variables/variable-docs.ts';

const INTRO = `
# Variables

Generated from src/variables/variable-docs.ts; do not edit.

\`$name\` or \`\${name}\` stands in every value that [directives.md](directives.md) calls \`string\`,
\`value\` or \`URL\`, and in \`log_format\`. Names that end in \`_\` go on with the name of a field, argument or
cookie, in lower case and with \`_\` for \`-\`: \`$http_user_agent\`. A variable without a value is nothing in a
text, and \`-\` in a log. \`set\`, \`map\`, \`geo\`, \`split_clients\` and named captures define more.
`;

/** The text of docs/variables.md. */
export function renderVariablesPage(): string {
  const chapters = VARIABLE_CHAPTERS.map(({ title, variables }) => {
    const rows = Object.entries(variables).map(([name, doc]) => row(`$${name}`, doc));
    return table(title, rows);
  });
  const captures = table('Captures', [row('$1', CAPTURES)]);
  const names = NOT_BUILT_VARIABLES.map((name) => `\`$${name}\``).join(', ');
  const notBuilt = `## Not built yet\n\nUsing one of these is a problem that says so.\n\n${names}`;
  return `${[INTRO.trim(), ...chapters, captures, notBuilt].join('\n\n')}\n`;
}

function table(title: string, rows: readonly string[]): string {
  return `## ${title}\n\n| variable | what it is | for example |\n|---|---|---|\n${rows.join('\n')}`;
}

function row(name: string, [meaning, example]: VariableDoc): string {
  const shown = example === '' ? '' : `\`${example}\``;
  return `| \`${name}\` | ${meaning}. | ${shown} |`;
}
