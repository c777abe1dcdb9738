import { ingest } from '@tickwright/ingestor';
import { systemClock } from '@tickwright/runtime';
import { logOf, settings, sourceOverride } from '../settings.ts';
import type { CommonFlags, SourceFlags } from '../settings.ts';
import type { Terminal } from '../terminal.ts';
import { VERSION } from '../version.ts';

export async function ingestCommand(terminal: Terminal, flags: CommonFlags & SourceFlags): Promise<number> {
  const config = await settings(terminal, flags, sourceOverride(flags));
  const log = logOf(terminal, config, 'ingestor');
  await ingest({
    config,
    version: VERSION,
    clock: systemClock,
    log,
    signal: terminal.signal,
    onUp: (addresses) => {
      log.info({ ...addresses, dataDir: config.dataDir }, 'ingesting');
      terminal.tellLauncher({ type: 'up', addresses });
    },
  });
  return 0;
}
