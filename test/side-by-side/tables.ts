// Generated `map`, `geo` and `split_clients`.

import { block, type ConfNode, directive, word } from './conf-node.ts';
import type { Values } from './values.ts';

/** One table of a variable of its own. */
export function table(values: Values): ConfNode {
  const { random, names } = values;
  const name = `t${names.variables.length}`;
  const made = random.pick([map, map, map, geo, splitClients])(values, name);
  names.variables.push(name);
  return made;
}

function map(values: Values, name: string): ConfNode {
  const { random } = values;
  const lines: ConfNode[] = [];
  const keys = new Set<string>();
  const isOfHosts = random.chance(0.3);
  if (isOfHosts) lines.push(directive('hostnames'));
  if (random.chance(0.7)) lines.push(directive('default', mapped(values)));
  for (let count = random.pick([1, 2, 3, 4]); count > 0; count--) {
    const key = mapKey(values, isOfHosts);
    if (keys.has(key.toLowerCase())) continue;
    keys.add(key.toLowerCase());
    lines.push(directive(key, mapped(values)));
  }
  if (random.chance(0.2)) lines.push(directive('volatile'));
  const source = isOfHosts ? word(random.pick(['$host', '$http_host', '$arg_a'])) : values.text();
  return block('map', [source, `$${name}`], lines);
}

function mapKey(values: Values, isOfHosts: boolean): string {
  const { random } = values;
  if (isOfHosts && random.chance(0.7))
    return random.pick(['one.test', '*.two.test', '.three.test', 'www.*', 'x']);
  if (random.chance(0.5)) return word(`~${random.chance(0.3) ? '*' : ''}${values.valuePattern()}`);
  return word(
    random.pick(['/a', '/a/', 'one', 'v', '1', 'GET', 'one.test', '\\default', 'x=y', '']),
  );
}

function mapped(values: Values): string {
  return values.random.chance(0.5) ? values.text() : word(values.literal());
}

function geo({ random }: Values, name: string): ConfNode {
  const lines: ConfNode[] = [];
  const isOfRanges = random.chance(0.3);
  if (isOfRanges) lines.push(directive('ranges'));
  if (random.chance(0.7)) lines.push(directive('default', random.pick(['none', '""', '0'])));
  const keys = isOfRanges
    ? ['127.0.0.0-127.0.0.255', '127.0.1.0-127.0.1.4', '10.0.0.0-10.1.2.3']
    : ['127.0.0.0/8', '127.0.1.0/24', '127.0.1.2', '127.0.0.1/32', '10.0.0.0/8', '::1'];
  for (const key of keys) {
    if (random.chance(0.5)) lines.push(directive(key, random.pick(['A', 'B', 'two', '1'])));
  }
  if (lines.length === 0) lines.push(directive('default', 'x'));
  const address = random.chance(0.4) ? [random.pick(['$arg_a', '$http_x_a', '$remote_addr'])] : [];
  return block('geo', [...address, `$${name}`], lines);
}

function splitClients(values: Values, name: string): ConfNode {
  const { random } = values;
  const first = random.pick(['10%', '33.3%', '50%', '0.01%', '100%']);
  const lines = [directive(first, random.pick(['one', 'A', '""']))];
  if (first !== '100%' && random.chance(0.5)) lines.push(directive('20%', 'second'));
  if (first !== '100%' && random.chance(0.8)) lines.push(directive('*', 'rest'));
  return block('split_clients', [values.text(), `$${name}`], lines);
}
