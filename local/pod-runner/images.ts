/** Which command stands for an image. Pure. */

/** Image name as in the pod's spec → the program and its arguments. */
export type ImageCommands = ReadonlyMap<string, readonly string[]>;

const NAME =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::\d+)?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::\w[\w.-]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?$/;

export type ImageLookup =
  | { command: readonly string[] }
  /** As kubelet names it in the container's waiting state. */
  | { reason: 'InvalidImageName' | 'ErrImagePull' | 'ErrImageNeverPull'; message: string };

export function lookUpImage(image: string, pullPolicy: string | undefined, commands: ImageCommands): ImageLookup {
  const command = commands.get(image) ?? commands.get(withoutDefaults(image));
  if (command !== undefined) return { command };
  if (!NAME.test(image)) {
    const message = `Failed to apply default image tag "${image}": couldn't parse image name "${image}": invalid reference format`;
    return { reason: 'InvalidImageName', message };
  }
  if (pullPolicy === 'Never') {
    const message = `Container image "${image}" is not present with pull policy of Never`;
    return { reason: 'ErrImageNeverPull', message };
  }
  return { reason: 'ErrImagePull', message: unmapped(image) };
}

function unmapped(image: string): string {
  const example = JSON.stringify({ [image]: ['node', 'server.mjs'] });
  return `the local cluster runs commands, not images, and none is given for "${image}"; name one and start again: CATNAP_LOCAL_IMAGES='${example}'`;
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
