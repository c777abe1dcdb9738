import { Supervisor, systemClock } from '@tickwright/runtime';
import type { Service } from '@tickwright/runtime';
import type { Config } from '@tickwright/config';
import { childService } from '../child-service.ts';
import { greeting } from '../greeting.ts';
import { logOf, settings } from '../settings.ts';
import type { CommonFlags } from '../settings.ts';
import { requireSources } from '../sources.ts';
import { print } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

export interface StartFlags extends CommonFlags {
  /** Commander's negation: false after --no-ingestor. */
  readonly ingestor: boolean;
  /** The same after --no-runner. */
  readonly runner: boolean;
  readonly singleProcess?: boolean;
}

/** Starts what is configured as processes, restarts what dies, and ends all of it when it is told to. */
export async function startCommand(terminal: Terminal, flags: StartFlags): Promise<number> {
  const config = await settings(terminal, flags);
  requireSources(config);
  const isThreaded = flags.singleProcess === true && flags.ingestor && flags.runner;
  const roles = rolesOf(config, flags).filter((role) => !(isThreaded && role === 'run'));
  if (roles.length === 0)
    throw new UsageError('--no-ingestor and --no-runner leave nothing to start with this configuration');
  const log = logOf(terminal, config, 'start');
  const addresses: Record<string, string> = {};
  const services: Service[] = roles.map((role) =>
    childService({
      name: role,
      args: [role, ...passedOn(flags), ...(isThreaded && role === 'ingest' ? ['--with-runner'] : [])],
      env: terminal.env,
      onUp: (told) => Object.assign(addresses, told),
    }),
  );
  const supervisor = new Supervisor({ services, clock: systemClock, log });
  await supervisor.run(terminal.signal, () => {
    const text = greeting({ config, flags, addresses, isIngesting: roles.includes('ingest') });
    // Nobody may read it; the services run on.
    print(terminal.stdout, text).catch(() => undefined);
  });
  return 0;
}

function rolesOf(config: Config, flags: StartFlags): string[] {
  const needsSimulator = config.sources.some(
    (source) => source.venue === 'simulated' && source.wsUrl === undefined,
  );
  if (needsSimulator && config.simulator.protocol !== 'binance') {
    throw new UsageError(
      `simulator.protocol is ${config.simulator.protocol}, but the venue "simulated" speaks binance: name the venue ${config.simulator.protocol} with the simulator's wsUrl and restUrl as a source`,
    );
  }
  return [
    ...(needsSimulator ? ['simulate'] : []),
    ...(flags.ingestor ? ['ingest'] : []),
    ...(flags.runner ? ['run'] : []),
  ];
}

function passedOn(flags: StartFlags): string[] {
  return [
    ...(flags.config === undefined ? [] : ['--config', flags.config]),
    ...(flags.dataDir === undefined ? [] : ['--data-dir', flags.dataDir]),
    ...(flags.logLevel === undefined ? [] : ['--log-level', flags.logLevel]),
    ...(flags.set ?? []).flatMap((pair) => ['--set', pair]),
  ];
}
