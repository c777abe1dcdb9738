import { writeFeedKeyFile } from '@tickwright/feed';
import { ExitCode } from '@tickwright/runtime';
import { settings } from '../settings.ts';
import type { CommonFlags } from '../settings.ts';
import { print } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';

const DEFAULT_FILE = 'feed-keys.json';

/**
 * Makes a pair of keys for the feed: into the file that is named, the configured one, or `feed-keys.json` here. The
 * secret key goes into the file alone; the public one is printed, to be handed on.
 */
export async function feedKeysCommand(
  terminal: Terminal,
  flags: CommonFlags & { readonly file?: string },
): Promise<number> {
  const { feed } = await settings(terminal, flags);
  const configured = feed.kind === 'zeromq' ? feed.keyFile : undefined;
  const file = flags.file ?? configured ?? DEFAULT_FILE;
  const { publicKey } = await writeFeedKeyFile(file);
  const text =
    flags.json === true
      ? JSON.stringify({ file, publicKey })
      : `${publicKey}\nkeys written to ${file}, readable by you alone; set feed.keyFile to it. The line above is the public key.`;
  await print(terminal.stdout, `${text}\n`);
  return ExitCode.ok;
}
