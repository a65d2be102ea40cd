import { type ApiAnswer, errorAnswer } from '#src/admin/api-answer.ts';
import { type StateServer, writeStateFile } from '#src/admin/state-file.ts';

/** What the API has made of upstreams, by their names, since the configuration was read. */
export class SteeredServers {
  readonly #servers = new Map<string, readonly StateServer[]>();
  readonly #alert: (line: string) => void;

  constructor(alert: (line: string) => void) {
    this.#alert = alert;
  }

  /**
   * Remembers what was changed, and writes the file of `state` before who asked hears that it is done.
   * @param servers who is in the upstream that the answer says was changed
   * @param stateFiles of `state`, by upstream
   * @returns the answer, or that the file cannot be written
   */
  keep(
    answer: ApiAnswer,
    servers: readonly StateServer[],
    stateFiles: Readonly<Record<string, string>>,
  ): ApiAnswer {
    if (answer.changed === '') return answer;
    this.#servers.set(answer.changed, servers);
    const path = stateFiles[answer.changed];
    if (path === undefined) return answer;
    try {
      writeStateFile(path, servers);
      return answer;
    } catch (error) {
      const problem = `changed, but not kept for the next start: ${(error as Error).message}`;
      this.#alert(`state of upstream "${answer.changed}": ${problem}`);
      return errorAnswer(500, 'StateNotKept', problem);
    }
  }

  /** Another configuration begins with what it says itself. */
  forget(): void {
    this.#servers.clear();
  }

  /** For a generation that goes on with the same configuration. */
  all(): Record<string, readonly StateServer[]> {
    return Object.fromEntries(this.#servers);
  }
}
