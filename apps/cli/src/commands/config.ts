import {
  explainConfig,
  loadConfig,
  readSubscriptionChanges,
  subscriptionChangesFile,
} from '@tickwright/config';
import type { ConfigRow } from '@tickwright/config';
import { ConfigError, ExitCode } from '@tickwright/runtime';
import { jsonRows, table } from '../formats.ts';
import { configInput } from '../settings.ts';
import type { CommonFlags } from '../settings.ts';
import { SourceError, requireSources } from '../sources.ts';
import { print } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';

/** Names every problem there is: unlike other commands, which stop at the first lines, this one was asked for them. */
export async function configCheckCommand(terminal: Terminal, flags: CommonFlags): Promise<number> {
  const problems = await problemsOf(terminal, flags);
  if (flags.json === true) {
    await print(terminal.stdout, `${JSON.stringify({ ok: problems.length === 0, problems })}\n`);
  } else if (problems.length === 0) {
    await print(terminal.stdout, 'the configuration is correct\n');
  } else {
    await print(terminal.stderr, `${problems.map((problem) => `tickwright: ${problem}`).join('\n')}\n`);
  }
  return problems.length === 0 ? ExitCode.ok : ExitCode.configuration;
}

async function problemsOf(terminal: Terminal, flags: CommonFlags): Promise<readonly string[]> {
  try {
    const { config } = await loadConfig(configInput(terminal, flags));
    requireSources(config);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    if (error instanceof SourceError) return [error.message];
    throw error;
  }
}

export async function configShowCommand(terminal: Terminal, flags: CommonFlags): Promise<number> {
  const loaded = await loadConfig(configInput(terminal, flags));
  const rows = [...explainConfig(loaded), ...(await changeRows(loaded.config.dataDir))];
  const text =
    flags.json === true
      ? jsonRows(rows)
      : table(
          ['key', 'value', 'from'],
          rows.map((row) => [row.path, row.value, row.origin]),
        );
  await print(terminal.stdout, text);
  return 0;
}

/** What `subscribe` and `unsubscribe` have made of the sources. */
async function changeRows(dataDir: string): Promise<ConfigRow[]> {
  const origin = subscriptionChangesFile(dataDir);
  return (await readSubscriptionChanges(dataDir)).flatMap(({ venue, subscribed, unsubscribed }) =>
    Object.entries({ subscribed, unsubscribed }).flatMap(([name, keys]) =>
      keys.length === 0
        ? []
        : [{ path: `subscriptions.${venue}.${name}`, value: JSON.stringify(keys), origin }],
    ),
  );
}
