import type { WorkOptions } from './work-station.ts';

/**
 * Ways in which an origin misbehaves on purpose, by request field `x-fault: SPEC`, by the
 * behaviour's `fault`, or by `POST /set` at the control port.
 */
export const FAULT_HELP = `  status=N        answer with that status and an empty body
  reset           reset the connection instead of answering
  close           close it (FIN) instead of answering
  reset-after=N   reset after N bytes of the response, head included
  close-after=N   close after N bytes of the response
  hang            never answer
  hang-after=N    stop after N bytes of the response, keep the connection
  truncated       declare the whole length, close in the middle of the body
  extra           append bytes that look like a second response
  both-framings   send Content-Length together with Transfer-Encoding: chunked
  bad-chunk       a chunk whose size is no hexadecimal number
  bad-length      Content-Length: 12x
  two-lengths     two different Content-Length fields
  garbage         bytes that are no HTTP at all
  endless-head    header fields without end (1 MB), never an empty line
  early           answer before the request body has been read`;

/** Names of faults without a number. */
const PLAIN_FAULTS = [
  'reset',
  'close',
  'hang',
  'truncated',
  'extra',
  'both-framings',
  'bad-chunk',
  'bad-length',
  'two-lengths',
  'garbage',
  'endless-head',
  'early',
] as const;
const NUMBER_FAULTS = ['status', 'reset-after', 'close-after', 'hang-after'] as const;

/** A parsed fault; `value` is a status or a number of bytes, 0 where none belongs. */
export interface Fault {
  readonly kind: (typeof PLAIN_FAULTS)[number] | (typeof NUMBER_FAULTS)[number];
  readonly value: number;
}

/** Parses a fault's SPEC; throws an Error that lists the possible ones. */
export function parseFault(spec: string): Fault {
  const plain = PLAIN_FAULTS.find((kind) => kind === spec);
  if (plain !== undefined) return { kind: plain, value: 0 };
  const [name, digits] = spec.split('=');
  const numbered = NUMBER_FAULTS.find((kind) => kind === name);
  if (numbered !== undefined && digits !== undefined && /^\d+$/.test(digits)) {
    return { kind: numbered, value: Number(digits) };
  }
  throw new Error(`unknown fault "${spec}"; faults are:\n${FAULT_HELP}`);
}

/** How an origin behaves; every part can be changed while it runs. */
export interface Behaviour extends WorkOptions {
  /** Work of every request that has no `x-work-ms` field, in milliseconds. */
  workMs: number;
  /** Wait after accepting, before the first byte is read. */
  acceptDelayMs: number;
  /** Wait before the response head, after the work. Field: `x-delay-head-ms`. */
  headDelayMs: number;
  /** Wait between head and body. Field: `x-delay-body-ms`. */
  bodyDelayMs: number;
  /** Wait between pieces of the body. Field: `x-delay-chunk-ms`. */
  chunkDelayMs: number;
  /** What is wrong with answers; undefined: nothing. Field: `x-fault`. */
  fault: string | undefined;
  /** Share of requests (0..1) that `fault` strikes, drawn from the origin's seed. */
  faultShare: number;
  /** Bytes of the default answer's body. */
  bodyBytes: number;
  /** Answer `Connection: close` after that many requests of a connection; 0: never. */
  maxRequests: number;
}

/** An honest, fast origin. */
export const DEFAULT_BEHAVIOUR: Behaviour = {
  slots: Number.POSITIVE_INFINITY,
  discipline: 'fcfs',
  work: 'hold',
  speed: 1,
  workMs: 0,
  acceptDelayMs: 0,
  headDelayMs: 0,
  bodyDelayMs: 0,
  chunkDelayMs: 0,
  fault: undefined,
  faultShare: 1,
  bodyBytes: 64,
  maxRequests: 0,
};

/**
 * Checks a change that came from outside (command line, control port) and returns it. Throws an
 * Error that names the first key or value that is wrong.
 */
export function checkBehaviour(change: Record<string, unknown>): Partial<Behaviour> {
  const checked: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(change)) {
    if (!(key in DEFAULT_BEHAVIOUR)) throw new Error(`unknown behaviour "${key}"`);
    checked[key] = checkValue(key as keyof Behaviour, value);
  }
  return checked as Partial<Behaviour>;
}

function checkValue(key: keyof Behaviour, value: unknown): unknown {
  switch (key) {
    case 'discipline':
      return oneOf(key, value, ['fcfs', 'shared']);
    case 'work':
      return oneOf(key, value, ['hold', 'burn']);
    case 'fault':
      if (value === null || value === undefined || value === '') return undefined;
      parseFault(String(value));
      return String(value);
    default: {
      // JSON has no infinity: null means "no limit" for slots.
      const number = key === 'slots' && value === null ? Number.POSITIVE_INFINITY : Number(value);
      if (Number.isNaN(number) || number < 0) throw new Error(`${key}: "${value}" is no number`);
      return number;
    }
  }
}

function oneOf(key: string, value: unknown, allowed: readonly string[]): string {
  if (allowed.includes(String(value))) return String(value);
  throw new Error(`${key}: "${value}" is not one of ${allowed.join(', ')}`);
}
