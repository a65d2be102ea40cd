/**
 * Functions of the C library, through node:ffi: for what Node itself cannot do. It is experimental,
 * so whoever asks can do without, or says in one line what is missing.
 */

/** As node:ffi names the types of arguments and results. */
export type NativeType = 'buffer' | 'int32' | 'int64' | 'pointer' | 'uint32' | 'uint64';

/** Result and arguments of one function. */
export interface NativeSignature {
  readonly return: NativeType;
  readonly arguments: readonly NativeType[];
}

interface Ffi {
  dlopen(
    library: string,
    symbols: Readonly<Record<string, NativeSignature>>,
  ): { functions: Record<string, (...values: unknown[]) => unknown> };
  getInt32(pointer: unknown, offset: number): number;
}

/** Functions of the C library by name, and the error number of the last call that failed. */
export interface NativeFunctions {
  call(name: string, ...values: unknown[]): unknown;
  /** As of errno.h. */
  errno(): number;
}

/** glibc's: on Debian and its kin. */
const LIBRARY = 'libc.so.6';
const ERRNO = '__errno_location';

/** Undefined where the C library is another one, lacks one of them, or this Node has no node:ffi. */
export function nativeFunctions(
  symbols: Readonly<Record<string, NativeSignature>>,
): NativeFunctions | undefined {
  try {
    const ffi = process.getBuiltinModule('node:ffi' as 'node:fs') as unknown as Ffi | undefined;
    if (ffi === undefined || process.platform !== 'linux') return undefined;
    const all = { ...symbols, [ERRNO]: { return: 'pointer', arguments: [] } as const };
    const { functions } = ffi.dlopen(LIBRARY, all);
    return {
      call: (name, ...values) => functions[name]?.(...values),
      errno: () => ffi.getInt32(functions[ERRNO]?.(), 0),
    };
  } catch {
    return undefined;
  }
}
