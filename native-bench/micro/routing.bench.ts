/** Stop 5 of a request: its path made normal, its server by host, its location by path. */

import { Exchange } from '#src/exchange/exchange.ts';
import { normalisePath } from '#src/http/target.ts';
import { LocationTree } from '#src/routing/location-tree.ts';
import type { Location, VirtualServer } from '#src/routing/model.ts';
import { Router } from '#src/routing/router.ts';
import type { Bench } from './measure.ts';

const VARIANTS = 256;

function location(path: string): Location {
  return { match: { kind: 'prefix', path }, handler: { kind: 'none' } } as Location;
}

function find(count: number): Bench['run'] {
  const paths = Array.from({ length: count - 1 }, (_, index) => `/service-${index}/v${index % 3}/`);
  const tree = LocationTree.of(['/', ...paths].map(location));
  const asked = Array.from({ length: VARIANTS }, (_, variant) => {
    const path =
      variant % 4 === 0
        ? `/other/${variant}`
        : `${paths[variant % (count - 1)] ?? '/'}items/${variant}`;
    const exchange = new Exchange();
    const { request } = exchange;
    const bytes = Buffer.from(path);
    request.fields.take(bytes, 0, bytes.length);
    request.locateTarget(0, bytes.length);
    request.locatePath(-1);
    return exchange;
  });
  return (operations) => {
    let total = 0;
    for (let i = 0; i < operations; i += 1) {
      total += tree.find(asked[i % VARIANTS] as Exchange)?.match.path.length ?? 0;
    }
    return total;
  };
}

function findServer(): Bench['run'] {
  const hosts = Array.from({ length: VARIANTS }, (_, index) => `site-${index}.example.com`);
  const servers = hosts.map((name) => ({
    names: [{ name, pattern: undefined }],
    listens: [{ key: 'a', isDefault: false }],
    locations: [location('/')],
    fallback: location('/'),
    conditional: [],
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
  { name: 'server of 256 names', run: findServer() },
  { name: 'normal path, 30 bytes', run: normalise((n) => `/api/v1/users/${n}/items/last`) },
  { name: 'path with escapes and dots', run: normalise((n) => `/api/../v1/%75sers/${n}//items`) },
];
