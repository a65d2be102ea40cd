/** The blocks that define variables: `map`, `geo` and `split_clients`. */
import type { Exchange } from '#src/exchange/exchange.ts';
import { compileWord, custom } from '#src/schema/arguments.ts';
import { type Directive, directives, type ParseContext } from '#src/schema/directive.ts';
import type { Problems } from '#src/schema/problem.ts';
import { parseNode, type Scope } from '#src/schema/scope.ts';
import { placeOfWord, type Word } from '#src/schema/tree.ts';
import { parseShare, SplitClients, THE_REST, WHOLE } from '#src/tables/split-clients.ts';
import type { VariableCompiler, VariableDeclaration } from './compiler.ts';
import { parseGeo } from './table-geo.ts';
import { bytesOf, parseVariableName, tableLines, variableNameOf } from './table-lines.ts';
import { parseMap } from './table-map.ts';
import { splitReader, type TableVariable } from './table-variables.ts';

/** Blocks whose lines are data. */
export const tableDirectives = directives({
  maps: {
    name: 'map',
    contexts: ['http'],
    argument: custom<TableVariable>({
      usage: 'string $variable { … }',
      minWords: 2,
      maxWords: 2,
      parse: parseMap,
    }),
    opens: 'types',
    repeat: true,
    inherit: false,
    doc: 'Defines `$variable` by what `string` is, whatever its case: `value result;`, `~regex result;` (`~*` ignores case), `default result;`. Results may have `$names`. After `hostnames;`, values may be `*.example.org`, `.example.org` and `www.example.*`. The same text wins, then the longest wildcard at the front, the longest at the end, the first regular expression. Worked out once per request, unless it is `volatile;`.',
  },
  geos: {
    name: 'geo',
    contexts: ['http'],
    argument: custom<TableVariable>({
      usage: '[$address] $variable { … }',
      minWords: 1,
      maxWords: 2,
      parse: parseGeo,
    }),
    opens: 'types',
    repeat: true,
    inherit: false,
    doc: 'Defines `$variable` by an address, that of the client unless given: `network value;`, `default value;`; the longest prefix wins. `delete network;` takes one out. After `ranges;` the keys are `first-last`, IPv4 only. The last address of X-Forwarded-For counts when the client is a `proxy network;`, the last that is none with `proxy_recursive;`.',
  },
  splits: {
    name: 'split_clients',
    contexts: ['http'],
    argument: custom<TableVariable>({
      usage: 'string $variable { … }',
      minWords: 2,
      maxWords: 2,
      parse: parseSplit,
    }),
    opens: 'types',
    repeat: true,
    inherit: false,
    doc: 'Defines `$variable` by a hash of `string` (MurmurHash2, as in nginx: the same text has the same value in both): `25.5% value;`, and `* value;` for the rest.',
  },
});

const BY_NAME: ReadonlyMap<string, Directive<TableVariable>> = new Map(
  Object.values(tableDirectives).map((directive) => [directive.name, directive]),
);

/** Makes the variables of all blocks known, and reports what is wrong with them. */
export function declareTables(http: Scope, compiler: VariableCompiler, problems: Problems): void {
  const declarations: VariableDeclaration[] = [];
  for (const node of http.nodes) {
    const directive = BY_NAME.get(node.name);
    const word = node.words.at(-1);
    const name = variableNameOf(word);
    // What is no table at all is reported when the tree is checked.
    if (directive === undefined || name === undefined || node.block === undefined) continue;
    declarations.push({
      name,
      place: placeOfWord(node, word),
      build: () => parseNode(directive, node, http, problems),
    });
  }
  compiler.declare(declarations, problems);
}

function parseSplit(words: readonly Word[], context: ParseContext): TableVariable | undefined {
  const [sourceWord, nameWord] = words;
  const name = parseVariableName(nameWord, context);
  const source = sourceWord && compileWord<Exchange>(sourceWord, context);
  const shares: number[] = [];
  const values: string[] = [];
  let sum = 0;
  let isGood = true;
  for (const { node, key, value } of tableLines(context, [], () => {})) {
    const share = parseShare(key);
    if (share === undefined) {
      const advice = 'write "25%", "0.5%" or "*"';
      context.problems.emerg(node, `invalid percent value "${key}"`, advice);
      isGood = false;
      continue;
    }
    sum = share === THE_REST ? WHOLE : sum + share;
    if (sum > WHOLE) {
      context.problems.emerg(node, 'percent total is greater than 100%');
      isGood = false;
    }
    shares.push(share);
    values.push(bytesOf(value.text));
  }
  if (name === undefined || source === undefined || !isGood) return undefined;
  return {
    name,
    read: splitReader(source, new SplitClients(shares), values),
    isVolatile: false,
    isOfConnection: source.isOfConnection,
  };
}
