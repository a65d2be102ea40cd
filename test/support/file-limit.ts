// Preloaded into every test file by `npm test` (--import): a file that finished its tests but keeps
// running, because something in it was never closed, fails and says what it holds.

import { isMainThread } from 'node:worker_threads';

/** No test file may run longer. `--test-timeout` limits the single test. */
const FILE_LIMIT_MS = 300_000;

// The runner itself preloads this file too, and so does a thread that a test starts.
if (process.env['NODE_TEST_CONTEXT'] !== undefined && isMainThread) {
  setTimeout(() => {
    const open = process.getActiveResourcesInfo().join(', ');
    process.stderr.write(`still running after ${FILE_LIMIT_MS} ms, holding ${open}\n`);
    process.exit(1);
  }, FILE_LIMIT_MS).unref();
}
