import { fileURLToPath } from 'node:url';

/** The programs of this folder that Node is told to run. */
export type EntryName =
  | 'cli'
  | 'embedded-master'
  | 'evaluation'
  | 'generation'
  | 'provider-thread'
  | 'proxy-thread'
  | 'test-evaluation';

/** Absolute path of one: TypeScript in a checkout, JavaScript in the published package. */
export function entryPath(name: EntryName): string {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  return fileURLToPath(new URL(`./${name}${extension}`, import.meta.url));
}
