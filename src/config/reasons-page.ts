/** docs/reasons.md from the tables of reasons; `WEIR_UPDATE_DOCS=1` makes its test write it. */
import { CONNECTION_ENDS, type ConnectionEndTraits } from '#src/base/connection-end.ts';
import { FAILURES, type FailureSource, type FailureTraits } from '#src/base/failure.ts';

const INTRO = `
# Reasons

Generated from src/base/failure.ts and src/base/connection-end.ts; do not edit.

Whenever Weir answers itself because something failed, or ends an exchange before its end, there is one reason.
\`$reason\` has it for the access log, a line of the error log says it in words, JSON error pages carry it, and
\`status_json\` counts it under \`reasons\`. Every end of a connection has a reason, too: \`status_json\` counts them under
\`connectionEnds\`, and at level \`info\` the error log has a line for each.
`;

const SOURCES: readonly (readonly [FailureSource, string])[] = [
  ['downstream', 'Exchanges: what the client did'],
  ['upstream', 'Exchanges: what an endpoint did'],
  ['internal', 'Exchanges: what Weir, its machine or its configuration did'],
];

const SIDES: readonly (readonly [ConnectionEndTraits['side'], string])[] = [
  ['client', 'Ends of connections of clients'],
  ['endpoint', 'Ends of connections to endpoints'],
];

/** The text of docs/reasons.md. */
export function renderReasonsPage(): string {
  const failures = Object.entries<FailureTraits>(FAILURES);
  const ends = Object.entries<ConnectionEndTraits>(CONNECTION_ENDS);
  const chapters = [
    ...SOURCES.map(([source, title]) => {
      const own = failures.filter(([, traits]) => traits.source === source);
      const rows = own.map(([name, { means, status }]) => {
        return `| \`${name}\` | ${status === 0 ? 'none' : status} | ${means} |`;
      });
      return table(title, ['reason', 'status', 'what happened'], rows);
    }),
    ...SIDES.map(([side, title]) => {
      const own = ends.filter(([, traits]) => traits.side === side);
      const rows = own.map(([name, { by, means }]) => `| \`${name}\` | ${by} | ${means} |`);
      return table(title, ['reason', 'ended by', 'what happened'], rows);
    }),
  ];
  return `${[INTRO.trim(), ...chapters].join('\n\n')}\n`;
}

function table(title: string, head: readonly string[], rows: readonly string[]): string {
  const lines = [`| ${head.join(' | ')} |`, `|${head.map(() => '---').join('|')}|`, ...rows];
  return `## ${title}\n\n${lines.join('\n')}`;
}
