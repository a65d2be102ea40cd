/** What `-T` prints: the files as they were read. */
import type { Source } from './tree.ts';

/** Every file with its name above it, in nginx's form. */
export function dumpSources(sources: readonly Source[]): string {
  return sources
    .map(
      ({ file, text }) =>
        `# configuration file ${file}:\n${text}${text.endsWith('\n') ? '' : '\n'}\n`,
    )
    .join('');
}
