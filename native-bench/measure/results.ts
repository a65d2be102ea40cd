import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeMachine, type Machine } from './machine.ts';

/** The repository's root folder, with a trailing slash. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Where machine-written outcomes live. */
export const RESULTS = join(ROOT, 'results');

/** One file of `results/`; its format is described in results/README.md. */
export interface ResultRecord<Data> {
  readonly kind: 'bench' | 'prove';
  /** The workload's or scenario's name; the file is called after it. */
  readonly name: string;
  /** True for `--quick` and `--short` runs: never used where a full run exists. */
  readonly quick: boolean;
  /** ISO 8601, when the run ended. */
  readonly date: string;
  /** Abbreviated commit, and whether the tree had uncommitted changes. */
  readonly commit: string;
  readonly dirty: boolean;
  readonly machine: Machine;
  readonly data: Data;
}

/**
 * Writes one outcome to `results/DATE-COMMIT/NAME.json` (`NAME.quick.json` for a quick one, so that
 * it never replaces a full run). Returns the path relative to the root. Throws on I/O errors.
 */
export function writeResult<Data>(
  kind: 'bench' | 'prove',
  name: string,
  quick: boolean,
  data: Data,
): string {
  const date = new Date().toISOString();
  const { commit, dirty } = currentCommit();
  const record: ResultRecord<Data> = {
    kind,
    name,
    quick,
    date,
    commit,
    dirty,
    machine: describeMachine(),
    data,
  };
  const folder = `${date.slice(0, 10)}-${commit}`;
  mkdirSync(join(RESULTS, folder), { recursive: true });
  const path = join('results', folder, `${name}${quick ? '.quick' : ''}.json`);
  writeFileSync(join(ROOT, path), `${JSON.stringify(record, undefined, 2)}\n`);
  return path;
}

/** Every record of one kind in a folder, oldest first; throws an Error that names an unreadable file. */
export function readResults<Data>(
  kind: 'bench' | 'prove',
  folder = RESULTS,
): { path: string; record: ResultRecord<Data> }[] {
  const found: { path: string; record: ResultRecord<Data> }[] = [];
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!entry.endsWith('.json')) continue;
    const path = join('results', entry);
    let record: ResultRecord<Data>;
    try {
      record = JSON.parse(readFileSync(join(folder, entry), 'utf8')) as ResultRecord<Data>;
    } catch (error) {
      throw new Error(`${path} is not a result: ${(error as Error).message}`);
    }
    if (record.kind === kind) found.push({ path, record });
  }
  return found.sort((a, b) => (a.record.date < b.record.date ? -1 : 1));
}

function currentCommit(): { commit: string; dirty: boolean } {
  try {
    const git = (...words: string[]): string =>
      execFileSync('git', words, {
        cwd: ROOT,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    const commit = git('rev-parse', '--short=9', 'HEAD').trim();
    return { commit, dirty: git('status', '--porcelain', '--', '.', ':!results').trim() !== '' };
  } catch {
    return { commit: 'uncommitted', dirty: true };
  }
}
