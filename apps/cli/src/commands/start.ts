import { Supervisor, systemClock } from '@tickwright/runtime';
import type { Service } from '@tickwright/runtime';
import type { Config } from '@tickwright/config';
import { childService } from '../child-service.ts';
import { logOf, settings } from '../settings.ts';
import type { CommonFlags } from '../settings.ts';
import { print } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';

export interface StartFlags extends CommonFlags {
  /** Commander's negation: false after --no-ingestor. */
  readonly ingestor: boolean;
}

/** Starts what is configured as processes, restarts what dies, and ends all of it when it is told to. */
export async function startCommand(terminal: Terminal, flags: StartFlags): Promise<number> {
  const config = await settings(terminal, flags);
  const log = logOf(terminal, config, 'start');
  const addresses: Record<string, string> = {};
  const services: Service[] = roles(config, flags).map((role) =>
    childService({
      name: role,
      args: [role, ...passedOn(flags)],
      env: terminal.env,
      onUp: (told) => Object.assign(addresses, told),
    }),
  );
  const supervisor = new Supervisor({ services, clock: systemClock, log });
  await supervisor.run(terminal.signal, () => void print(terminal.stdout, greeting(config, addresses)));
  return 0;
}

function roles(config: Config, flags: StartFlags): string[] {
  const needsSimulator = config.sources.some(
    (source) => source.venue === 'simulated' && source.wsUrl === undefined,
  );
  return [...(needsSimulator ? ['simulate'] : []), ...(flags.ingestor ? ['ingest'] : [])];
}

function passedOn(flags: StartFlags): string[] {
  return [
    ...(flags.config === undefined ? [] : ['--config', flags.config]),
    ...(flags.dataDir === undefined ? [] : ['--data-dir', flags.dataDir]),
    ...(flags.logLevel === undefined ? [] : ['--log-level', flags.logLevel]),
    ...(flags.set ?? []).flatMap((pair) => ['--set', pair]),
  ];
}

/** What a person who has just typed `npm start` wants to know. */
function greeting(config: Config, addresses: Readonly<Record<string, string>>): string {
  const instruments = config.sources.flatMap((source) => source.instruments);
  const lines = [
    '',
    `tickwright is running: ${instruments.length} instruments of ${config.sources.map((each) => each.venue).join(', ')}`,
    ...(addresses['http'] === undefined ? [] : [`  health     ${addresses['http']}/health`]),
    `  data       ${config.dataDir}`,
    `  candles    npx tickwright candles "${instruments[0] ?? 'SIM|ALPHA'}" --last 5`,
    '  status     npx tickwright status',
    '  Ctrl-C stops it; nothing that was received is lost.',
    '',
  ];
  return `${lines.join('\n')}\n`;
}
