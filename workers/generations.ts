import type { MasterFacts } from '#src/shared/facts.ts';
import type { BoundSockets } from './bound-sockets.ts';
import { ForeignLoad } from './foreign-load.ts';
import { type GenerationOwner, GenerationProcess } from './generation-process.ts';
import { type Loaded, Refusal } from './loaded.ts';
import type { FromGeneration, StartOrder, ToGeneration } from './messages.ts';

/** So long after its start the first generation listens, if it can: warming up may wait no longer. */
const FIRST_SERVES_MS = 380;
/** The same of one whose predecessor is dead: clients wait. */
const NEXT_SERVES_MS = 250;
/** For who sees a process die that cannot say why; later ones are tried again. */
const FIRST_ADVICE =
  '; find out who killed it (the kernel does when memory is short, and "dmesg" says so) or read ' +
  'above why it ended, then start weir again';

/** What the master does about its generations. */
export interface GenerationsOwner {
  /** Something that does not concern the order of generations. */
  onMessage(generation: GenerationProcess, message: FromGeneration): void;
  /** The one that served is gone: nobody serves. */
  onServingDied(generation: GenerationProcess, reason: string): void;
  /** One that drained is gone. */
  onDrained(generation: GenerationProcess): void;
  /** One has ended, whichever it was. */
  onEnded(): void;
  warn(line: string): void;
}

/** What a generation is started with. */
export interface GenerationStart {
  readonly loaded: Loaded;
  readonly facts: MasterFacts;
  readonly steered: StartOrder['steered'];
  /** The one that serves now may drain so long, milliseconds; 0: for ever. */
  readonly drainTimeoutMs: number;
}

/**
 * The generations of a master in their order: at most one serves, at most one (the candidate) shall
 * take its place, the others drain.
 */
export class Generations implements GenerationOwner {
  readonly #sockets: BoundSockets;
  readonly #owner: GenerationsOwner;
  #serving: GenerationProcess | undefined;
  /** Started, not yet ready. */
  #candidate: GenerationProcess | undefined;
  #onCandidate: { ready(): void; failed(reason: string): void } | undefined;
  #drainTimeoutMs = 0;
  readonly #draining = new Set<GenerationProcess>();
  readonly #foreign = new ForeignLoad();
  #startedCount = 0;

  constructor(sockets: BoundSockets, owner: GenerationsOwner) {
    this.#sockets = sockets;
    this.#owner = owner;
  }

  get serving(): GenerationProcess | undefined {
    return this.#serving;
  }

  /** Also the number of the newest. */
  get startedCount(): number {
    return this.#startedCount;
  }

  get drainingCount(): number {
    return this.#draining.size;
  }

  living(): GenerationProcess[] {
    const all = [this.#serving, this.#candidate, ...this.#draining];
    return all.filter((generation) => generation !== undefined);
  }

  /**
   * Forks one, waits until it serves, and lets the one before it drain.
   * @throws Refusal when it ends before; whoever serves serves on
   */
  async start({ loaded, facts, steered, drainTimeoutMs }: GenerationStart): Promise<void> {
    const { outline, packedModel, model, preparation } = loaded;
    const { threadCount, identity, budget, needsRawSockets } = preparation;
    const { shares, stdio } = this.#sockets.plan(model.listens, threadCount);
    const generation = ++this.#startedCount;
    const order = {
      type: 'start',
      generation,
      packedModel,
      outline,
      threadCount,
      sockets: shares,
      connectionCap: budget.connectionCap,
      servesByMs: this.#servesByMs,
      isAlone: this.#serving === undefined,
      facts,
      errorLogs: model.main.errorLogs,
      steered,
    } as const;
    const isReady = new Promise<void>((resolve, reject) => {
      const failed = (reason: string) =>
        reject(new Refusal([`generation ${generation} did not start: ${reason}`]));
      this.#onCandidate = { ready: resolve, failed };
    });
    this.#drainTimeoutMs = drainTimeoutMs;
    const priority = model.main.workerPriority;
    const fork = { order, stdio, identity, priority, needsRawSockets };
    this.#candidate = new GenerationProcess(fork, this);
    const before = this.#serving;
    await isReady;
    // Until then it accepts, too: who is told that the new configuration serves shall meet no other.
    await before?.quiet;
  }

  /** While another serves there is time to warm up. */
  get #servesByMs(): number {
    const { timeOrigin } = performance;
    if (this.#serving !== undefined) return 0;
    if (this.#startedCount === 1) return timeOrigin + FIRST_SERVES_MS;
    return timeOrigin + performance.now() + NEXT_SERVES_MS;
  }

  tellServing(message: ToGeneration): void {
    this.#serving?.tell(message);
  }

  /** All end when what is open has been finished; who does not serve yet, now. */
  drain(timeoutMs: number): void {
    this.#candidate?.stop();
    this.#serving?.drain(timeoutMs);
  }

  /** All end now. */
  stop(): void {
    for (const generation of this.living()) generation.stop();
  }

  onRightRefused(why: string): void {
    this.#owner.warn(
      `"proxy_bind … transparent" will be refused: CAP_NET_RAW cannot be kept: ${why}`,
    );
  }

  onPriorityRefused(priority: number, reason: string): void {
    const advice = 'only root may go below 0';
    this.#owner.warn(`worker_priority ${priority} is without effect (${advice}): ${reason}`);
  }

  /** What the one that serves knows is there before this one does; what comes meanwhile follows. */
  onOrdered(generation: GenerationProcess): void {
    if (generation === this.#candidate) this.tellServing({ type: 'snapshot-request' });
  }

  onReady(generation: GenerationProcess): void {
    if (generation !== this.#candidate) return;
    this.#candidate = undefined;
    const old = this.#serving;
    this.#serving = generation;
    if (old !== undefined) {
      this.#draining.add(old);
      old.tell({ type: 'snapshot-request' });
      old.drain(this.#drainTimeoutMs);
    }
    this.#sendForeign();
    this.#onCandidate?.ready();
  }

  onMessage(generation: GenerationProcess, message: FromGeneration): void {
    switch (message.type) {
      case 'snapshot':
        return (generation === this.#serving ? this.#candidate : this.#serving)?.tell(message);
      case 'load':
        return this.#sendForeign();
      default:
        return this.#owner.onMessage(generation, message);
    }
  }

  onExit(generation: GenerationProcess, reason: string): void {
    this.#draining.delete(generation);
    this.#foreign.onEnded(generation.load);
    if (generation === this.#candidate) {
      this.#candidate = undefined;
      const isFirst = generation.number === 1 && !generation.hasSaidWhy;
      this.#onCandidate?.failed(isFirst ? `${reason}${FIRST_ADVICE}` : reason);
    } else if (generation === this.#serving) {
      this.#serving = undefined;
      this.#owner.onServingDied(generation, reason);
    } else {
      this.#owner.onDrained(generation);
      this.#sendForeign();
    }
    this.#owner.onEnded();
  }

  /** The newest generation adds to its own load what the older ones still have. */
  #sendForeign(): void {
    const load = this.#foreign.sum([...this.#draining].map((generation) => generation.load));
    this.tellServing({ type: 'foreign', load });
  }
}
