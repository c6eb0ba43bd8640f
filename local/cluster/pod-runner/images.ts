/** Which program of this machine stands for an image. Pure. */

/** What an image is here. */
export interface LocalImage {
  /** The program and its arguments: what the image's ENTRYPOINT would be. */
  command: readonly string[];
  /** Folders of the image by their path in it → the folder of this machine that holds the same files. */
  root?: Readonly<Record<string, string>> | undefined;
  /** The image's ENV. */
  env?: Readonly<Record<string, string>> | undefined;
  /** Variable that holds the pod's address, as $HOST does, which the pod itself may set to something else. */
  addressVariable?: string | undefined;
  /** Its program listens at the pod's address and nowhere else, so it needs no port of its own. */
  ownAddress?: boolean | undefined;
  /** It finds all its files by absolute paths, and runs in a folder of its own that goes with the pod. */
  ownFolder?: boolean | undefined;
}

/** What stands for images. */
export interface LocalImages {
  /** By the image's name as in the pod's spec. */
  readonly byName: ReadonlyMap<string, LocalImage>;
  /** Name of the setting that takes more of them, for messages. */
  readonly setting: string;
}

const NAME =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::\d+)?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::\w[\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$/;

export type ImageLookup =
  | LocalImage
  /** As kubelet names it in the container's waiting state. */
  | { reason: 'InvalidImageName' | 'ErrImagePull' | 'ErrImageNeverPull'; message: string };

export function lookUpImage(image: string, pullPolicy: string | undefined, images: LocalImages): ImageLookup {
  const found = images.byName.get(image) ?? images.byName.get(withoutDefaults(image));
  if (found !== undefined) return found;
  if (!NAME.test(image)) {
    const message = `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`;
    return { reason: 'InvalidImageName', message };
  }
  if (pullPolicy === 'Never') {
    const message = `Container image "${image}" is not present with pull policy of Never`;
    return { reason: 'ErrImageNeverPull', message };
  }
  return { reason: 'ErrImagePull', message: unmapped(image, images.setting) };
}

function unmapped(image: string, setting: string): string {
  const example = JSON.stringify({ [image]: ['node', 'server.mjs'] });
  return `the local cluster runs commands, not images, and none is given for "${image}"; name one and start again: ${setting}='${example}'`;
}

/** `/app/server.mjs` of an image → where that file is on this machine; any other text as it is. */
export function onThisMachine(text: string, root: LocalImage['root']): string {
  for (const [folder, here] of Object.entries(root ?? {})) {
    if (text === folder || text.startsWith(`${folder}/`)) return `${here}${text.slice(folder.length)}`;
  }
  return text;
}

/** `docker.io/library/nginx:latest` → `nginx`. */
function withoutDefaults(image: string): string {
  return image.replace(/^docker\.io\/(library\/)?/, '').replace(/:latest$/, '');
}

/** Adds the registry and tag that an image name leaves out: what `imageID` shows. */
export function imageId(image: string): string {
  const name = image.split('/').at(-1) ?? image;
  return `local/${image}${name.includes(':') ? '' : ':latest'}`;
}
