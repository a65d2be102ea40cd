// The house rules that a machine can check, over the path and the text of one module. The rules
// themselves are the tables below; ARCHITECTURE.md explains them.

import { posix } from 'node:path';

/** Lowest first. A folder may import itself and what stands in an earlier row, nothing else. */
export const LAYERS: readonly (readonly string[])[] = [
  ['src/base'],
  ['src/bytes', 'src/pattern', 'src/shared', 'src/schema'],
  ['src/http', 'src/tables'],
  ['src/codecs', 'src/transport', 'src/spool'],
  ['src/upstream/endpoint'],
  ['src/upstream/roster'],
  ['src/upstream/balancers', 'src/upstream/pool', 'src/upstream/health', 'src/upstream/judges'],
  ['src/upstream'],
  ['src/exchange'],
  ['src/variables'],
  ['src/filters', 'src/functions', 'src/listeners'],
  ['src/routing'],
  ['src/proxy'],
  ['src/config'],
  ['src/server', 'src/admin'],
  ['src/explain'],
  ['src/index.ts'],
  ['workers'],
];

/** Folders of interchangeable kinds: each kind is imported by the folder's index.ts alone. */
export const KIND_FOLDERS: readonly string[] = [
  'src/upstream/balancers',
  'src/filters',
  'src/listeners',
];

/** The exception: what a kind's directives declare is read by routing and config as well. */
const KIND_DECLARATIONS = 'directives.ts';

