import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { secretsFileOf, tokenName, writeSecret } from '@tickwright/config';
import { ExitCode, systemClock } from '@tickwright/runtime';
import { tokenExpiryMicros } from '@tickwright/venues';
import { ownerOf } from '../owner.ts';
import { settings } from '../settings.ts';
import type { CommonFlags } from '../settings.ts';
import { print } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

export interface TokenFlags extends CommonFlags {
  readonly venue: string;
  readonly file?: string;
}

const VENUES_WITH_TOKENS = ['upstox'];
const TOKEN = /^[\x21-\x7e]{8,4096}$/;
const MAX_INPUT_BYTES = 65_536;

/** Puts a venue's new token where the ingestor reads it, and tells the running one. The token itself is never shown. */
export async function tokenCommand(terminal: Terminal, flags: TokenFlags): Promise<number> {
  const { venue } = flags;
  if (!VENUES_WITH_TOKENS.includes(venue)) {
    throw new UsageError(`${venue} takes no token; those that do: ${VENUES_WITH_TOKENS.join(', ')}`);
  }
  const config = await settings(terminal, flags);
  const token = (await given(terminal, flags)).trim();
  if (!TOKEN.test(token)) {
    throw new UsageError('that is no token: expected one word of 8 to 4,096 characters without spaces');
  }
  const file = secretsFileOf(config);
  await mkdir(dirname(file), { recursive: true });
  await writeSecret(file, { name: tokenName(venue), value: token });
  const owner = await ownerOf(config, terminal);
  if (owner.kind === 'running') await owner.ask(`/api/v1/tokens/${venue}`, { method: 'POST' });
  const expires = new Date(tokenExpiryMicros(token, systemClock.nowMicros()) / 1000).toISOString();
  const isTold = owner.kind === 'running';
  const isShadowed = (terminal.env[tokenName(venue)] ?? '') !== '';
  if (flags.json === true) {
    await print(terminal.stdout, `${JSON.stringify({ venue, file, expires, isTold, isShadowed })}\n`);
    return ExitCode.ok;
  }
  const told = isTold ? 'the running ingestor uses it' : 'the next ingestor will read it';
  await print(terminal.stdout, `${venue}: token stored in ${file}, good until ${expires}; ${told}\n`);
  if (isShadowed) {
    const name = tokenName(venue);
    await print(
      terminal.stdout,
      `${name} is set too: at a start it goes over the file until it is refused\n`,
    );
  }
  return ExitCode.ok;
}

async function given({ stdin }: Terminal, { file }: TokenFlags): Promise<string> {
  if (file !== undefined) {
    return await readFile(file, 'utf8').catch((error: unknown) => {
      throw new UsageError(`cannot read ${file}: ${error instanceof Error ? error.message : String(error)}`);
    });
  }
  if (stdin === undefined || stdin.isTTY === true) {
    throw new UsageError(
      'give the new token on standard input, or with --file FILE: it is not taken as an argument',
    );
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    chunks.push(Buffer.from(chunk));
    size += chunk.length;
    if (size > MAX_INPUT_BYTES) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}
