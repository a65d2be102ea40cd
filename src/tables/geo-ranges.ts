/**
 * Ranges of IPv4 addresses → steps, by the rules of nginx's `ranges`: it keeps them apart per 65,536
 * addresses, and what may overlap is decided within each such segment.
 */
import { parseIpv4 } from './ip-address.ts';
import { type Ipv4Steps, Ipv4StepsBuilder, NO_VALUE } from './steps.ts';

/** First and last address. */
export interface AddressRange {
  readonly start: number;
  readonly end: number;
}

interface Entry {
  start: number;
  end: number;
  value: number;
}

/** What became of a range: entered, entered in place of another one, or refused. */
export type RangeOutcome =
  | { readonly kind: 'added' }
  /** The whole range or a segment of it was there, with that value. */
  | { readonly kind: 'duplicate'; readonly value: number }
  /** It crosses the border of that one. */
  | { readonly kind: 'overlap'; readonly with: AddressRange };

const SEGMENT = 0x10000;
const ADDED: RangeOutcome = { kind: 'added' };

/** Reads `1.2.3.0-1.2.4.255`; undefined when it is none or ends before it starts. */
export function parseRange(text: string): AddressRange | undefined {
  const dash = text.indexOf('-');
  if (dash < 0) return undefined;
  const start = parseIpv4(text, 0, dash);
  const end = parseIpv4(text, dash + 1, text.length);
  return start < 0 || end < start ? undefined : { start, end };
}

/** Gathers ranges, each with the index of a value. */
export class GeoRanges {
  /** High 16 bits → the ranges there, ascending, none touching another one's addresses. */
  readonly #segments = new Map<number, Entry[]>();

  /** Enters a range; inside another one it takes its part away. */
  add(range: AddressRange, value: number): RangeOutcome {
    let outcome = ADDED;
    for (const part of partsOf(range)) {
      const high = Math.floor(part.start / SEGMENT);
      const entries = this.#segments.get(high) ?? [];
      this.#segments.set(high, entries);
      const result = addPart(entries, part, value);
      if (result.kind === 'overlap') return result;
      if (result.kind === 'duplicate') outcome = result;
    }
    return outcome;
  }

  /** Takes that very range out; false when a segment of it was not there as such. */
  delete(range: AddressRange): boolean {
    let wasThere = true;
    for (const { start, end } of partsOf(range)) {
      const entries = this.#segments.get(Math.floor(start / SEGMENT)) ?? [];
      const at = entries.findIndex((entry) => entry.start === start && entry.end === end);
      if (at < 0) wasThere = false;
      else entries.splice(at, 1);
    }
    return wasThere;
  }

  /** What was gathered; `fallback` holds wherever no range does. */
  finish(fallback = NO_VALUE): Ipv4Steps {
    const steps = new Ipv4StepsBuilder();
    let next = 0;
    steps.step(0, fallback);
    const highs = [...this.#segments.keys()].sort((a, b) => a - b);
    for (const { start, end, value } of highs.flatMap((high) => this.#segments.get(high) ?? [])) {
      if (start > next) steps.step(next, fallback);
      steps.step(start, value);
      next = end + 1;
    }
    if (next < 2 ** 32) steps.step(next, fallback);
    return steps.finish();
  }
}

/** A range cut at the borders of segments. */
function* partsOf({ start, end }: AddressRange): Generator<AddressRange> {
  for (let from = start; from <= end; ) {
    const last = Math.min(end, Math.floor(from / SEGMENT) * SEGMENT + SEGMENT - 1);
    yield { start: from, end: last };
    from = last + 1;
  }
}

/** nginx's cases: behind, equal, inside, at either edge; anything else crosses a border. */
function addPart(entries: Entry[], { start, end }: AddressRange, value: number): RangeOutcome {
  // From the end: bases come sorted.
  for (let at = entries.length - 1; at >= 0; at--) {
    const entry = entries[at] as Entry;
    if (end < entry.start) continue;
    if (start > entry.end) {
      entries.splice(at + 1, 0, { start, end, value });
      return ADDED;
    }
    if (start === entry.start && end === entry.end) {
      const before = entry.value;
      entry.value = value;
      return { kind: 'duplicate', value: before };
    }
    if (start < entry.start || end > entry.end) {
      return { kind: 'overlap', with: { start: entry.start, end: entry.end } };
    }
    const pieces: Entry[] = [{ start, end, value }];
    if (start > entry.start) pieces.unshift({ ...entry, end: start - 1 });
    if (end < entry.end) pieces.push({ ...entry, start: end + 1 });
    entries.splice(at, 1, ...pieces);
    return ADDED;
  }
  entries.unshift({ start, end, value });
  return ADDED;
}
