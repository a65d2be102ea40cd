/** Files, `-g` and host names → a tree that needs nothing more from outside. */
import { ADDRCONFIG } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { dirname, resolve } from 'node:path';
import { parse } from '#src/config/syntax/parser.ts';
import { type Evaluation, fileOf } from '#src/config/typed/program.ts';
import { isProgramFile } from '#src/config/typed/program-modules.ts';
import { withSafeDefaults } from '#src/config/typed/safe-defaults.ts';
import { syslogHostOf } from '#src/exchange/syslog-argument.ts';
import { type Problem, Problems } from '#src/schema/problem.ts';
import type { ConfigNode, Word } from '#src/schema/tree.ts';
import { hostNameOf } from '#src/upstream/resolve-address.ts';
import { resolverHostOf } from '#src/upstream/resolver-argument.ts';
import { buildModel } from './build.ts';
import { FileReader } from './file-reader.ts';
import type { BuiltModel, Inspect } from './model-builder.ts';
import type { ConfigTree, Source } from './tree.ts';

/** The IP addresses of a host name; empty when there are none. */
export type HostLookup = (name: string) => Promise<readonly string[]>;

/** What to read. */
export interface ReadOptions {
  /** `-c`; a relative path is taken from the prefix when one is given, else from where we are. */
  readonly file: string;
  /** `-p`; without it, the folder above that of the main file (`conf/weir.conf` → `.`). */
  readonly prefix?: string | undefined;
  /** `-g`: directives for the top level, read before the file. */
  readonly globals?: string | undefined;
  /** `-e`: where errors go when no `error_log` says otherwise; `stderr` when not given. */
  readonly errorLog?: string | undefined;
  /** Evaluates a weir.config.ts, outside of this process; without it there are none. */
  readonly evaluate?: (file: string) => Promise<Evaluation>;
  /** Stands in for DNS and /etc/hosts in tests. */
  readonly lookup?: HostLookup;
}

/** What was read; the tree is usable only when no problem is an `emerg`. */
export interface ReadConfiguration {
  readonly tree: ConfigTree;
  /** Every file in the order of reading, for `-T`. */
  readonly sources: readonly Source[];
  readonly problems: readonly Problem[];
}

/** Where problems of `-g` are said to be. */
const COMMAND_LINE = 'command line';

/** Reads a configuration with everything that it includes. Never throws. */
export async function readConfiguration(options: ReadOptions): Promise<ReadConfiguration> {
  const problems = new Problems();
  const file = resolve(options.prefix ?? '.', options.file);
  const prefix = resolve(options.prefix ?? dirname(dirname(file)));
  const reader = new FileReader(file, problems, prefix);
  const globals = parse(closed(options.globals ?? ''), COMMAND_LINE, problems);
  const evaluation = isProgramFile(file) ? await options.evaluate?.(file) : undefined;
  const main =
    evaluation === undefined
      ? reader.readFile(file, { file: '', line: 0, column: 0 })
      : readProgram(evaluation, file, reader, problems);
  const nodes = [...reader.expand(globals, []), ...main];
  const hosts = await lookUpHosts(nodes, options.lookup ?? systemLookup);
  const defaultPort = process.geteuid?.() === 0 ? 80 : 8_000;
  const { errorLog: given = 'stderr' } = options;
  const errorLog = given === 'stderr' ? given : resolve(prefix, given);
  const program = evaluation?.program;
  const tree = {
    file,
    prefix,
    nodes,
    hosts,
    errorLog,
    defaultPort,
    ...(program === undefined ? {} : { program }),
  };
  return { tree, sources: reader.sources, problems: problems.list };
}

/** What a weir.config.ts gave, with the files of nginx.conf that it includes. */
function readProgram(
  { nodes, problems: found, program }: Evaluation,
  file: string,
  reader: FileReader,
  problems: Problems,
): ConfigNode[] {
  for (const problem of found) problems.add(problem);
  for (const { url, text } of program?.modules ?? []) reader.keep(fileOf(url), text);
  return withSafeDefaults(reader.expand(nodes, [file]));
}

/** A configuration read and compiled, with all its problems in the order of the files. */
export interface LoadedConfiguration extends ReadConfiguration {
  /** Undefined exactly when a problem is an `emerg`. */
  readonly model: BuiltModel['model'];
}

