/** Stop 5 of a request: its path made normal, its server by host, its location by path. */

import { Exchange } from '#src/exchange/exchange.ts';
import { normalisePath } from '#src/http/target.ts';
import { compilePattern } from '#src/pattern/pattern.ts';
import { LocationTree } from '#src/routing/location-tree.ts';
import type { HostName, Location, VirtualServer } from '#src/routing/model.ts';
import { Router } from '#src/routing/router.ts';
import type { CapturingPattern } from '#src/schema/directive.ts';
import { KeptPattern } from '#src/variables/table-variables.ts';
import type { Bench } from './measure.ts';

const VARIANTS = 256;

function location(path: string): Location {
  return { match: { kind: 'prefix', path }, handler: { kind: 'none' } } as Location;
}

function exchangeFor(path: string): Exchange {
  const exchange = new Exchange();
  const { request } = exchange;
  const bytes = Buffer.from(path);
  request.fields.take(bytes, 0, bytes.length);
  request.locateTarget(0, bytes.length);
  request.locatePath(-1);
  return exchange;
}

function find(count: number): Bench['run'] {
  const paths = Array.from({ length: count - 1 }, (_, index) => `/service-${index}/v${index % 3}/`);
  const tree = LocationTree.of(['/', ...paths].map(location));
  const asked = Array.from({ length: VARIANTS }, (_, variant) => {
    const path =
      variant % 4 === 0
        ? `/other/${variant}`
        : `${paths[variant % (count - 1)] ?? '/'}items/${variant}`;
    return exchangeFor(path);
  });
  return (operations) => {
    let total = 0;
    for (let i = 0; i < operations; i += 1) {
      total += tree.find(asked[i % VARIANTS] as Exchange)?.match.path.length ?? 0;
    }
    return total;
  };
}

/** Expressions as sites have them, tried one after the other; the path is of the last, or of none. */
function findRegex(count: number, isFound: boolean): Bench['run'] {
  const sources = Array.from({ length: count }, (_, index) => `^/service-${index}/(\\d+)\\.html$`);
  const locations = sources.map((source) => {
    const pattern = patternOf(source);
    return { match: { kind: 'regex', path: source, pattern }, handler: { kind: 'none' } };
  }) as unknown as Location[];
  const tree = LocationTree.of([location('/'), ...locations]);
  const asked = Array.from({ length: VARIANTS }, (_, variant) =>
    exchangeFor(isFound ? `/service-${count - 1}/${variant}.html` : `/other/${variant}`),
  );
  return (operations) => {
    let total = 0;
    for (let i = 0; i < operations; i += 1) {
      total += tree.find(asked[i % VARIANTS] as Exchange)?.match.path.length ?? 0;
    }
    return total;
  };
}

function patternOf(source: string): CapturingPattern<Exchange> {
  const pattern = compilePattern(source, { caseless: false });
  if ('problem' in pattern) throw new Error(pattern.problem);
  return new KeptPattern(pattern, []);
}

/** Names of servers, and the hosts that are asked for. */
interface Names {
  readonly names: readonly HostName[];
  readonly hosts: readonly string[];
}

function plain(name: string): HostName {
  return { name, pattern: undefined };
}

const indexes = Array.from({ length: VARIANTS }, (_, index) => index);
const exactNames: Names = {
  names: indexes.map((index) => plain(`site-${index}.example.com`)),
  hosts: indexes.map((index) => `site-${index}.example.com`),
};
const wildNames: Names = {
  names: indexes.map((index) => plain(`*.site-${index}.example.com`)),
  hosts: indexes.map((index) => `www.site-${index}.example.com`),
};
/** Ten, of which each is the one: on average five are tried. */
const regexNames: Names = {
  names: indexes.slice(0, 10).map((index) => {
    const source = `^(?<user>[a-z]+)\\.site-${index}\\.example\\.com$`;
    return { name: `~${source}`, pattern: patternOf(source) };
  }),
  hosts: indexes.map((index) => `www.site-${index % 10}.example.com`),
};

function findServer({ hosts, names }: Names): Bench['run'] {
  const servers = names.map((name) => ({
    names: [name],
    listens: [{ key: 'a', isDefault: false }],
    locations: [location('/')],
    fallback: location('/'),
    conditional: [],
    isLogged: false,
    place: { file: '', line: 1, column: 1 },
  })) satisfies VirtualServer[];
  const router = new Router(servers);
  const exchanges = hosts.map((host) => {
    const exchange = new Exchange();
    exchange.request.host = host;
    return exchange;
  });
  return (operations) => {
    let total = 0;
    for (let i = 0; i < operations; i += 1) {
      total += router.findServer('a', exchanges[i % VARIANTS] as Exchange)?.name.length ?? 0;
    }
    return total;
  };
}

function normalise(pathOf: (variant: number) => string): Bench['run'] {
  const paths = Array.from({ length: VARIANTS }, (_, variant) => pathOf(variant));
  return (operations) => {
    let total = 0;
    for (let i = 0; i < operations; i += 1) {
      total += normalisePath(paths[i % VARIANTS] ?? '/')?.length ?? 0;
    }
    return total;
  };
}

export const benches: readonly Bench[] = [
  { name: 'location of 3', run: find(3) },
  { name: 'location of 30', run: find(30) },
  { name: 'location of 1000', run: find(1000) },
  { name: 'location of 3 regexes, the last', run: findRegex(3, true) },
  { name: 'location of 3 regexes, none', run: findRegex(3, false) },
  { name: 'location of 30 regexes, none', run: findRegex(30, false) },
  { name: 'server of 256 names', run: findServer(exactNames) },
  { name: 'server of 256 wildcards', run: findServer(wildNames) },
  { name: 'server of 10 regexes', run: findServer(regexNames) },
  { name: 'normal path, 30 bytes', run: normalise((n) => `/api/v1/users/${n}/items/last`) },
  { name: 'path with escapes and dots', run: normalise((n) => `/api/../v1/%75sers/${n}//items`) },
];
