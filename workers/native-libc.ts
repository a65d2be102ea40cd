import { nativeFunctions } from '#src/base/native-functions.ts';

/**
 * malloc_trim(3) of glibc: gives memory that was freed back to the system, returns whether there was
 * any. Undefined where the C library is another one or this Node has no node:ffi.
 */
export function findMallocTrim(): (() => boolean) | undefined {
  const symbols = { malloc_trim: { return: 'int32', arguments: ['uint64'] } } as const;
  const native = nativeFunctions(symbols);
  return native === undefined ? undefined : () => native.call('malloc_trim', 0n) === 1;
}
