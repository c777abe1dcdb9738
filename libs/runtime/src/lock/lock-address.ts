import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';

/** Where a lock lives. All three kinds are given back by the kernel when the holder dies, however it dies. */
export type LockAddress =
  /** Linux: a name in the abstract socket namespace. It exists while its socket does, and only one can bind it. */
  | { readonly kind: 'abstract'; readonly path: string }
  /** Windows: a named pipe, whose first instance only one process can make. */
  | { readonly kind: 'pipe'; readonly path: string }
  /** macOS and BSD: a file opened with O_EXLOCK; the socket is only for answering and is replaced under the lock. */
  | { readonly kind: 'file'; readonly path: string; readonly lockFile: string };

/** The shortest limit of a socket's path among the platforms (macOS: 104 bytes with the closing zero). */
const MAX_SOCKET_PATH_BYTES = 103;

/** The lock's address for a directory, which must exist. Two ways to write one directory have one address. */
export async function lockAddress(
  directory: string,
  platform: NodeJS.Platform = process.platform,
): Promise<LockAddress> {
  const real = await realpath(directory);
  const name = `tickwright-${createHash('sha256').update(real).digest('hex').slice(0, 32)}`;
  if (platform === 'linux' || platform === 'android') return { kind: 'abstract', path: `\0${name}` };
  if (platform === 'win32') return { kind: 'pipe', path: `\\\\.\\pipe\\${name}` };
  const beside = join(real, 'instance.sock');
  const fits = Buffer.byteLength(beside) <= MAX_SOCKET_PATH_BYTES;
  return {
    kind: 'file',
    // Not the temporary directory of the environment: another process's may differ.
    path: fits ? beside : `/tmp/${name}.sock`,
    lockFile: join(real, 'instance.lock'),
  };
}
