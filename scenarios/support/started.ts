/** What a scenario starts and nobody ends by hand: it is gone when the scenario is, failed or not. */
import { type Origin, startOrigin } from '#native-bench/origin/origin.ts';
import type { ScenarioContext } from '#scenarios/scenario.ts';
import { startWeir, type Weir, type WeirOptions } from '#test/support/weir.ts';

/** A Weir that accepts connections; killed at the end, its folder removed. */
export async function startWeirFor(context: ScenarioContext, options: WeirOptions): Promise<Weir> {
  const weir = await startWeir(options);
  context.defer(async () => {
    weir.killAll();
    await weir.stop();
  });
  return weir;
}

/** An origin in this process. */
export async function startOriginFor(
  context: ScenarioContext,
  options?: Parameters<typeof startOrigin>[0],
): Promise<Origin> {
  const origin = await startOrigin(options);
  context.defer(() => origin.close());
  return origin;
}
