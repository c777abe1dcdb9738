import { createConnection, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';

/** More callers at once than this are turned away by the kernel side of the socket. */
const MAX_CALLERS = 64;
/** A caller that neither reads nor leaves is cut off. */
const CALLER_TIMEOUT_MS = 10_000;
const MAX_ANSWER_CHARACTERS = 65_536;

/** A socket that tells every caller the same text and never keeps the process alive. */
export interface LockServer {
  close(): Promise<void>;
}

/** Rejects with EADDRINUSE when another process (or this one) listens there already. */
export async function serveText(path: string, text: string): Promise<LockServer> {
  const callers = new Set<Socket>();
  const server = createServer((socket) => {
    callers.add(socket);
    socket.unref();
    socket.on('error', () => undefined);
    socket.on('close', () => callers.delete(socket));
    socket.setTimeout(CALLER_TIMEOUT_MS, () => socket.destroy());
    // What a caller says is thrown away, but has to be read for its end to be seen.
    socket.resume();
    socket.end(text);
  });
  server.maxConnections = MAX_CALLERS;
  server.unref();
  await listen(server, path);
  // A caller that could not be accepted (no file handles left) is its own problem, not the holder's end.
  server.on('error', () => undefined);
  return {
    close: async () => {
      for (const socket of callers) socket.destroy();
      await new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
    },
  };
}

async function listen(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/**
 * Asks such a socket. `nobody`: no one listens. `silent`: someone holds it and does not answer in time (its event loop
 * is busy, or it is not one of ours).
 */
export type Answer = { kind: 'nobody' } | { kind: 'silent' } | { kind: 'text'; text: string };

export async function askSocket(path: string, timeoutMs: number): Promise<Answer> {
  return await new Promise((resolve) => {
    const decoder = new StringDecoder('utf8');
    let text = '';
    let connected = false;
    const socket = createConnection(path);
    const finish = (answer: Answer): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => {
      finish({ kind: 'silent' });
    }, timeoutMs);
    socket.on('connect', () => {
      connected = true;
    });
    socket.on('data', (bytes) => {
      text += decoder.write(bytes);
      if (text.length > MAX_ANSWER_CHARACTERS) finish({ kind: 'silent' });
    });
    socket.on('end', () => {
      finish(text === '' ? { kind: 'silent' } : { kind: 'text', text });
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      const nobody = !connected && (error.code === 'ECONNREFUSED' || error.code === 'ENOENT');
      finish(nobody ? { kind: 'nobody' } : { kind: 'silent' });
    });
  });
}
