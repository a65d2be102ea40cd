/** The users: many conversations at once, on kept connections and fresh ones. */
import type { Secrets, User } from './bytes.ts';
import { ClientLine, type Measured } from './client-line.ts';
import type { Conversation } from './plan.ts';
import type { Tally } from './tally.ts';

/** Kept connections of a user that nobody uses at the moment. */
const MAX_KEPT = 64;

export class IntegrityClient {
  readonly #port: number;
  readonly #secrets: Secrets;
  readonly #tally: Tally;
  readonly #kept: Record<User, ClientLine[]> = { a: [], b: [] };

  constructor(port: number, secrets: Secrets, tally: Tally) {
    this.#port = port;
    this.#secrets = secrets;
    this.#tally = tally;
  }

  /** Carries out one conversation. Never rejects: what went wrong is in the tally. */
  async converse(conversation: Conversation): Promise<Measured> {
    const { user, exchanges, isFresh, fault } = conversation;
    for (const plan of exchanges) {
      this.#tally.count(
        `request ${plan.method === 'HEAD' ? 'HEAD' : plan.requestKind} 1.${plan.minorVersion}`,
      );
      this.#tally.count(`answer ${plan.answerKind}`);
      this.#tally.count(`location ${plan.location}`);
      if (plan.fault.kind !== 'none')
        this.#tally.count(`fault planned: ${plan.fault.kind} ${plan.fault.how}`);
    }
    if (exchanges.length > 1) this.#tally.count('pipelined', exchanges.length);
    if (fault.kind !== 'none') this.#tally.count(`fault planned: ${fault.kind} ${fault.how}`);
    const kept = this.#kept[user];
    let line = isFresh ? undefined : kept.pop();
    while (line !== undefined && !line.isUsable) line = kept.pop();
    line ??= new ClientLine(this.#port, this.#secrets, this.#tally);
    const measured = await line.converse(conversation);
    if (line.isUsable && kept.length < MAX_KEPT) kept.push(line);
    else if (line.isUsable) line.close();
    return measured;
  }

  /** Carries out what `next` gives until it gives none, so many conversations at a time. */
  async converseAll(next: () => Conversation | undefined, concurrency: number): Promise<void> {
    const one = async (): Promise<void> => {
      for (let turn = next(); turn !== undefined; turn = next()) await this.converse(turn);
    };
    await Promise.all(Array.from({ length: concurrency }, one));
  }

  close(): void {
    for (const line of [...this.#kept.a, ...this.#kept.b]) line.close();
  }
}
