import { join } from 'node:path';
import { openOffline } from '@tickwright/ingestor';
import type { OfflineCore } from '@tickwright/ingestor';
import type { Config } from '@tickwright/config';
import { ExitCode, TickwrightError, readInstance, systemClock } from '@tickwright/runtime';
import type { Log } from '@tickwright/runtime';
import { VERSION } from './version.ts';

/** The running ingestor did not answer, or refused. */
export class OwnerUnreachableError extends TickwrightError {
  constructor(message: string, cause?: unknown) {
    super(message, { code: 'owner-unreachable', exitCode: ExitCode.unhealthy, canRetry: true, cause });
  }
}

/** The one ingestor of a data directory: running, then it is asked; or not, then its files are opened. */
export type Owner =
  | { readonly kind: 'running'; readonly ask: (path: string) => Promise<Response> }
  | { readonly kind: 'free'; readonly open: () => Promise<OfflineCore> };

/** A data directory has one owner; who wants its data asks that very instance, or becomes the owner for a moment. */
export async function ownerOf(config: Config, log: Log): Promise<Owner> {
  const directory = join(config.dataDir, 'ingestor');
  const instance = await readInstance(directory);
  if (instance === undefined) {
    return { kind: 'free', open: () => openOffline({ config, version: VERSION, clock: systemClock, log }) };
  }
  const base = instance.addresses['http'];
  if (base === undefined) {
    throw new OwnerUnreachableError(
      `process ${instance.pid} holds ${config.dataDir} but serves no address yet; it is starting, or a replay or another command runs: try again in a moment`,
    );
  }
  return { kind: 'running', ask: (path) => ask(base + path, instance.token) };
}

async function ask(url: string, token: string | undefined): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } });
  } catch (cause) {
    throw new OwnerUnreachableError(`the running ingestor does not answer at ${url}`, cause);
  }
  if (response.ok || response.status === 503) return response;
  const body: unknown = await response.json().catch(() => undefined);
  const reason =
    typeof body === 'object' && body !== null && 'error' in body ? String(body.error) : response.statusText;
  throw new OwnerUnreachableError(`the running ingestor refuses ${url}: ${reason}`);
}
