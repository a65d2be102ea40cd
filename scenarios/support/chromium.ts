/** A browser that shows one page until the scenario ends. The page reports by requests of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ScenarioContext } from '#scenarios/scenario.ts';

/** Starts chromium with that page; it and all its processes end with the scenario. */
export function openPage({ directory, defer }: ScenarioContext, url: string): void {
  const profile = join(directory, 'chromium');
  const browser = spawn(
    'chromium',
    [
      ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
      // Timers of a page that nobody looks at run as if it were looked at.
      ...['--disable-background-timer-throttling', '--disable-renderer-backgrounding'],
      ...[`--user-data-dir=${profile}`, url],
    ],
    { detached: true, stdio: 'ignore' }, // its own process group
  );
  const ended = once(browser, 'exit').catch(() => undefined);
  const end = (): void => {
    try {
      if (browser.pid !== undefined) process.kill(-browser.pid, 'SIGKILL');
    } catch {
      // ESRCH: none of its processes is left
    }
  };
  process.once('exit', end);
  defer(async () => {
    end();
    process.off('exit', end);
    await ended;
    rmSync(profile, { recursive: true, force: true, maxRetries: 10 });
  });
}
