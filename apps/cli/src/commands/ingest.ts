import { ingest } from '@tickwright/ingestor';
import { systemClock } from '@tickwright/runtime';
import { prepareDataDirectory } from '../data-directory.ts';
import { recoveryBar } from '../recovery-bar.ts';
import { settings, withServiceLog } from '../settings.ts';
import type { CommonFlags } from '../settings.ts';
import { requireSources, sourceOverride } from '../sources.ts';
import type { SourceFlags } from '../sources.ts';
import type { Terminal } from '../terminal.ts';
import { VERSION } from '../version.ts';

export async function ingestCommand(terminal: Terminal, flags: CommonFlags & SourceFlags): Promise<number> {
  const config = await settings(terminal, flags, sourceOverride(flags));
  requireSources(config);
  await prepareDataDirectory(config.dataDir);
  await withServiceLog(terminal, config, 'ingestor', (log) =>
    ingest({
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
        terminal.tellLauncher({ type: 'up', addresses });
      },
    }),
  );
  return 0;
}