/** Reads, compiles, and gathers the problems of both; `inspect` sees the tree when nothing is fatal. */
export async function loadConfiguration(
  options: ReadOptions,
  inspect?: Inspect,
): Promise<LoadedConfiguration> {
  const { tree, sources, problems: found } = await readConfiguration(options);
  // A program that could not be evaluated has no tree, and of that there is nothing to say.
  const isRead = tree.nodes.length > 0 || found.every(({ severity }) => severity !== 'emerg');
  const built = isRead ? buildModel(tree, undefined, inspect) : NOTHING_BUILT;
  const problems = inOrder([...found, ...built.problems], sources);
  const isGood = problems.every((problem) => problem.severity !== 'emerg');
  return { tree, sources, problems, model: isGood ? built.model : undefined };
}

const NOTHING_BUILT: BuiltModel = { model: undefined, problems: [] };

/** By file in the order of reading, then by line and column. */
function inOrder(problems: readonly Problem[], sources: readonly Source[]): readonly Problem[] {
  const rank = new Map(sources.map(({ file }, i) => [file, i]));
  const rankOf = ({ file }: Problem): number => rank.get(file) ?? -1;
  return problems.toSorted((a, b) => {
    return rankOf(a) - rankOf(b) || a.line - b.line || a.column - b.column;
  });
}

/** nginx takes `-g 'daemon off'` without its semicolon too. */
function closed(globals: string): string {
  return /[;}]\s*$/.test(globals) || globals.trim() === '' ? globals : `${globals};`;
}

async function lookUpHosts(
  nodes: readonly ConfigNode[],
  find: HostLookup,
): Promise<Record<string, readonly string[]>> {
  const names = new Set<string>();
  collectHosts(nodes, names, new Set(upstreamNames(nodes)));
  const found = await Promise.all(
    [...names].map(async (name) => [name, await find(name)] as const),
  );
  return Object.fromEntries(found.filter(([, addresses]) => addresses.length > 0));
}

/** The names that stand where an address is expected. */
function collectHosts(
  nodes: readonly ConfigNode[],
  names: Set<string>,
  upstreams: ReadonlySet<string>,
): void {
  for (const node of nodes) {
    if (node.block !== undefined) collectHosts(node.block, names, upstreams);
    for (const host of hostsIn(node, upstreams)) if (host !== undefined) names.add(host);
  }
}

function hostsIn(
  { name, words, block }: ConfigNode,
  upstreams: ReadonlySet<string>,
): readonly (string | undefined)[] {
  const text = words[0]?.text;
  if (text === undefined) return [];
  switch (name) {
    case 'access_log':
    case 'error_log':
      return [syslogHostOf(text)];
    case 'resolver':
      return words.map((word) => resolverHostOf(word.text));
    case 'proxy_pass': {
      if (text.includes('$')) return []; // looked up when it is known
      const host = hostNameOf(text.replace(/^http:\/\//i, '').replace(/[/?#].*$/s, ''));
      return host !== undefined && upstreams.has(host.toLowerCase()) ? [] : [host];
    }
    case 'listen':
      return /^\d+$/.test(text) ? [] : [hostNameOf(text)];
    case 'server':
      // With `resolve` it is looked up while traffic flows, by the servers of `resolver`.
      return block === undefined && !words.some(isResolve) ? [hostNameOf(text)] : [];
    case 'set_real_ip_from':
      return [hostNameOf(text)];
  }
  return [];
}

function isResolve({ text }: Word): boolean {
  return text === 'resolve';
}

function upstreamNames(nodes: readonly ConfigNode[]): string[] {
  return nodes.flatMap(({ name, words, block = [] }) => {
    if (name === 'http') return upstreamNames(block);
    return name === 'upstream' && words[0] !== undefined ? [words[0].text.toLowerCase()] : [];
  });
}

/** The system's resolver: /etc/hosts, then DNS; only families that this machine has. */
async function systemLookup(name: string): Promise<readonly string[]> {
  // ADDRCONFIG finds nothing on a machine that has only its loopback; then we ask without.
  for (const hints of [ADDRCONFIG, 0]) {
    try {
      const found = await lookup(name, { all: true, order: 'verbatim', hints });
      if (found.length > 0) return [...new Set(found.map(({ address }) => address))];
    } catch (error) {
      // That there is no address at all is reported where the name is used. A resolver that does
      // not answer is not asked twice.
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOTFOUND')) break;
    }
  }
  return name === 'localhost' ? ['127.0.0.1'] : [];
}
