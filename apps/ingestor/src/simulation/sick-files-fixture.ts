import { memoryFiles } from '@tickwright/journal';
import type { FileLayer, FileOperation, MemoryFiles, OpenFile } from '@tickwright/journal';
import type { World } from './world-fixture.ts';

/** The journal's disk: files in memory that fill up, fail, answer late and lose power, when the world says so. */
export class SickFiles implements FileLayer {
  readonly #world: World;
  #files: MemoryFiles = memoryFiles();

  constructor(world: World) {
    this.#world = world;
  }

  /** Makes the next operations of a kind fail, some times or until healed. */
  fail(operation: FileOperation, fault: { code: 'ENOSPC' | 'EIO'; times: number | undefined }): void {
    const { code, times } = fault;
    this.#world.say(`the journal's disk fails: ${operation} ${code} ${times ?? 'until healed'}`);
    this.#files.fail({ operation, code, ...(times === undefined ? {} : { times }) });
  }

  heal(): void {
    this.#files.heal();
  }

  /** Power is lost; what was not synced survives as chance has it. A process that is merely killed loses nothing here. */
  losePower(): void {
    const random = (): number => this.#world.random();
    this.#files = this.#files.crash(
      this.#world.chance(0.5) ? { kind: 'random-prefix', random } : { kind: 'synced-only' },
    );
  }

  async open(path: string, mode: 'read' | 'create' | 'modify'): Promise<OpenFile> {
    const name = path.slice(-8);
    const files = await this.#answered(`open ${name} to ${mode}`);
    const file = await files.open(path, mode);
    return {
      read: (into, position) => file.read(into, position),
      write: async (bytes, position) => {
        await this.#answered(`write ${bytes.byteLength} at ${position} of ${name}`);
        await file.write(bytes, position);
      },
      datasync: async () => {
        await this.#answered(`sync ${name}`);
        await file.datasync();
      },
      truncate: async (length) => {
        await this.#answered(`truncate ${name} to ${length}`);
        await file.truncate(length);
      },
      size: () => file.size(),
      close: () => file.close(),
    };
  }

  async rename(from: string, to: string): Promise<void> {
    await (await this.#answered(`rename ${from.slice(-8)} to ${to.slice(-8)}`)).rename(from, to);
  }

  async unlink(path: string): Promise<void> {
    await this.#files.unlink(path);
  }

  async list(directory: string): Promise<string[]> {
    return this.#files.list(directory);
  }

  async makeDirectory(directory: string): Promise<void> {
    await this.#files.makeDirectory(directory);
  }

  async syncDirectory(directory: string): Promise<void> {
    await (await this.#answered('directory sync')).syncDirectory(directory);
  }

  async #answered(operation: string): Promise<MemoryFiles> {
    await this.#world.operation(`journal ${operation}`);
    this.#world.say(`journal ${operation}`);
    return this.#files;
  }
}
