/** `weir config`: what really holds, with defaults and inheritance written out. */
import { effectiveNodes } from '#src/config/effective/effective.ts';
import { print } from '#src/config/syntax/print.ts';
import type { Scope } from '#src/schema/scope.ts';
import type { ConfigNode } from '#src/schema/tree.ts';
import { loadConfiguration } from './configuration.ts';
import { sayProblems } from './say.ts';
import { CONFIG_OPTIONS, configPlaceOf, readOptions } from './sub-command.ts';

const HELP = `Usage: weir config --effective [options]

Prints the configuration as it holds: every default written out, servers and locations with what they
inherit, paths absolute, passwords, keys and tokens masked. The text is a configuration itself, and
means the same, secrets apart. Functions of a weir.config.ts are shown by their names: such a text
cannot be read again, and says so. What was written, comments and all, is printed by weir -T.

Options:
  --effective : what holds
  --json      : as JSON; what was written in a file has its place there
  -c FILE, -p PREFIX, -g DIRECTIVES : the configuration, as without a command
`;

const OPTIONS = { values: CONFIG_OPTIONS, flags: ['--effective', '--json', '-h', '--help'] };

/** @returns the exit code: 0 printed, 1 the configuration cannot be used or the command not read */
export async function printConfig(args: readonly string[], usualFile: string): Promise<number> {
  const given = readOptions(args, OPTIONS);
  if (typeof given === 'string') return failed(given);
  const { flags, words } = given;
  if (flags.has('-h') || flags.has('--help')) {
    process.stdout.write(HELP);
    return 0;
  }
  const [surplus] = words;
  if (surplus !== undefined) return failed(`what is "${surplus}"? (weir config --help)`);
  if (!flags.has('--effective')) return failed('config what? weir config --effective');
  const place = configPlaceOf(given, usualFile);
  const seen: Scope[] = [];
  const { tree, model, problems } = await loadConfiguration(place, (main) => seen.push(main));
  const [main] = seen;
  if (model === undefined || main === undefined) {
    sayProblems(problems.filter(({ severity }) => severity === 'emerg'));
    return failed(`configuration file ${place.file} cannot be used`);
  }
  const functions = new Map(tree.program?.functions.map(({ path, name }) => [path, name]));
  const nodes = named(effectiveNodes(main, tree), functions);
  const isJson = flags.has('--json');
  const text = isJson ? `${JSON.stringify(plain(nodes), undefined, 2)}\n` : print(nodes);
  if (functions.size === 0) process.stdout.write(text);
  else if (isJson) {
    process.stderr.write(`weir: [notice] ${NOT_READABLE}\n`);
    process.stdout.write(text);
  } else process.stdout.write(`# ${NOT_READABLE}\n${text}`);
  return 0;
}

const NOT_READABLE = 'functions are shown by their names: this is for reading, not for -c';

/** Functions stand in a tree by their places. */
function named(
  nodes: readonly ConfigNode[],
  functions: ReadonlyMap<string, string>,
): readonly ConfigNode[] {
  if (functions.size === 0) return nodes;
  return nodes.map((node) => {
    const words = node.words.map((word) => {
      const name = functions.get(word.text);
      return name === undefined ? word : { ...word, text: `function ${name}` };
    });
    const block = node.block === undefined ? {} : { block: named(node.block, functions) };
    return { ...node, words, ...block };
  });
}

/** A node for programs; a default has no place. */
interface PlainNode {
  readonly directive: string;
  readonly args: readonly string[];
  readonly file?: string;
  readonly line?: number;
  readonly block?: readonly PlainNode[];
}

function plain(nodes: readonly ConfigNode[]): readonly PlainNode[] {
  return nodes.map(({ name, words, file, line, block }) => {
    const place = line === 0 ? {} : { file, line };
    const inner = block === undefined ? {} : { block: plain(block) };
    return { directive: name, args: words.map(({ text }) => text), ...place, ...inner };
  });
}

function failed(message: string): number {
  process.stderr.write(`weir: ${message}\n`);
  return 1;
}
