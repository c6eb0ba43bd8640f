/** The script that puts a pod's volumes in their places. Pure. */

export interface Mount {
  /** File or folder of the host. */
  source: string;
  /** Absolute path in the container. */
  target: string;
  readOnly: boolean;
}

/**
 * Folders that a mount needs and the machine does not have are made in a copy of their nearest existing parent that only
 * the container sees: an empty file system with everything of the original bound into it. Where that parent is the root
 * folder, the container gets another root.
 */
const FUNCTIONS = `
fill() {
  for entry in "$1"/* "$1"/.[!.]*; do
    name=$2/\${entry##*/}
    if [ -L "$entry" ]; then cp -P "$entry" "$name"
    elif [ -d "$entry" ]; then mkdir -p "$name" && mount -n --rbind "$entry" "$name"
    elif [ -e "$entry" ]; then : >"$name" && mount -n --bind "$entry" "$name"
    fi || exit 1
  done
}
shadow() {
  count=$((count + 1))
  mkdir "$stage/$count" && mount -n --rbind "$1" "$stage/$count" && mount -n -t tmpfs volumes "$1" || exit 1
  fill "$stage/$count" "$1"
}
place() {
  [ -e "$2" ] || {
    parent=\${2%/*}
    while [ ! -e "\${parent:-/}" ]; do parent=\${parent%/*}; done
    parent=$(readlink -f "$parent")
    case " $shadowed " in *" $parent "*) ;; *) shadow "$parent"; shadowed="$shadowed $parent" ;; esac
    if [ -d "$1" ]; then mkdir -p "$2"; else mkdir -p "\${2%/*}" && : >"$2"; fi || exit 1
  }
  mount -n --bind "$1" "$2" || exit 1
  [ "$3" = rw ] || mount -n -o remount,ro,bind "$2" || exit 1
}
another_root() {
  root=$stage/root
  mkdir "$root" && mount -n -t tmpfs volumes "$root" || exit 1
  fill '' "$root"
}
`;

/** A shell script; it ends by running its arguments in `cwd`. Parents are mounted before what lies in them. */
export function mountScript(mounts: readonly Mount[], stage: string, cwd: string): string {
  const sorted = mounts.map((mount) => ({ ...mount, target: clean(mount.target) })).toSorted(byLength);
  const tops = [...new Set(sorted.map(({ target }) => quote(`/${target.split('/')[1] ?? ''}`)))];
  const settings = `stage=${quote(stage)} root='' count=0 shadowed=''`;
  const placed = [
    FUNCTIONS,
    settings,
    ...sorted.map(
      ({ source, target, readOnly }) => `place ${quote(source)} ${quote(target)} ${readOnly ? 'ro' : 'rw'}`,
    ),
    `cd ${quote(cwd)} && exec "$@"`,
  ].join('\n');
  return [
    FUNCTIONS,
    settings,
    'mount -n -t tmpfs volumes "$stage" || exit 1',
    `placed=${quote(placed)}`,
    ...tops.map((top) => `[ -e ${top} ] || { [ -n "$root" ] || another_root; mkdir "$root"${top}; } || exit 1`),
    // Symbolic links lead to where they should only once the new root is the root.
    '[ -z "$root" ] || exec chroot "$root" /bin/sh -c "$placed" sh "$@"',
    'eval "$placed"',
    '',
  ].join('\n');
}

const byLength = (a: Mount, b: Mount): number => a.target.length - b.target.length;
const clean = (path: string): string => path.replace(/\/+/g, '/').replace(/(.)\/$/, '$1');

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
