/**
 * Memory of functions that all threads of a generation share. A module of the configuration declares
 * what it needs when it is loaded: the evaluation finds out how much that is, the generation makes
 * it, and each thread is given it before it loads the module. Elsewhere (unit tests, `weir test`)
 * the process has its own.
 */
import { releaseLocks, type TableSizes, tableBytes } from '#src/shared/table-layout.ts';

/** One declaration. Plain data. */
export interface SharedPart {
  readonly kind: 'counter' | 'limiter' | 'map';
  readonly name: string;
  /** Of those that have keys. */
  readonly table?: TableSizes;
}

/** What a thread is given: the memory of each part by name. */
export type PartMemory = ReadonlyMap<string, SharedArrayBuffer>;

const MOST_BYTES = 1024 * 1024 * 1024;

const declared = new Map<string, SharedPart>();
const own = new Map<string, SharedArrayBuffer>();
let given: PartMemory | undefined;
let thread = 1;

/** All declarations of this process so far. */
export function declaredParts(): readonly SharedPart[] {
  return [...declared.values()];
}

/** From here on parts are in this memory. `owner` is the number of this thread, from 1. */
export function useParts(memory: PartMemory, owner: number): void {
  given = memory;
  thread = owner;
}

/** The number of this thread, from 1. */
export function partOwner(): number {
  return thread;
}

/** Fresh memory for these parts. */
export function allocateParts(parts: readonly SharedPart[]): PartMemory {
  return new Map(parts.map((part) => [part.name, new SharedArrayBuffer(bytesOf(part))]));
}

/** The thread of that number, from 1, has died: nobody waits for what it held. */
export function releaseParts(parts: readonly SharedPart[], of: PartMemory, owner: number): void {
  for (const { name, table } of parts) {
    const memory = of.get(name);
    if (table !== undefined && memory !== undefined) releaseLocks(memory, table, owner);
  }
}

/**
 * The memory of a part, which is declared by that.
 * @throws Error when the name is taken by another part, or was not declared in time
 */
export function declarePart(part: SharedPart): SharedArrayBuffer {
  const { kind, name } = part;
  if (typeof name !== 'string' || name === '') throw new TypeError(`a shared ${kind} needs a name`);
  const bytes = bytesOf(part);
  if (!(bytes <= MOST_BYTES)) {
    throw new RangeError(
      `shared ${kind} "${name}" needs ${bytes} bytes; ${MOST_BYTES} is the most`,
    );
  }
  const before = declared.get(name);
  if (before !== undefined && JSON.stringify(before) !== JSON.stringify(part)) {
    throw new Error(`"${name}" is already the name of a shared ${before.kind} of other sizes`);
  }
  declared.set(name, part);
  if (given === undefined) {
    const memory = own.get(name) ?? new SharedArrayBuffer(bytes);
    own.set(name, memory);
    return memory;
  }
  const memory = given.get(name);
  if (memory?.byteLength === bytes) return memory;
  throw new Error(
    `shared ${kind} "${name}" was not declared when the configuration was evaluated: declare it ` +
      'outside of functions, in a module that weir.config.ts imports',
  );
}

function bytesOf({ table }: SharedPart): number {
  return table === undefined ? BigInt64Array.BYTES_PER_ELEMENT : tableBytes(table);
}
