import { close, fdatasync, fstat, ftruncate, open, read, write } from 'node:fs';
import * as fs from 'node:fs/promises';
import type { FileLayer, OpenFile } from './file-layer.ts';

const FLAGS = { read: 'r', create: 'w+', modify: 'r+' } as const;

/** The real file system. */
export const nodeFiles: FileLayer = {
  open: openFile,
  rename: fs.rename,
  unlink: fs.unlink,
  list: (directory) => fs.readdir(directory),
  makeDirectory: async (directory) => {
    await fs.mkdir(directory, { recursive: true });
  },
  syncDirectory,
};

/** A renamed file is on disk only when its directory is. Windows cannot open directories and needs no sync of them. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await fs.open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

// The callback functions on a plain descriptor cost a third of FileHandle's methods, and one write is done a turn of
// the event loop.
async function openFile(path: string, mode: 'read' | 'create' | 'modify'): Promise<OpenFile> {
  const descriptor = await new Promise<number>((resolve, reject) => {
    open(path, FLAGS[mode], (error, fd) => (error ? reject(error) : resolve(fd)));
  });
  return {
    read: (into, position) => readWhole(descriptor, into, position),
    write: (bytes, position) => writeWhole(descriptor, bytes, position),
    datasync: () => finished((done) => fdatasync(descriptor, done)),
    truncate: (length) => finished((done) => ftruncate(descriptor, length, done)),
    size: () =>
      new Promise((resolve, reject) => {
        fstat(descriptor, (error, stats) => (error ? reject(error) : resolve(stats.size)));
      }),
    close: () => finished((done) => close(descriptor, done)),
  };
}

function finished(start: (done: (error: Error | null | undefined) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => start((error) => (error ? reject(error) : resolve())));
}

/** The system may read less than it was asked for although more is there. */
async function readWhole(descriptor: number, into: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < into.byteLength) {
    const rest = into.byteLength - done;
    const count = await new Promise<number>((resolve, reject) => {
      read(descriptor, into, done, rest, position + done, (error, n) => (error ? reject(error) : resolve(n)));
    });
    if (count === 0) break;
    done += count;
  }
  return done;
}

/** A disk that fills up takes a part of a write and fails the next. */
async function writeWhole(descriptor: number, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.byteLength) {
    const rest = bytes.byteLength - done;
    done += await new Promise<number>((resolve, reject) => {
      write(descriptor, bytes, done, rest, position + done, (error, n) =>
        error ? reject(error) : resolve(n),
      );
    });
  }
}
