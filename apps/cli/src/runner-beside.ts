import type { Config } from '@tickwright/config';
import { Supervisor, TickwrightError, systemClock } from '@tickwright/runtime';
import type { Log } from '@tickwright/runtime';
import { PAGES } from './dashboard-pages.ts';
import type { Terminal } from './terminal.ts';
import { VERSION } from './version.ts';

/** The runner as a thread beside the ingestor. */
export interface RunnerBeside {
  /** Once the ingestor is up. */
  begin(addresses: Readonly<Record<string, string>>): void;
  /** Its end, which comes with that of the terminal's signal; never rejects: ingestion goes on without it. */
  ended(): Promise<void>;
}

/** Everything of the ingestor is stored and closed by then; the thread goes with the process. */
class StuckThreadError extends TickwrightError {
  constructor() {
    super('a strategy did not return: the process ends with its thread', {
      code: 'runner-stuck',
      exitCode: 1,
    });
  }
}

export function runnerBeside(terminal: Terminal, config: Config, log: Log): RunnerBeside {
  let running: Promise<void> = Promise.resolve();
  let isStuck = false;
  return {
    begin(addresses) {
      const onUp = (runner: Readonly<Record<string, string>>): void =>
        terminal.tellLauncher({ type: 'up', addresses: { ...addresses, ...runner } });
      const onStuck = (): void => {
        isStuck = true;
      };
      running = begun(terminal, { config, log, onUp, onStuck });
    },
    async ended() {
      await running;
      if (isStuck) terminal.abandon(new StuckThreadError(), { isStuck: true });
    },
  };
}

async function begun(
  terminal: Terminal,
  options: {
    readonly config: Config;
    readonly log: Log;
    readonly onUp: (addresses: Readonly<Record<string, string>>) => void;
    readonly onStuck: () => void;
  },
): Promise<void> {
  const { config, log, onUp, onStuck } = options;
  try {
    const { runnerThread } = await import('@tickwright/runner');
    const thread = runnerThread({
      config,
      version: VERSION,
      pages: PAGES,
      isLogFiled: config.log.file,
      onUp,
      onStuck,
      onAbandon: (error) => terminal.abandon(error, { isStuck: true }),
    });
    await new Supervisor({ services: [thread], clock: systemClock, log }).run(terminal.signal);
  } catch (error) {
    log.error({ err: error }, 'the runner is given up; ingestion goes on without it');
    onUp({});
  }
}
