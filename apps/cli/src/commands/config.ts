import { explainConfig, loadConfig } from '@tickwright/config';
import { jsonRows, table } from '../formats.ts';
import { configInput } from '../settings.ts';
import type { CommonFlags } from '../settings.ts';
import { print } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';

export async function configCheckCommand(terminal: Terminal, flags: CommonFlags): Promise<number> {
  await loadConfig(configInput(terminal, flags));
  await print(terminal.stdout, flags.json === true ? '{"ok":true}\n' : 'the configuration is correct\n');
  return 0;
}

export async function configShowCommand(terminal: Terminal, flags: CommonFlags): Promise<number> {
  const rows = explainConfig(await loadConfig(configInput(terminal, flags)));
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
