/** Where the policies with a key send the keys of the tests; another process can be asked, too. */

import { TestView } from './balancer.contract.ts';
import { balancerNamed } from './index.ts';
import { placesOf } from './key-policy.contract.ts';

const POLICIES: readonly (readonly [string, ...string[]])[] = [
  ['hash', '$uri'],
  ['hash', '$uri', 'consistent'],
  ['maglev', '$uri'],
  ['rendezvous', '$uri'],
];
const NAMES = Array.from({ length: 9 }, (_, n) => `10.1.2.${n}:8080`);

/** The name of the endpoint of each key, per policy. */
export function maps(): Record<string, string[]> {
  const endpoints = NAMES.map((name, n) => ({ name, server: name, weight: 1 + (n % 3) }));
  const all = POLICIES.map(([name, ...words]): [string, string[]] => {
    const balancer = balancerNamed(name).create({ endpoints, words });
    const places = placesOf(balancer, new TestView(endpoints.map(() => ({}))));
    return [[name, ...words].join(' '), places.map((at) => NAMES[at] as string)];
  });
  return Object.fromEntries(all);
}
