import type { Config } from '@tickwright/config';
import { Supervisor, systemClock } from '@tickwright/runtime';
import type { Log } from '@tickwright/runtime';
import { PAGES } from './commands/run.ts';
import type { Terminal } from './terminal.ts';
import { VERSION } from './version.ts';

/** The runner as a thread beside the ingestor. */
export interface RunnerBeside {
  /** Once the ingestor is up. */
  begin(addresses: Readonly<Record<string, string>>): void;
  /** Its end, which comes with that of the terminal's signal; never rejects: ingestion goes on without it. */
  ended(): Promise<void>;
}

export function runnerBeside(terminal: Terminal, config: Config, log: Log): RunnerBeside {
  let running: Promise<void> = Promise.resolve();
  return {
    begin(addresses) {
      running = begun(terminal, config, log, (runner) =>
        terminal.tellLauncher({ type: 'up', addresses: { ...addresses, ...runner } }),
      );
    },
    ended: () => running,
  };
}

async function begun(
  terminal: Terminal,
  config: Config,
  log: Log,
  onUp: (addresses: Readonly<Record<string, string>>) => void,
): Promise<void> {
  try {
    const { runnerThread } = await import('@tickwright/runner');
    const thread = runnerThread({
      config,
      version: VERSION,
      pages: PAGES,
      isLogFiled: config.log.file,
      onUp,
      onAbandon: (error) => terminal.abandon(error, { isStuck: true }),
    });
    await new Supervisor({ services: [thread], clock: systemClock, log }).run(terminal.signal);
  } catch (error) {
    log.error({ err: error }, 'the runner is given up; ingestion goes on without it');
    onUp({});
  }
}
