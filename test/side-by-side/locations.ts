// Generated `location` blocks.

import { block, type ConfNode, directive, word } from './conf-node.ts';
import { answer, rewriteStep } from './rewrites.ts';
import { type Place, setting } from './settings.ts';
import type { Values } from './values.ts';

/** How deep locations nest. */
const MAX_DEPTH = 3;

/** What a location is in. */
export interface Around {
  /** Path of the prefix location around; '' in a server, undefined in one with a regular expression. */
  readonly prefix: string | undefined;
  readonly depth: number;
  readonly named: readonly string[];
  readonly upstreams: readonly string[];
  /** Names that its neighbours have: nginx refuses one twice. */
  readonly taken: Set<string>;
  /** Paths of all locations of the configuration, which requests will ask for. */
  readonly paths: string[];
}

/** A location that may stand there; undefined when the draw gave none. */
export function location(values: Values, around: Around): ConfNode | undefined {
  const { random } = values;
  const kind = around.prefix === undefined ? random.pick(['~', '~*']) : drawKind(values);
  const path = kind.startsWith('~') ? values.pathPattern() : prefixPath(values, around);
  const key = kind === '=' ? `=${path}` : path;
  if (path === '' || around.taken.has(key)) return undefined;
  around.taken.add(key);
  if (kind.startsWith('~')) return whole(values, around, [kind, word(path)], undefined);
  around.paths.push(path);
  const words = kind === '' ? [word(path)] : [kind, word(path)];
  return whole(values, around, words, kind === '=' ? false : path);
}

function drawKind({ random }: Values): '' | '=' | '^~' | '~' | '~*' {
  return random.pick(['', '', '', '', '=', '^~', '~', '~', '~*']);
}

function prefixPath(values: Values, { prefix = '' }: Around): string {
  const { random } = values;
  if (prefix === '') {
    if (random.chance(0.03)) return random.pick(['/a b/', '/é/', '/a+b', '/%41']);
    return values.path();
  }
  return `${prefix}${random.pick(['', '/', values.segment(), `${values.segment()}/`, `/${values.segment()}`])}`;
}

/** @param inner the prefix for locations inside; undefined: regular expressions only; false: none */
function whole(
  values: Values,
  around: Around,
  words: readonly string[],
  inner: string | false | undefined,
): ConfNode {
  const { random } = values;
  const content = locationContent(values, around, typeof inner === 'string');
  if (inner !== false && around.depth < MAX_DEPTH && random.chance(0.3)) {
    const inside = { ...around, prefix: inner, depth: around.depth + 1, taken: new Set<string>() };
    for (let count = random.pick([1, 1, 2]); count > 0; count--) {
      const child = location(values, inside);
      if (child !== undefined) content.push(child);
    }
  }
  return block('location', words, content);
}

/** `location @name`. */
export function namedLocation(values: Values, around: Around, name: string): ConfNode {
  return block('location', [name], locationContent(values, around, false));
}

function locationContent(values: Values, around: Around, mayHaveUri: boolean): ConfNode[] {
  const { random } = values;
  const content: ConfNode[] = [];
  if (random.chance(0.05)) content.push(directive('internal'));
  const place: Place = { level: 'location', named: around.named, isProxied: false };
  for (let count = random.pick([0, 0, 0, 1, 1, 2]); count > 0; count--) {
    content.push(rewriteStep(values, place));
  }
  const handler = random.below(100);
  const isProxied = handler < 55;
  if (isProxied) content.push(directive('proxy_pass', passTarget(values, around, mayHaveUri)));
  else if (handler < 90) content.push(answer(values));
  const settings = new Set<string>();
  for (let count = random.pick([0, 0, 1, 1, 2, 3]); count > 0; count--) {
    const made = setting(values, { ...place, isProxied });
    const [first] = made;
    if (first === undefined || settings.has(first.name)) continue;
    settings.add(first.name);
    content.push(...made);
  }
  return content;
}

function passTarget(values: Values, { upstreams }: Around, mayHaveUri: boolean): string {
  const { random } = values;
  const [group, ...more] = upstreams;
  const isGroup = group !== undefined && random.chance(0.3);
  const other = random.chance(0.1) ? random.pick(['DEAD', 'unix:SOCKET']) : 'ORIGIN';
  const host = isGroup ? random.pick([group, ...more]) : other;
  if (random.chance(0.2)) return passWithVariables(values, host);
  if (host.startsWith('unix:') && mayHaveUri) {
    return `http://${host}${random.pick(['', ':/', ':/up/', ':/up'])}`;
  }
  const uri = random.pick(['', '', '/', '/up/', '/up', '/up/x?q=1', '/%41/']);
  return `http://${host}${mayHaveUri ? uri : ''}`;
}

/** What comes out of them is the whole path, or no path at all. */
function passWithVariables(values: Values, host: string): string {
  const { random } = values;
  const colon = host.startsWith('unix:') ? ':' : '';
  const uri = random.pick([
    ...([
      '$request_uri',
      '$uri',
      '$uri$is_args$args',
      '/v$uri?$args',
      '/$arg_a',
      '/%41$1',
    ] as const),
    ...(['/up?$args', '/$host/x', '?$args', '$document_uri'] as const),
  ]);
  if (random.chance(0.1))
    return word(random.pick(['http://$host', 'http://$arg_a/x', '$http_x_a']));
  if (random.chance(0.1)) return word(`$scheme://${host}`);
  return word(`http://${host}${colon}${uri}`);
}