const NETWORK = /^node:(net|tls|http|https|http2|dgram|dns)(\/|$)/;
const PROCESSES = /^node:(worker_threads|cluster|child_process|process)$/;
const PROCESS_WIDE = /\bprocess\s*\.\s*(exit|argv|kill|abort)\b|\bprocess\.(on|once)\(\s*'SIG/;
const DATA_PATH = /^(\/\*\*\s*(\*\s*)?|\/\/ )Data path\./;
const PER_EXCHANGE_COSTS = /\b(async|await|Promise|setTimeout|setInterval|EventEmitter)\b/;
/** What all other timeouts hang on: these alone have a timer. */
const TIMERS = ['src/base/timer-wheel.ts', 'src/base/short-timers.ts'];
const RESULTS = /(['"`])(\.{0,2}\/)*results(\/|\1)/;

/** What a module may lean on besides other modules of the project. */
export interface Surroundings {
  /** Names of the packages that are installed with the program (package.json, dependencies). */
  dependencies: readonly string[];
}

/**
 * What is wrong with one module, in words; empty when nothing is.
 * @param path of the module from the project's root, with slashes
 * @param source its text; it is read, not run
 */
export function architectureProblems(
  path: string,
  source: string,
  { dependencies }: Surroundings = { dependencies: [] },
): string[] {
  const text = withoutComments(source);
  const imports = importsOf(text);
  const problems: string[] = [];
  for (const specifier of imports) {
    problems.push(...specifierProblems(path, specifier));
    if (isShipped(path)) problems.push(...shippedImportProblems(path, specifier, dependencies));
  }
  if (path.startsWith('src/') && isShipped(path) && PROCESS_WIDE.test(text)) {
    problems.push('process.exit, argv, kill and signals belong in workers/');
  }
  if (DATA_PATH.test(source) && !TIMERS.includes(path) && PER_EXCHANGE_COSTS.test(text)) {
    problems.push('no promise, timer or event emitter on the data path');
  }
  if (!/^(native-bench|scenarios)\//.test(path) && isShipped(path) && RESULTS.test(text)) {
    problems.push('results/ is written by native-bench/ and scenarios/ alone');
  }
  return problems;
}

/** Every module that the text imports, re-exports, or augments, as it is written. */
export function importsOf(text: string): string[] {
  const statement = /^\s*(?:import|export)\b(?:[^;'"]*?\bfrom)?\s*['"]([^'"]+)['"]/gm;
  const call = /\b(?:import|require|getBuiltinModule)\(\s*['"]([^'"]+)['"]/g;
  const augmentation = /^\s*declare module ['"]([^'"]+)['"]/gm;
  return [statement, call, augmentation].flatMap((pattern) =>
    [...text.matchAll(pattern)].flatMap(([, specifier]) => specifier ?? []),
  );
}

/** The layer of a path: its folder and its row in LAYERS; undefined when it lies in none. */
export function layerOf(path: string): { folder: string; height: number } | undefined {
  const homes = LAYERS.flatMap((row, height) => row.map((folder) => ({ folder, height })));
  return homes
    .filter(({ folder }) => path === folder || path.startsWith(`${folder}/`))
    .sort((a, b) => b.folder.length - a.folder.length)[0];
}

/** Program text, as opposed to tests and the conformance suites that tests run. */
function isShipped(path: string): boolean {
  return /^(src|workers)\//.test(path) && !/\.(test|contract)\.ts$/.test(path);
}

/** How an import is written: `./x.ts` in the same folder, `#…` elsewhere. */
function specifierProblems(path: string, specifier: string): string[] {
  if (specifier.startsWith('../')) return [`'${specifier}' leaves its folder: write '#…'`];
  if (/^\.\/.*\//.test(specifier)) return [`'${specifier}' is another folder: write '#…'`];
  const kind = kindOf(resolved(path, specifier));
  if (kind === undefined || !isShipped(path)) return [];
  const list = `${posix.dirname(kind)}/index.ts`;
  if (path === list || path.startsWith(`${kind}/`)) return [];
  if (specifier.endsWith(`/${KIND_DECLARATIONS}`) && !kindOf(path)) return [];
  return [`'${specifier}' is inside a kind: only ${list} imports it`];
}

function shippedImportProblems(
  path: string,
  specifier: string,
  dependencies: readonly string[],
): string[] {
  const from = layerOf(path);
  if (from === undefined) return [`${path} lies in no layer`];
  if (specifier.startsWith('node:')) return builtinProblems(from, specifier);
  const target = resolved(path, specifier);
  if (target === undefined) {
    const name = specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1);
    return dependencies.includes(name.join('/')) ? [] : [`'${specifier}' is no dependency`];
  }
  const to = layerOf(target);
  if (to === undefined) return [`'${specifier}' lies in no layer of the program`];
  if (to.folder === from.folder || to.height < from.height) return [];
  const direction = to.height === from.height ? 'sideways' : 'upward';
  return [`'${specifier}' is ${direction} from ${from.folder}`];
}

function builtinProblems(from: { folder: string; height: number }, specifier: string): string[] {
  if (PROCESSES.test(specifier) && from.folder !== 'workers') {
    return [`'${specifier}' belongs in workers/`];
  }
  const transport = layerOf('src/transport/')?.height ?? 0;
  const mayTouchSockets = from.height > transport || from.folder === 'src/transport';
  if (NETWORK.test(specifier) && !mayTouchSockets) {
    return [`'${specifier}' is for src/transport and above, not for ${from.folder}`];
  }
  return [];
}

/** The folder of the kind that a path lies in, such as src/filters/waf. */
function kindOf(target: string | undefined): string | undefined {
  const home = KIND_FOLDERS.find((folder) => target?.startsWith(`${folder}/`));
  const inside = home === undefined ? [] : (target ?? '').slice(home.length + 1).split('/');
  return inside.length > 1 ? `${home}/${inside[0]}` : undefined;
}

/** Path from the root of what a specifier of the project names; undefined for packages. */
function resolved(path: string, specifier: string): string | undefined {
  if (specifier.startsWith('#')) return specifier.slice(1);
  if (specifier.startsWith('.')) return posix.join(posix.dirname(path), specifier);
  return undefined;
}

/** Comments become nothing. A `//` inside a string goes too: it never precedes an import. */
function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[\s;{}(,])\/\/.*$/gm, '$1');
}
