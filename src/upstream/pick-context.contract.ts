/** The exchange of a pick, as tests make it up. */
import type { Endpoint } from '#src/upstream/endpoint/endpoint.ts';
import type { PickContext } from './tier.ts';

/** Counts turns as the shared table does, and knows what was tried. */
export class TestContext implements PickContext {
  turn = 0;
  text = '';
  /** What tells the endpoint, where there is `sticky`. */
  brought = '';
  readonly tried = new Set<Endpoint>();

  hasTried(endpoint: Endpoint): boolean {
    return this.tried.has(endpoint);
  }

  nextTurn(): number {
    return this.turn++ & 0x3fff_ffff;
  }

  session(): string {
    return this.brought;
  }

  key(): string {
    return this.text;
  }
}
