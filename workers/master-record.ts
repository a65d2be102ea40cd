import type { EdgeEvent } from '#src/admin/edge-event.ts';
import type { MasterFacts, ReloadFacts } from '#src/shared/facts.ts';

/** What has become of reloads and generations since the master started, for status and events. */
export class MasterRecord {
  readonly #startedAtMs = Date.now();
  #lastReload: ReloadFacts = { result: 'ok', atMs: this.#startedAtMs, message: '' };
  #reloadCount = 0;
  #rejectedReloadCount = 0;
  #generationDeathCount = 0;

  onReloaded(): void {
    this.#reloadCount++;
    this.#lastReload = { result: 'ok', atMs: Date.now(), message: '' };
  }

  /** @returns what is told where events are told */
  onRejected(message: string): EdgeEvent {
    this.#reloadCount++;
    this.#rejectedReloadCount++;
    const atMs = Date.now();
    this.#lastReload = { result: 'rejected', atMs, message };
    const about = { upstream: '', endpoint: '', reason: 'reload', detail: message };
    return { type: 'configuration_refused', ...about, atMs };
  }

  onGenerationDied(): void {
    this.#generationDeathCount++;
  }

  facts(drainingCount: number): MasterFacts {
    return {
      masterPid: process.pid,
      startedAtMs: this.#startedAtMs,
      lastReload: this.#lastReload,
      reloadCount: this.#reloadCount,
      rejectedReloadCount: this.#rejectedReloadCount,
      generationDeathCount: this.#generationDeathCount,
      drainingCount,
    };
  }
}
