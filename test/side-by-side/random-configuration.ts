// Random configurations that nginx accepts, out of what Weir has, and requests to them.

import { Random } from '#test/fuzz/random.ts';
import { block, type ConfNode, directive, render, word } from './conf-node.ts';
import { type Around, location, namedLocation } from './locations.ts';
import { type Dialogue, randomDialogue } from './random-request.ts';
import { answer, rewriteStep } from './rewrites.ts';
import { EMPTIED, setting } from './settings.ts';
import { table } from './tables.ts';
import { HOSTS, Values } from './values.ts';

/**
 * What stands in `http { }`, and what is asked. HERE, PORT_A, PORT_B, ORIGIN (address and port),
 * SOCKET (the origin's unix socket) and DEAD (nobody listens) are filled in when it runs.
 */
export interface Configuration {
  readonly nodes: readonly ConfNode[];
  readonly dialogues: readonly Dialogue[];
}

/** At least; the last dialogue may bring some more. */
export const REQUESTS = 16;

/** The same seed and index give the same configuration. */
export function randomConfiguration(seed: number, index: number): Configuration {
  const random = new Random(Math.imul(seed, 1_000_003) + index);
  const values = new Values(random);
  const nodes: ConfNode[] = [];
  for (let count = random.pick([0, 0, 1, 1, 2]); count > 0; count--) nodes.push(table(values));
  const upstreams = Array.from({ length: random.pick([0, 0, 1, 2]) }, (_, at) => `up${at}`);
  nodes.push(...upstreams.map((name) => upstream(random, name)));
  nodes.push(...settings(values, 'http', []));
  const paths = ['/'];
  const defaults = new Set<string>();
  for (let count = random.pick([1, 1, 2, 3]); count > 0; count--) {
    nodes.push(server(values, upstreams, paths, defaults));
  }
  nodes.push(...undefinedNames(values, nodes));
  nodes.splice(0, nodes.length, ...withoutLength(nodes, false));
  const ports = (['PORT_A', 'PORT_B'] as const).filter((port) => render(nodes).includes(port));
  const dialogues: Dialogue[] = [];
  for (let count = 0; count < REQUESTS; ) {
    const dialogue = randomDialogue(values, paths, ports);
    dialogues.push(dialogue);
    count += dialogue.asked.length;
  }
  return { nodes, dialogues };
}

/**
 * Where a body stays here, nginx sends its length all the same unless that is emptied, and waits for
 * an origin that waits for the body: a location with fields of its own empties it again.
 */
function withoutLength(nodes: readonly ConfNode[], isAround: boolean): ConfNode[] {
  const isOff = nodes.findLast(({ name }) => name === 'proxy_pass_request_body')?.words[0];
  const stays = isOff === undefined ? isAround : isOff === 'off';
  const fields = nodes.filter(({ name }) => name === 'proxy_set_header');
  const isEmptied = fields.some(({ words }) => words[0] === EMPTIED[0]);
  const needs = stays && fields.length > 0 && !isEmptied;
  return [
    ...nodes.map((node) => {
      return node.block === undefined ? node : { ...node, block: withoutLength(node.block, stays) };
    }),
    ...(needs ? [directive('proxy_set_header', ...EMPTIED)] : []),
  ];
}

/** Names that are used and came to be nowhere, because what would have made them was dropped. */
function undefinedNames({ names }: Values, nodes: readonly ConfNode[]): readonly ConfNode[] {
  const text = render(nodes);
  return [...new Set(names.variables)]
    .filter(
      (name) =>
        !new RegExp(`\\(\\?<${name}>|(?:set|map .*|geo.*|clients .*) \\$${name} `).test(text),
    )
    .map((name) => block('map', ['""', `$${name}`], []));
}

function upstream(random: Random, name: string): ConfNode {
  // Only what does not depend on what was asked before: all of them alike, and never given up.
  const address = random.pick(['ORIGIN', 'ORIGIN', 'ORIGIN', 'ORIGIN', 'unix:SOCKET', 'DEAD']);
  const count = random.pick([1, 1, 2, 3]);
  const content = Array.from({ length: count }, () => directive('server', address, 'max_fails=0'));
  if (random.chance(0.2)) content.push(directive('server', 'DEAD', 'down'));
  if (random.chance(0.2)) content.push(directive('keepalive', '2'));
  return block('upstream', [name], content);
}

function settings(
  values: Values,
  level: 'http' | 'server',
  named: readonly string[],
): readonly ConfNode[] {
  const made: ConfNode[] = [];
  for (let count = values.random.pick([0, 1, 1, 2, 3]); count > 0; count--) {
    const some = setting(values, { level, named, isProxied: false });
    if (some.every(({ name }) => made.every((other) => other.name !== name))) made.push(...some);
  }
  return made;
}

function server(
  values: Values,
  upstreams: readonly string[],
  paths: string[],
  defaults: Set<string>,
): ConfNode {
  const { random } = values;
  const content: ConfNode[] = [];
  for (const port of random.pick([['PORT_A'], ['PORT_A'], ['PORT_B'], ['PORT_A', 'PORT_B']])) {
    const isDefault = !defaults.has(port) && random.chance(0.2);
    if (isDefault) defaults.add(port);
    content.push(directive('listen', `HERE:${port}`, ...(isDefault ? ['default_server'] : [])));
  }
  if (random.chance(0.9)) content.push(serverName(values));
  const named = Array.from({ length: random.pick([0, 0, 1, 2]) }, (_, at) => `@n${at}`);
  content.push(...settings(values, 'server', named));
  const place = { level: 'server', named, isProxied: false } as const;
  for (let count = random.pick([0, 0, 0, 0, 1, 2]); count > 0; count--) {
    content.push(rewriteStep(values, place));
  }
  if (random.chance(0.06)) content.push(answer(values));
  const around: Around = { prefix: '', depth: 0, named, upstreams, taken: new Set(), paths };
  for (let count = random.pick([1, 2, 3, 4, 5]); count > 0; count--) {
    const made = location(values, around);
    if (made !== undefined) content.push(made);
  }
  content.push(...named.map((name) => namedLocation(values, around, name)));
  return block('server', [], content);
}

function serverName(values: Values): ConfNode {
  const { names, random } = values;
  const list = Array.from({ length: random.pick([1, 1, 2, 3]) }, () => {
    if (random.chance(0.15)) {
      names.variables.push('sub');
      return word(
        random.pick(['~^(?<sub>\\w+)\\.four\\.test$', '~^(?<sub>.)', '~^(?<sub>WWW)\\.']),
      );
    }
    const wide = ['*.two.test', '.three.test', 'www.*', '*.a.two.test', '_', '""'] as const;
    return random.pick([random.pick(HOSTS), random.pick(HOSTS), random.pick(wide)]);
  });
  return directive('server_name', ...new Set(list));
}
