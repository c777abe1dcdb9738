import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { askSocket, serveText } from './lock-server.ts';
import type { LockServer } from './lock-server.ts';

/** A claim that another thread of this process holds. `text` is what it says of itself; undefined when it does not answer. */
export interface ClaimHolder {
  readonly kind: 'held';
  readonly text: string | undefined;
}

export interface ProcessClaim {
  readonly kind: 'claimed';
  /** Gives the claim back. A thread that ends without it gives it back as well. */
  release(): Promise<void>;
}

const ASK_TIMEOUT_MS = 2_000;
/** A holder may come or go between our two questions; then it is tried again, so often. */
const MAX_TAKES = 20;

/**
 * Claims a name within this process, over all its threads: module state cannot, since every thread has its own. `name`
 * is any text that is the same for all who mean the same thing; `text` is told to those who come too late.
 */
export async function claimInProcess(claim: {
  name: string;
  text: string;
}): Promise<ProcessClaim | ClaimHolder> {
  const path = claimPath(claim.name);
  for (let take = 1; take <= MAX_TAKES; take += 1) {
    const server = await servedUnlessTaken(path, claim.text);
    if (server !== undefined) return { kind: 'claimed', release: async () => await server.close() };
    const answer = await askSocket(path, ASK_TIMEOUT_MS);
    if (answer.kind !== 'nobody')
      return { kind: 'held', text: answer.kind === 'text' ? answer.text : undefined };
    await removeLeftover(path);
  }
  return { kind: 'held', text: undefined };
}

/** The kernel gives names of the first two kinds back when the holder ends; the third leaves a file, see below. */
function claimPath(name: string, platform: NodeJS.Platform = process.platform): string {
  const hash = createHash('sha256').update(`${process.pid} ${name}`).digest('hex').slice(0, 32);
  if (platform === 'linux' || platform === 'android') return `\0tickwright-claim-${hash}`;
  if (platform === 'win32') return `\\\\.\\pipe\\tickwright-claim-${hash}`;
  return `/tmp/tickwright-claim-${hash}.sock`;
}

/** macOS and BSD: nobody listens on it, so that it was left by a killed process that had our pid. */
async function removeLeftover(path: string): Promise<void> {
  if (path.startsWith('/')) await rm(path, { force: true });
}

async function servedUnlessTaken(path: string, text: string): Promise<LockServer | undefined> {
  try {
    return await serveText(path, text);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'EADDRINUSE' || code === 'EACCES') return undefined;
    throw error;
  }
}
