import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A folder with files, removed when it is disposed. */
export interface TestFolder extends AsyncDisposable {
  path: string;
  /** Writes over what is there. */
  write(files: Readonly<Record<string, string | Uint8Array>>): Promise<void>;
}

export async function testFolder(files: Readonly<Record<string, string | Uint8Array>>): Promise<TestFolder> {
  const path = await mkdtemp(join(tmpdir(), 'catnap-test-folder-'));
  const folder: TestFolder = {
    path,
    write: async (more) => {
      for (const [name, content] of Object.entries(more)) {
        await mkdir(dirname(join(path, name)), { recursive: true });
        await writeFile(join(path, name), content);
      }
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
  };
  await folder.write(files);
  return folder;
}
