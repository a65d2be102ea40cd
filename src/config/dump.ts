/** What `-T` prints: the files as they were read. */
import type { Source } from './tree.ts';

/** Every file with its name above it, byte for byte as nginx prints them. */
export function dumpSources(sources: readonly Source[]): string {
  return sources.map(({ file, text }) => `# configuration file ${file}:\n${text}\n`).join('');
}
