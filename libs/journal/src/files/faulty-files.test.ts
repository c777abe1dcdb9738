import { expect, test } from 'vitest';
import { memoryFiles } from './faulty-files.ts';

test('a power loss takes bytes that were not synced, and names whose directory was not', async () => {
  const files = memoryFiles();
  const kept = await files.open('/d/kept', 'create');
  await files.syncDirectory('/d');
  await kept.write(Buffer.from('synced'), 0);
  await kept.datasync();
  await kept.write(Buffer.from(' not'), 6);
  const unnamed = await files.open('/d/unnamed', 'create');
  await unnamed.write(Buffer.from('x'), 0);
  await unnamed.datasync();
  expect(files.content('/d/kept')?.toString()).toBe('synced not');
  const disk = files.crash({ kind: 'synced-only' });
  expect(await disk.list('/d')).toEqual(['kept']);
  expect(disk.content('/d/kept')?.toString()).toBe('synced');
  await expect(kept.write(Buffer.from('late'), 0)).rejects.toThrow('EIO');
  expect(disk.content('/d/kept')?.toString()).toBe('synced');
});

test('after a failed sync the next one succeeds, and the bytes are lost all the same', async () => {
  const files = memoryFiles();
  const file = await files.open('/d/f', 'create');
  await files.syncDirectory('/d');
  await file.write(Buffer.from('lost'), 0);
  files.fail({ operation: 'datasync', code: 'EIO', times: 1 });
  await expect(file.datasync()).rejects.toThrow('EIO');
  await file.datasync();
  expect(files.content('/d/f')?.toString()).toBe('lost');
  expect(files.crash({ kind: 'synced-only' }).content('/d/f')?.toString()).toBe('');
});

test('a write to a full disk leaves a part of the bytes', async () => {
  const files = memoryFiles();
  const file = await files.open('/d/f', 'create');
  files.fail({ operation: 'write', code: 'ENOSPC' });
  await expect(file.write(Buffer.from('123456'), 0)).rejects.toMatchObject({ code: 'ENOSPC' });
  expect(files.content('/d/f')?.toString()).toBe('123');
  files.heal();
  await file.write(Buffer.from('456'), 3);
  expect(files.content('/d/f')?.toString()).toBe('123456');
});
