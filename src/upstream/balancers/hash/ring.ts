/**
 * Data path. `hash key consistent`: nginx's ketama ring (semantics.md §21). Each server has 160
 * points per weight, a chain of CRC-32; a key belongs to the next point at or behind its own CRC,
 * and to those behind that while their servers cannot be taken.
 *
 *   points   −2^31 ─ p0 ─ p1 ─ p2 ─ … ─ 2^31−1, then p0 again      (hash ^ 0x80000000: signed order)
 *   owners           g2   g0   g2                                  groups: lines of the same name
 */

import { CRC32_START, crc32Byte, crc32End, crc32Text } from '#src/bytes/crc32.ts';
import type {
  Balancer,
  BalancerMaterial,
  PickScores,
  PickView,
} from '#src/upstream/balancers/balancer.ts';

const POINTS_PER_WEIGHT = 160;
/** More are scaled down, in proportion: 6 MB and a tenth of a second per thread. */
const MAX_POINTS = 1 << 20;
const FLIP = 0x8000_0000 | 0;

/** Endpoints of the same name, as a `server` line with a name of several addresses gives them. */
interface Group {
  readonly server: string;
  readonly members: number[];
  points: number;
}

export class Ring implements Balancer {
  readonly #points: Int32Array;
  readonly #owners: Uint32Array;
  readonly #groups: readonly Int32Array[];
  readonly #weights: Float64Array;
  /** Per endpoint: nginx's `current_weight` within its group. Per thread. */
  readonly #credit: Float64Array;
  /** Which groups this pick has met in vain. */
  readonly #refused: Uint8Array;

  constructor(endpoints: BalancerMaterial['endpoints']) {
    const groups = groupsOf(endpoints);
    const { points, owners } = pointsOf(groups);
    this.#points = points;
    this.#owners = owners;
    this.#groups = groups.map(({ members }) => Int32Array.from(members));
    this.#weights = Float64Array.from(endpoints, ({ weight }) => weight);
    this.#credit = new Float64Array(endpoints.length);
    this.#refused = new Uint8Array(groups.length);
  }

  pick(view: PickView): number {
    const owners = this.#owners;
    let from = this.#find(crc32End(crc32Text(CRC32_START, view.key())) ^ FLIP);
    if (from === owners.length) from = 0;
    const first = owners[from] as number;
    const at = this.#memberOf(first, view);
    return at >= 0 ? at : this.#goOn(from, first, view);
  }

  scores(view: PickView): PickScores {
    const owners = this.#owners;
    const from = this.#find(crc32End(crc32Text(CRC32_START, view.key())) ^ FLIP);
    const met = new Set<number>();
    for (let step = 0; step < owners.length && met.size < this.#groups.length; step++) {
      met.add(owners[(from + step) % owners.length] as number);
    }
    // Of equal hashes one point is kept: a group may have none, and comes last.
    for (const group of this.#groups.keys()) met.add(group);
    const scores = new Array<number>(this.#weights.length).fill(Number.NaN);
    const ties = scores.map(
      (_, at) => -(this.#credit[at] as number) - (this.#weights[at] as number),
    );
    for (const [rank, group] of [...met].entries()) {
      for (const at of this.#groups[group] ?? []) if (view.mayTake(at)) scores[at] = rank;
    }
    return { means: 'others on the ring between the key and it', scores, ties };
  }

  /** The first point at or behind a hash. */
  #find(hash: number): number {
    const points = this.#points;
    let low = 0;
    let high = points.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((points[middle] as number) < hash) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Each group is asked once; when one is left, nobody walks to it. */
  #goOn(from: number, first: number, view: PickView): number {
    const owners = this.#owners;
    const refused = this.#refused.fill(0);
    refused[first] = 1;
    let left = refused.length - 1;
    let point = from;
    while (left > 1) {
      point = point + 1 === owners.length ? 0 : point + 1;
      const group = owners[point] as number;
      if (refused[group] === 1) continue;
      const at = this.#memberOf(group, view);
      if (at >= 0) return at;
      refused[group] = 1;
      left -= 1;
    }
    return left === 0 ? -1 : this.#memberOf(refused.indexOf(0), view);
  }

  /** Those of one name take turns by weight, smoothly. */
  #memberOf(group: number, view: PickView): number {
    const members = this.#groups[group] as Int32Array;
    const only = members[0] as number;
    if (members.length === 1) return view.mayTake(only) ? only : -1;
    const credit = this.#credit;
    let best = -1;
    let total = 0;
    for (let index = 0; index < members.length; index++) {
      const at = members[index] as number;
      if (!view.mayTake(at)) continue;
      const weight = this.#weights[at] as number;
      total += weight;
      credit[at] = (credit[at] as number) + weight;
      if (best < 0 || (credit[at] as number) > (credit[best] as number)) best = at;
    }
    if (best >= 0) credit[best] = (credit[best] as number) - total;
    return best;
  }
}

/** In the order of the endpoints; the points of one name begin alike, so the longest chain counts. */
function groupsOf(endpoints: BalancerMaterial['endpoints']): Group[] {
  const groups = new Map<string, Group>();
  for (const [at, { server, weight }] of endpoints.entries()) {
    const points = weight * POINTS_PER_WEIGHT;
    const group = groups.get(server);
    if (group === undefined) groups.set(server, { server, members: [at], points });
    else {
      group.members.push(at);
      group.points = Math.max(group.points, points);
    }
  }
  return [...groups.values()];
}

function pointsOf(groups: readonly Group[]): { points: Int32Array; owners: Uint32Array } {
  const wanted = groups.reduce((sum, { points }) => sum + points, 0);
  const scale = Math.min(1, MAX_POINTS / wanted);
  const counts = groups.map(({ points }) => Math.max(1, Math.floor(points * scale)));
  const total = counts.reduce((sum, count) => sum + count, 0);
  // One number per point, hash above group: sorting these is quick, and of equal hashes the group
  // that stands first keeps the point, as in nginx.
  const entries = new Float64Array(total);
  let at = 0;
  for (const [number, { server }] of groups.entries()) {
    const start = crc32Text(CRC32_START, Buffer.from(hostAndPort(server)).toString('latin1'));
    let hash = 0;
    for (let count = counts[number] as number; count > 0; count--) {
      let state = start;
      for (let shift = 0; shift < 32; shift += 8) state = crc32Byte(state, hash >>> shift);
      hash = crc32End(state);
      entries[at++] = (hash >>> 0) * groups.length + number;
    }
  }
  entries.sort();
  const points = new Int32Array(total);
  const owners = new Uint32Array(total);
  let kept = 0;
  for (const entry of entries) {
    const hash = Math.floor(entry / groups.length) ^ FLIP;
    if (kept > 0 && points[kept - 1] === hash) continue;
    points[kept] = hash;
    owners[kept++] = entry % groups.length;
  }
  return { points: points.slice(0, kept), owners: owners.slice(0, kept) };
}

/** What a point's chain begins with: HOST NUL PORT, or the path of a unix socket and NUL. */
function hostAndPort(server: string): string {
  if (/^unix:/i.test(server)) return `${server.slice('unix:'.length)}\0`;
  const port = /:(\d*)$/.exec(server);
  return port === null ? `${server}\0` : `${server.slice(0, port.index)}\0${port[1]}`;
}
