/** Functions of the C library, through node:ffi. Experimental in Node: whoever asks can do without. */

interface Ffi {
  dlopen(
    library: string,
    symbols: Readonly<Record<string, { return: string; arguments: readonly string[] }>>,
  ): { functions: Record<string, (...values: unknown[]) => unknown> };
}

/**
 * malloc_trim(3) of glibc: gives memory that was freed back to the system, returns whether there was
 * any. Undefined where the C library is another one or this Node has no node:ffi.
 */
export function findMallocTrim(): (() => boolean) | undefined {
  try {
    const ffi = process.getBuiltinModule('node:ffi' as 'node:fs') as unknown as Ffi | undefined;
    const symbols = { malloc_trim: { return: 'i32', arguments: ['u64'] } };
    const trim = ffi?.dlopen('libc.so.6', symbols).functions['malloc_trim'];
    return trim === undefined ? undefined : () => trim(0n) === 1;
  } catch {
    return undefined;
  }
}
