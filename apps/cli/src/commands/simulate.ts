import { splitKey } from '@tickwright/market';
import { systemClock } from '@tickwright/runtime';
import { parseFaults, startSimulator } from '@tickwright/simulator';
import type { SimulatorConfig } from '@tickwright/config';
import { logOf, settings } from '../settings.ts';
import type { CommonFlags } from '../settings.ts';
import type { Terminal } from '../terminal.ts';

export interface SimulateFlags extends CommonFlags {
  readonly port?: number;
  readonly seed?: number;
  readonly rate?: number;
  readonly protocol?: string;
}

/** Serves the simulated market until it is told to stop. */
export async function simulateCommand(terminal: Terminal, flags: SimulateFlags): Promise<number> {
  const config = await settings(terminal, flags, overrides(flags));
  const { simulator: market } = config;
  const log = logOf(terminal, config, 'simulator');
  await using simulator = await startSimulator({
    seed: market.seed,
    instruments: instruments(market),
    ratePerSecond: market.ratePerSecond,
    protocol: market.protocol,
    port: market.port,
    upstox: { hours: market.hours },
    faults: parseFaults(market.faults),
    clock: systemClock,
    log,
  });
  log.info({ ...simulator.url, instruments: simulator.instruments.length }, 'simulating a market');
  terminal.tellLauncher({ type: 'up', addresses: { venue: simulator.url.ws } });
  await stopped(terminal.signal);
  return 0;
}

function overrides(flags: SimulateFlags): string[] {
  return [
    ...(flags.port === undefined ? [] : [`simulator.port=${flags.port}`]),
    ...(flags.seed === undefined ? [] : [`simulator.seed=${flags.seed}`]),
    ...(flags.protocol === undefined ? [] : [`simulator.protocol=${flags.protocol}`]),
    ...(flags.rate === undefined ? [] : [`simulator.ratePerSecond=${flags.rate}`]),
  ];
}

function instruments({ instruments: configured }: SimulatorConfig): number | string[] {
  return typeof configured === 'number' ? configured : configured.map((key) => splitKey(key).id);
}

function stopped(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
