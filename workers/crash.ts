/**
 * Ends a thread on purpose, for tests of its replacement. Reached only by a message that the
 * generation sends when it was started with WEIR_TEST_HOOKS and gets SIGUSR2; no traffic leads here.
 */
export function crash(how: string): void {
  switch (how) {
    case 'throw':
      throw new Error('thrown on purpose');
    case 'reject':
      void Promise.reject(new Error('rejected on purpose'));
      return;
    case 'exit':
      return process.exit(7);
    case 'memory': {
      const hoard: unknown[] = [];
      for (;;) hoard.push({ name: `number ${hoard.length}`, list: [hoard.length] });
    }
  }
}
