import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { INDEX_URL } from '#src/config/typed/program-modules.ts';
import { type Problem, Problems } from '#src/schema/problem.ts';
import type { Identity } from './identity.ts';

/** A check that takes longer is given up: what it would have found is found later, or never. */
const LIMIT_MS = 20_000;

/** As strict as what Node's stripping of types needs, and as TypeScript is by itself. */
const OPTIONS = {
  target: 'esnext',
  module: 'nodenext',
  noEmit: true,
  strict: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  erasableSyntaxOnly: true,
};

/**
 * What the TypeScript that is installed beside a weir.config.ts says about its types; without one
 * only a notice says so. Never throws.
 */
export async function checkTypes(
  file: string,
  identity: Identity | undefined,
): Promise<readonly Problem[]> {
  const problems = new Problems();
  const place = { file, line: 0, column: 0 };
  const compiler = findCompiler(file);
  if (compiler === undefined) {
    const advice = 'npm install --save-dev typescript, beside it';
    problems.notice(place, 'the types of the configuration are not checked', advice);
    return problems.list;
  }
  const folder = mkdtempSync(join(tmpdir(), 'weir-types-'));
  try {
    chmodSync(folder, 0o755);
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(settingsFor(file)), {
      mode: 0o644,
    });
    const output = await run(compiler, folder, identity);
    if (output === undefined) {
      problems.warn(place, 'the types of the configuration could not be checked', compiler);
    } else report(output, folder, problems);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return problems.list;
}

/** The nearest one from the file upward, as Node would find it. */
function findCompiler(file: string): string | undefined {
  for (const folder of foldersAbove(file)) {
    const own = join(folder, 'node_modules', 'typescript');
    try {
      const { bin } = JSON.parse(readFileSync(join(own, 'package.json'), 'utf8')) as {
        bin?: { tsc?: string };
      };
      if (bin?.tsc !== undefined) return resolve(own, bin.tsc);
    } catch {
      // None here, or none that can be used.
    }
  }
  return undefined;
}

function foldersAbove(file: string): string[] {
  const folders: string[] = [];
  for (let folder = dirname(file); ; folder = dirname(folder)) {
    folders.push(folder);
    if (folder === dirname(folder)) return folders;
  }
}

function settingsFor(file: string): object {
  const typeRoots = foldersAbove(file)
    .map((folder) => join(folder, 'node_modules', '@types'))
    .filter((folder) => existsSync(folder));
  const hasNode = typeRoots.some((folder) => existsSync(join(folder, 'node')));
  const types = fileURLToPath(INDEX_URL).replace(/\.js$/, '.d.ts');
  return {
    compilerOptions: {
      ...OPTIONS,
      typeRoots,
      types: hasNode ? ['node'] : [],
      lib: hasNode ? ['esnext'] : ['esnext', 'dom'],
      paths: { weir: [types] },
    },
    files: [file],
  };
}

/** What it prints; undefined when it did not come to an end. */
function run(
  compiler: string,
  folder: string,
  identity: Identity | undefined,
): Promise<string | undefined> {
  const args = [compiler, '-p', join(folder, 'tsconfig.json'), '--pretty', 'false'];
  const child = spawn(process.execPath, args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
    ...(identity === undefined ? {} : { uid: identity.uid, gid: identity.gid }),
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  return new Promise((done) => {
    child.on('error', () => done(undefined));
    child.on('close', (_code, signal) => done(signal === null ? output : undefined));
  });
}

const FINDING = /^(.+)\((\d+),(\d+)\): error (TS\d+: .*)$/;

/** What is wrong in files of the user: Weir's own are none of theirs. */
function report(output: string, folder: string, problems: Problems): void {
  const own = dirname(fileURLToPath(INDEX_URL)) + sep;
  for (const line of output.split('\n')) {
    const [, path, row, column, message] = FINDING.exec(line) ?? [];
    if (path === undefined || message === undefined) continue;
    const file = resolve(folder, path);
    if (file.startsWith(own) || file.includes(`${sep}node_modules${sep}`)) continue;
    problems.emerg({ file, line: Number(row), column: Number(column) }, message);
  }
}
