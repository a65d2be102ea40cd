/** The declarations of directives → the types of weir.config.ts (blocks.ts), with their texts. */
import { CHAPTERS } from '#src/config/registry.ts';
import {
  functionBalancerDirectives,
  functionDirectives,
  functionHandlerDirectives,
  functionVariableDirectives,
} from '#src/functions/directives.ts';
import type { Argument, Context, Directive } from '#src/schema/directive.ts';
import { providerDirectives } from '#src/upstream/discovery/provider-directives.ts';
import { camelName } from './names.ts';
import { SAFE_DEFAULTS } from './safe-defaults.ts';
import { TABLES, TEXT_DIRECTIVES } from './to-nodes.ts';

const HEAD = `/**
 * What may stand in weir.config.ts, block by block. Generated from the declarations of the
 * directives (src/config/typed/render-blocks.ts); do not edit. To write it anew:
 * WEIR_UPDATE_DOCS=1 node --test src/config/directives-page.test.ts
 */
`;

/** The types of what functions are given to. */
const FUNCTION_TYPES: Readonly<Record<string, string>> = {
  [functionBalancerDirectives.balancer.name]: 'BalancerFunction',
  [functionHandlerDirectives.handler.name]: 'Handler',
  [functionDirectives.requestFilters.name]: 'Several<RequestFilter>',
  [functionDirectives.responseBody.name]: 'ResponseBodyFilter',
  [functionDirectives.responseFilters.name]: 'Several<ResponseFilter>',
  [providerDirectives.providers.name]: 'Several<ProviderFunction | string>',
  [functionVariableDirectives.variables.name]: 'Readonly<Record<string, VariableFunction>>',
};

const SAFE = new Map(SAFE_DEFAULTS.map(([name, ...words]) => [name, words.join(' ')]));
const LINE_WIDTH = 100;

/** The text of blocks.ts. */
export function renderBlocks(): string {
  const directives = CHAPTERS.flatMap(({ sets }) => sets.flatMap((set) => Object.values(set)));
  const contexts = new Set<Context>(directives.flatMap((directive) => directive.contexts));
  const blocks = [...contexts].map((context) => {
    const own = directives.filter((directive) => directive.contexts.includes(context));
    return renderBlock(context, own);
  });
  const body = blocks.join('\n');
  return `${HEAD}${importsOf(body)}\n${body}`;
}

function renderBlock(context: Context, directives: readonly Directive[]): string {
  const rows = directives.flatMap((directive) => [
    ...comment(docOf(directive)),
    ...field(camelName(directive.name), typeOf(directive)),
  ]);
  return [
    `/** ${context === 'main' ? 'The whole configuration.' : `What may stand in \`${context}\`.`} */`,
    `export interface ${blockName(context)} {`,
    ...comment('Files of nginx.conf, by name or pattern, relative to this one: they stand here.'),
    ...field('include', 'Several<string>'),
    ...rows,
    '}',
    '',
  ].join('\n');
}

/** `location-if` → `LocationIfBlock`; the whole is `WeirConfig`. */
function blockName(context: Context): string {
  if (context === 'main') return 'WeirConfig';
  const name = camelName(`_${context.replaceAll('-', '_')}`);
  return `${name}Block`;
}

function typeOf(directive: Directive): string {
  const { argument, name, opens, repeat } = directive;
  const known = FUNCTION_TYPES[name];
  if (known !== undefined) return known;
  if (TABLES.has(name)) return 'Tables';
  if (opens === 'types') return 'MediaTypes';
  if (opens !== undefined) {
    const block = blockName(opens);
    if (argument.maxWords > 0) return `Several<NamedBlocks<${block}>>`;
    return repeat === true ? `Several<Block<${block}>>` : `Block<${block}>`;
  }
  if (argument.maxWords === 0) return 'boolean';
  const isText = TEXT_DIRECTIVES.has(name);
  if (argument.maxWords > 1) {
    if (repeat === true) return isText ? 'TextRows' : 'Rows';
    return isText ? 'Texts' : 'Words';
  }
  const single = isText ? 'Text' : singleType(argument);
  return repeat === true ? `Several<${single}>` : single;
}

function singleType({ accepts }: Argument<unknown>): string {
  switch (accepts) {
    case 'flag':
      return 'Flag';
    case 'number':
      return 'number';
    case 'time':
      return 'Time';
    case 'size':
      return 'Size';
    case 'text':
      return 'string';
    case undefined:
      return 'Word';
    default:
      return accepts.map((word) => `'${word}'`).join(' | ');
  }
}

/** One line, or one per alternative when that is too long. */
function field(name: string, type: string): string[] {
  const line = `  readonly ${name}?: ${type} | undefined;`;
  if (line.length <= LINE_WIDTH) return [line];
  const parts = [...type.split(' | '), 'undefined'];
  return [
    `  readonly ${name}?:`,
    ...parts.map((part, i) => `    | ${part}${i === parts.length - 1 ? ';' : ''}`),
  ];
}

function docOf({ argument, doc, name, opens }: Directive): string {
  const end = opens === undefined ? '' : opens === 'types' ? '' : ' { … }';
  const usage = argument.usage === '' ? '' : ` ${argument.usage}`;
  const standard = SAFE.get(name) ?? argument.default?.join(' ');
  const holds = standard ? ` (without it: \`${standard}\`)` : '';
  return `\`${name}${usage}${end}\`${holds}. ${doc}`.replaceAll('*/', '*\u200b/');
}

/** A doc comment, its lines cut at blanks. */
function comment(text: string): string[] {
  const lines: string[] = [];
  let line = '   *';
  for (const word of text.split(/\s+/)) {
    if (line.length + word.length >= LINE_WIDTH && line !== '   *') {
      lines.push(line);
      line = '   *';
    }
    line += ` ${word}`;
  }
  return ['  /**', ...lines, line, '   */'];
}

function importsOf(body: string): string {
  const list = (names: readonly string[]): string[] => {
    return names.filter((name) => new RegExp(`\\b${name}\\b(?!\`)`).test(body)).toSorted();
  };
  return [
    named(
      list([
        'BalancerFunction',
        'Handler',
        'ProviderFunction',
        'RequestFilter',
        'ResponseBodyFilter',
        'ResponseFilter',
        'VariableFunction',
      ]),
      FUNCTIONS,
    ),
    named(list(VALUES), './values.ts'),
    '',
  ].join('\n');
}

const FUNCTIONS = '#src/functions/contexts.ts';
const VALUES = [
  'Block',
  'Flag',
  'MediaTypes',
  'NamedBlocks',
  'Rows',
  'Several',
  'Size',
  'Tables',
  'Text',
  'TextRows',
  'Texts',
  'Time',
  'Word',
  'Words',
];

function named(names: readonly string[], from: string): string {
  const line = `import type { ${names.join(', ')} } from '${from}';`;
  if (line.length <= LINE_WIDTH) return line;
  return `import type {\n${names.map((name) => `  ${name},\n`).join('')}} from '${from}';`;
}
