/** What images are to the pod runner. Pure. */
import { RUNTIME_ENV } from '#api/names.ts';
import type { LocalImage } from '../cluster/pod-runner/images.ts';

/** What stands for an image: a command, or a command with the image's folders. */
export type GivenImages = Readonly<Record<string, readonly string[] | LocalImage>>;

/** Any of them may hold the functions' runtime, which listens where this variable says: a function's own HOST may be another's. */
export function clusterImages(images: GivenImages): Record<string, LocalImage> {
  return Object.fromEntries(Object.entries(images).map(([name, image]) => [name, withAddress(image)]));
}

function withAddress(image: readonly string[] | LocalImage): LocalImage {
  return { ...(isCommand(image) ? { command: image } : image), addressVariable: RUNTIME_ENV.host };
}

function isCommand(image: readonly string[] | LocalImage): image is readonly string[] {
  return Array.isArray(image);
}
