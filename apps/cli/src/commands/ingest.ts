import { ingest } from '@tickwright/ingestor';
import { systemClock } from '@tickwright/runtime';
import { prepareDataDirectory } from '../data-directory.ts';
import { recoveryBar } from '../recovery-bar.ts';
import { runnerBeside } from '../runner-beside.ts';
import { settings, withServiceLog } from '../settings.ts';
import type { CommonFlags } from '../settings.ts';
import { requireSources, sourceOverride } from '../sources.ts';
import type { SourceFlags } from '../sources.ts';
import type { Terminal } from '../terminal.ts';
import { VERSION } from '../version.ts';

export interface IngestFlags extends CommonFlags, SourceFlags {
  /** The runner as a thread of this process: `start --single-process`. */
  readonly withRunner?: boolean;
}

export async function ingestCommand(terminal: Terminal, flags: IngestFlags): Promise<number> {
  const config = await settings(terminal, flags, sourceOverride(flags));
  requireSources(config);
  await prepareDataDirectory(config.dataDir);
  await withServiceLog(terminal, config, 'ingestor', async (log) => {
    const runner = flags.withRunner === true ? runnerBeside(terminal, config, log) : undefined;
    await ingest({
      config,
      version: VERSION,
      clock: systemClock,
      log,
      env: terminal.env,
      signal: terminal.signal,
      abandon: terminal.abandon,
      onRecovery: recoveryBar(terminal),
      onUp: (addresses) => {
        log.info({ ...addresses, dataDir: config.dataDir }, 'ingesting');
        if (runner === undefined) terminal.tellLauncher({ type: 'up', addresses });
        else runner.begin(addresses);
      },
    });
    await runner?.ended();
  });
  return 0;
}
