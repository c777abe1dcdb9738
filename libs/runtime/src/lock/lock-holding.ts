import { constants, open, rm } from 'node:fs/promises';
import type { LockAddress } from './lock-address.ts';
import { serveText } from './lock-server.ts';
import type { LockServer } from './lock-server.ts';

/** open(2) on macOS and the BSDs: take the file's exclusive lock with the opening. Node does not name it. */
const O_EXLOCK = 0x20;

/** The lock while it is held. `release` gives it back; the kernel does if the process dies. */
export interface LockHolding {
  release(): Promise<void>;
}

/** Takes the lock and answers `text` to callers, or returns undefined when another holds it. */
export async function holdLock(address: LockAddress, text: string): Promise<LockHolding | undefined> {
  return address.kind === 'file' ? await holdFile(address, text) : await holdSocket(address.path, text);
}

async function holdSocket(path: string, text: string): Promise<LockHolding | undefined> {
  const server = await unlessTaken(serveText(path, text), ['EADDRINUSE', 'EACCES']);
  return server === undefined ? undefined : { release: async () => await server.close() };
}

async function holdFile(
  address: { path: string; lockFile: string },
  text: string,
): Promise<LockHolding | undefined> {
  // Without O_NONBLOCK the opening would wait for the holder instead of telling us.
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK | O_EXLOCK;
  const file = await unlessTaken(open(address.lockFile, flags, 0o600), ['EAGAIN', 'EWOULDBLOCK']);
  if (file === undefined) return undefined;
  let server: LockServer;
  try {
    // Whoever has the lock may replace the socket that a dead holder left behind: nobody else is here.
    await rm(address.path, { force: true });
    server = await serveText(address.path, text);
  } catch (error) {
    await file.close();
    throw error;
  }
  return {
    release: async () => {
      await server.close();
      // The lock's file stays: removing it would let two processes lock two files of one name.
      await file.close();
    },
  };
}

async function unlessTaken<T>(taking: Promise<T>, codes: readonly string[]): Promise<T | undefined> {
  try {
    return await taking;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== undefined && codes.includes(code)) return undefined;
    throw error;
  }
}
